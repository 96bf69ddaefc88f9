import type { Api, ListCall } from "./api";
import type { CallOptions } from "./deadline";
import type { Listing } from "./listing";
import { path, type ProjectRef } from "./paths";

/** Who looks for vulnerabilities: Trivy as the chart installs it, or another one. */
export interface Scanner {
    readonly uuid: string;
    readonly name: string;
    readonly description: string;
    readonly url: string;
    readonly disabled: boolean;
    readonly is_default: boolean;
    /** `None`, `Basic`, `Bearer`, `APIKey` */
    readonly auth?: string;
    readonly skip_certVerify: boolean;
    readonly use_internal_addr: boolean;
    readonly vendor?: string;
    readonly version?: string;
    /** `healthy`, `unhealthy` */
    readonly health?: string;
    readonly create_time?: string;
    readonly update_time?: string;
}

export type NewScanner = Pick<Scanner, "name" | "url"> &
    Partial<Pick<Scanner, "description" | "auth" | "skip_certVerify" | "use_internal_addr" | "disabled">> & {
        readonly access_credential?: string;
    };

const scannerShape = {
    dates: ["create_time", "update_time"],
    defaults: {
        description: "",
        disabled: false,
        is_default: false,
        skip_certVerify: false,
        use_internal_addr: false,
    },
} as const;

/** Scanners. */
export class Scanners {
    constructor(private readonly api: Api) {}

    /** GET /scanners */
    list(options?: ListCall): Listing<Scanner> {
        return this.api.list<Scanner>("/scanners", scannerShape, options);
    }

    /** GET /scanners/{registration_id} */
    get(uuid: string, options?: CallOptions): Promise<Scanner> {
        return this.api.get<Scanner>(path`/scanners/${uuid}`, scannerShape, options);
    }

    /** POST /scanners; its Location ends with the uuid. */
    create(scanner: NewScanner, options?: CallOptions): Promise<void> {
        return this.api.post("/scanners", scanner, options);
    }

    /** PUT /scanners/{registration_id}: replaces it. */
    update(uuid: string, scanner: NewScanner, options?: CallOptions): Promise<void> {
        return this.api.put(path`/scanners/${uuid}`, scanner, options);
    }

    /** PATCH /scanners/{registration_id} {"is_default": true} */
    async makeDefault(uuid: string, options?: CallOptions): Promise<void> {
        await this.api.patch(path`/scanners/${uuid}`, { is_default: true }, options);
    }

    /** DELETE /scanners/{registration_id} */
    delete(uuid: string, options?: CallOptions): Promise<void> {
        return this.api.delete(path`/scanners/${uuid}`, options);
    }

    /** GET /projects/{project_name_or_id}/scanner: the one that scans there; undefined where there is none. */
    async ofProject(project: ProjectRef, options?: CallOptions): Promise<Scanner | undefined> {
        const at = path`/projects/${project}/scanner`;
        const scanner = await this.api.getIfSet<Partial<Scanner>>(at, {}, options, { project });
        // Without any, Harbor answers with an object that has no uuid.
        return scanner?.uuid === undefined || scanner.uuid === "" ? undefined : (scanner as Scanner);
    }

    /** PUT /projects/{project_name_or_id}/scanner */
    setOfProject(project: ProjectRef, uuid: string, options?: CallOptions): Promise<void> {
        return this.api.put(path`/projects/${project}/scanner`, { uuid }, options, { project });
    }
}
