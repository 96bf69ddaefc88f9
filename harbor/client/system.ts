import type { Api } from "./api";
import type { CallOptions } from "./deadline";
import { HarborError } from "./errors";

/** How Harbor and its components are. */
export interface Health {
    readonly status: "healthy" | "unhealthy";
    readonly components: readonly ComponentHealth[];
}

export interface ComponentHealth {
    /** `core`, `database`, `jobservice`, `portal`, `redis`, `registry`, `registryctl`, `trivy` */
    readonly name: string;
    readonly status: "healthy" | "unhealthy";
    readonly error?: string;
}

/** What Harbor says of itself; whoever is not logged in gets the first few fields alone. */
export interface SystemInfo {
    /** `db_auth`, `ldap_auth`, `oidc_auth`, ... */
    readonly auth_mode: string;
    readonly primary_auth_mode: boolean;
    readonly self_registration: boolean;
    readonly banner_message?: string;
    readonly oidc_provider_name?: string;
    /** `v2.15.2-080b0220`; absent where nobody is logged in. */
    readonly harbor_version?: string;
    /** Absent where nobody is logged in. */
    readonly read_only?: boolean;
    readonly current_time?: string;
    readonly external_url?: string;
    /** Host and port as in the names of images. */
    readonly registry_url?: string;
    readonly registry_storage_provider_name?: string;
    readonly project_creation_restriction?: "everyone" | "adminonly";
    readonly has_ca_root?: boolean;
    readonly notification_enable?: boolean;
}

/** Projects, repositories and bytes, as the user sees them. */
export interface Statistics {
    readonly private_project_count: number;
    readonly private_repo_count: number;
    readonly public_project_count: number;
    readonly public_repo_count: number;
    readonly total_project_count: number;
    readonly total_repo_count: number;
    /** Bytes. */
    readonly total_storage_consumption: number;
}

const statisticsShape = {
    defaults: {
        private_project_count: 0,
        private_repo_count: 0,
        public_project_count: 0,
        public_repo_count: 0,
        total_project_count: 0,
        total_repo_count: 0,
        total_storage_consumption: 0,
    },
};

/** Harbor as a whole. */
export class System {
    constructor(private readonly api: Api) {}

    /** GET /health. Anybody may ask. Harbor looks at its components every 10 s. */
    health(options?: CallOptions): Promise<Health> {
        return this.api.get<Health>("/health", { defaults: { components: [] } }, options);
    }

    /**
     * GET /health, and an error that names each component that is not healthy.
     * @throws HarborError of kind "server"
     */
    async requireHealthy(options?: CallOptions): Promise<Health> {
        const health = await this.health(options);
        const ill = health.components.filter(({ status }) => status !== "healthy");
        if (health.status === "healthy" && ill.length === 0) return health;
        throw new HarborError(
            `Harbor is not healthy: ${ill.map(({ name }) => name).join(", ") || "no component named"}`,
            {
                kind: "server",
                endpoint: "GET /health",
                status: 200,
                details: ill.map(({ name, error }) => `${name}: ${error ?? "no reason given"}`),
                next: ["npx anchorage status shows which workloads are not ready"],
            },
        );
    }

    /** GET /ping. Anybody may ask; says that core runs, no more. */
    async ping(options?: CallOptions): Promise<void> {
        await this.api.getText("/ping", options);
    }

    /** GET /systeminfo */
    info(options?: CallOptions): Promise<SystemInfo> {
        return this.api.get<SystemInfo>(
            "/systeminfo",
            { defaults: { primary_auth_mode: false, self_registration: false } },
            options,
        );
    }

    /** GET /statistics */
    statistics(options?: CallOptions): Promise<Statistics> {
        return this.api.get<Statistics>("/statistics", statisticsShape, options);
    }
}
