import type { Api, ListCall } from "./api";
import type { CallOptions } from "./deadline";
import type { Listing } from "./listing";
import { path } from "./paths";

/** Another registry, to replicate with or to be a cache of. */
export interface Registry {
    readonly id: number;
    readonly name: string;
    readonly url: string;
    /** `harbor`, `docker-hub`, `docker-registry`, `aws-ecr`, ... */
    readonly type: string;
    readonly insecure: boolean;
    readonly description: string;
    /** The secret is read as `*****`. */
    readonly credential?: RegistryCredential;
    /** PEM; from 2.15 on. */
    readonly ca_certificate?: string;
    /** `healthy`, `unhealthy` */
    readonly status?: string;
    readonly creation_time?: string;
    readonly update_time?: string;
}

export interface RegistryCredential {
    readonly type: "basic" | "oauth" | "secret";
    readonly access_key?: string;
    readonly access_secret?: string;
}

export type NewRegistry = Pick<Registry, "name" | "url" | "type"> &
    Partial<Pick<Registry, "insecure" | "description" | "credential" | "ca_certificate">>;

/** What is given is changed, the rest stays. */
export interface RegistryUpdate {
    readonly name?: string;
    readonly url?: string;
    readonly description?: string;
    readonly insecure?: boolean;
    readonly credential_type?: RegistryCredential["type"];
    readonly access_key?: string;
    readonly access_secret?: string;
    readonly ca_certificate?: string;
}

/** One that Harbor knows, by its number, or one that it does not know yet. */
export interface RegistryPing extends Omit<RegistryUpdate, "name" | "description"> {
    readonly id?: number;
    readonly type?: string;
}

const registryShape = {
    dates: ["creation_time", "update_time"],
    defaults: { insecure: false, description: "" },
} as const;

/** Other registries. */
export class Registries {
    constructor(private readonly api: Api) {}

    /** GET /registries */
    list(options?: ListCall): Listing<Registry> {
        return this.api.list<Registry>("/registries", registryShape, options);
    }

    /** GET /registries/{id} */
    get(id: number, options?: CallOptions): Promise<Registry> {
        return this.api.get<Registry>(path`/registries/${id}`, registryShape, options);
    }

    /** POST /registries; Harbor tries it first. @returns its number */
    create(registry: NewRegistry, options?: CallOptions): Promise<number> {
        return this.api.create("/registries", registry, options);
    }

    /** PUT /registries/{id} */
    update(id: number, update: RegistryUpdate, options?: CallOptions): Promise<void> {
        return this.api.put(path`/registries/${id}`, update, options);
    }

    /** DELETE /registries/{id}. @throws HarborError of kind "precondition" while a replication policy uses it */
    delete(id: number, options?: CallOptions): Promise<void> {
        return this.api.delete(path`/registries/${id}`, options);
    }

    /** POST /registries/ping: throws where it does not answer. */
    ping(registry: RegistryPing, options?: CallOptions): Promise<void> {
        return this.api.post("/registries/ping", registry, options, { idempotent: true });
    }
}
