import type { Api, ListCall } from "./api";
import type { CallOptions } from "./deadline";
import type { Listing } from "./listing";
import { path, type ProjectRef } from "./paths";
import type { CveAllowlist } from "./cve-allowlist";

/** Harbor keeps all of them as texts. */
export interface ProjectMetadata {
    readonly public?: "true" | "false";
    /** Only images with a Cosign signature may be pulled. */
    readonly enable_content_trust_cosign?: "true" | "false";
    /** Only images with a Notation signature may be pulled. */
    readonly enable_content_trust?: "true" | "false";
    /** Images with vulnerabilities from {@link severity} on may not be pulled. */
    readonly prevent_vul?: "true" | "false";
    readonly severity?: "none" | "low" | "medium" | "high" | "critical";
    readonly auto_scan?: "true" | "false";
    readonly auto_sbom_generation?: "true" | "false";
    readonly reuse_sys_cve_allowlist?: "true" | "false";
    /** Number of the project's retention policy. */
    readonly retention_id?: string;
    readonly proxy_speed_kb?: string;
    /** From 2.14 on. */
    readonly max_upstream_conn?: string;
    /** From 2.15.1 on. */
    readonly proxy_cache_local_on_not_found?: "true" | "false";
}

export interface Project {
    readonly project_id: number;
    readonly name: string;
    readonly owner_id: number;
    readonly owner_name: string;
    /** The registry that a proxy-cache project fetches from; 0 for an ordinary one. */
    readonly registry_id: number;
    readonly repo_count: number;
    readonly metadata: ProjectMetadata;
    readonly cve_allowlist?: CveAllowlist;
    readonly creation_time?: string;
    readonly update_time?: string;
}

export interface NewProject {
    readonly project_name: string;
    readonly metadata?: ProjectMetadata;
    /** Bytes; -1 for no limit. Counts at creation alone: afterwards see the quota. */
    readonly storage_limit?: number;
    /** Makes it a proxy cache; cannot be changed later. */
    readonly registry_id?: number;
    readonly cve_allowlist?: CveAllowlist;
}

/** What can be changed; Harbor ignores a storage_limit here. */
export type ProjectUpdate = Pick<NewProject, "metadata" | "cve_allowlist">;

export interface ProjectSummary {
    readonly repo_count: number;
    readonly project_admin_count: number;
    readonly maintainer_count: number;
    readonly developer_count: number;
    readonly guest_count: number;
    readonly limited_guest_count: number;
    readonly quota?: { readonly hard: { readonly storage: number }; readonly used: { readonly storage: number } };
}

const projectShape = {
    dates: ["creation_time", "update_time"],
    defaults: { owner_id: 0, owner_name: "", registry_id: 0, repo_count: 0, metadata: {} },
} as const;

export interface ProjectFilter {
    /** Part of the name. */
    readonly name?: string;
    readonly public?: boolean;
    readonly owner?: string;
}

/** Projects. */
export class Projects {
    constructor(private readonly api: Api) {}

    /** GET /projects: those that the user may see; without a login the public ones. */
    list(filter: ProjectFilter = {}, options?: ListCall): Listing<Project> {
        return this.api.list<Project>("/projects", projectShape, options, {
            query: { name: filter.name, public: filter.public, owner: filter.owner },
        });
    }

    /** GET /projects/{project_name_or_id} @throws HarborError of kind "not-found" */
    get(project: ProjectRef, options?: CallOptions): Promise<Project> {
        return this.api.get<Project>(path`/projects/${project}`, projectShape, options, { project });
    }

    /** HEAD /projects */
    exists(name: string, options?: CallOptions): Promise<boolean> {
        return this.api.exists("/projects", { project_name: name }, options);
    }

    /** POST /projects. @returns its number. @throws HarborError of kind "conflict" where there is one of that name */
    create(project: NewProject, options?: CallOptions): Promise<number> {
        return this.api.create("/projects", project, options);
    }

    /** PUT /projects/{project_name_or_id}: metadata that are not given stay. */
    update(project: ProjectRef, update: ProjectUpdate, options?: CallOptions): Promise<void> {
        return this.api.put(path`/projects/${project}`, update, options, { project });
    }

    /**
     * DELETE /projects/{project_name_or_id}, with its robots and its quota.
     * @throws HarborError of kind "precondition" while it has repositories
     */
    delete(project: ProjectRef, options?: CallOptions): Promise<void> {
        return this.api.delete(path`/projects/${project}`, options, { project });
    }

    /** GET /projects/{project_name_or_id}/_deletable */
    deletable(
        project: ProjectRef,
        options?: CallOptions,
    ): Promise<{ readonly deletable: boolean; readonly message?: string }> {
        // Harbor leaves a false out.
        const shape = { defaults: { deletable: false } };
        return this.api.get<{ deletable: boolean; message?: string }>(
            path`/projects/${project}/_deletable`,
            shape,
            options,
            { project },
        );
    }

    /** GET /projects/{project_name_or_id}/summary */
    summary(project: ProjectRef, options?: CallOptions): Promise<ProjectSummary> {
        const defaults = {
            repo_count: 0,
            project_admin_count: 0,
            maintainer_count: 0,
            developer_count: 0,
            guest_count: 0,
            limited_guest_count: 0,
        };
        return this.api.get<ProjectSummary>(path`/projects/${project}/summary`, { defaults }, options, { project });
    }
}
