import type { Api, ListCall } from "./api";
import type { CallOptions } from "./deadline";
import type { Listing } from "./listing";
import { path } from "./paths";

export interface Quota {
    readonly id: number;
    readonly ref: { readonly id: number; readonly name: string };
    /** Bytes; -1 for no limit. */
    readonly hard: { readonly storage: number };
    /** Bytes. */
    readonly used: { readonly storage: number };
    readonly creation_time?: string;
    /** Only the list has it. */
    readonly update_time?: string;
}

const quotaShape = {
    dates: ["creation_time", "update_time"],
    defaults: { hard: { storage: -1 }, used: { storage: 0 } },
    inner: { used: { defaults: { storage: 0 } } },
} as const;

/** How much each project may store. */
export class Quotas {
    constructor(private readonly api: Api) {}

    /** GET /quotas: of all projects. */
    list(options?: ListCall): Listing<Quota> {
        return this.api.list<Quota>("/quotas", quotaShape, options, { query: { reference: "project" } });
    }

    /** GET /quotas?reference_id=. @param projectId the project's number */
    async ofProject(projectId: number, options?: ListCall): Promise<Quota | undefined> {
        const query = { reference: "project", reference_id: String(projectId) };
        const [quota] = await this.api.list<Quota>("/quotas", quotaShape, options, { query }).toArray();
        return quota;
    }

    /** GET /quotas/{id} */
    get(id: number, options?: CallOptions): Promise<Quota> {
        return this.api.get<Quota>(path`/quotas/${id}`, quotaShape, options);
    }

    /** PUT /quotas/{id}. @param storage bytes, or -1 for no limit; may be below what is used; 0 is refused */
    setStorage(id: number, storage: number, options?: CallOptions): Promise<void> {
        return this.api.put(path`/quotas/${id}`, { hard: { storage } }, options);
    }
}
