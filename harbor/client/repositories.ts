import type { Api, ListCall } from "./api";
import type { CallOptions } from "./deadline";
import type { Listing } from "./listing";
import { path, repositorySegment } from "./paths";

export interface Repository {
    readonly id: number;
    readonly project_id: number;
    /** With the project: `library/team/app`. */
    readonly name: string;
    readonly description: string;
    readonly artifact_count: number;
    readonly pull_count: number;
    readonly creation_time?: string;
    readonly update_time?: string;
}

/** Where a repository is. */
export interface RepositoryRef {
    readonly project: string;
    /** Within the project; may have slashes: `team/app`. */
    readonly repository: string;
}

/** `library/team/app` in its two parts. */
export function parseRepositoryName(name: string): RepositoryRef {
    const at = name.indexOf("/");
    if (at < 1 || at === name.length - 1) throw new Error(`${JSON.stringify(name)} is no <project>/<repository>`);
    return { project: name.slice(0, at), repository: name.slice(at + 1) };
}

/** The path of a repository: its name is encoded twice. */
export function repositoryPath({ project, repository }: RepositoryRef): string {
    return path`/projects/${project}/repositories/${repositorySegment(repository)}`;
}

const repositoryShape = {
    dates: ["creation_time", "update_time"],
    defaults: { description: "", artifact_count: 0, pull_count: 0 },
} as const;

/** Repositories. */
export class Repositories {
    constructor(private readonly api: Api) {}

    /** GET /repositories: of all projects. */
    listAll(options?: ListCall): Listing<Repository> {
        return this.api.list<Repository>("/repositories", repositoryShape, options);
    }

    /** GET /projects/{project_name}/repositories */
    list(project: string, options?: ListCall): Listing<Repository> {
        return this.api.list<Repository>(path`/projects/${project}/repositories`, repositoryShape, options);
    }

    /** GET /projects/{project_name}/repositories/{repository_name} */
    get(ref: RepositoryRef, options?: CallOptions): Promise<Repository> {
        return this.api.get<Repository>(repositoryPath(ref), repositoryShape, options);
    }

    /** DELETE /projects/{project_name}/repositories/{repository_name}, with all its artifacts. */
    delete(ref: RepositoryRef, options?: CallOptions): Promise<void> {
        return this.api.delete(repositoryPath(ref), options);
    }
}
