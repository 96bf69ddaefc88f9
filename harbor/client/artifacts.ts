import type { Api, ListCall } from "./api";
import type { CallOptions } from "./deadline";
import type { Listing } from "./listing";
import { path } from "./paths";
import { repositoryPath, type RepositoryRef } from "./repositories";

export interface Artifact {
    readonly id: number;
    readonly digest: string;
    /** `IMAGE`, `CHART`, `CNAB`, ... */
    readonly type: string;
    readonly manifest_media_type?: string;
    readonly media_type?: string;
    readonly artifact_type?: string;
    /** Bytes, with the layers. */
    readonly size: number;
    readonly tags: readonly Tag[];
    /** Signatures, SBOMs and the like that belong to it. */
    readonly accessories: readonly Accessory[];
    /** By the media type of the report. */
    readonly scan_overview: Readonly<Record<string, ScanSummary>>;
    readonly push_time?: string;
    /** Absent: never pulled. */
    readonly pull_time?: string;
}

export interface Tag {
    readonly id: number;
    readonly name: string;
    readonly immutable: boolean;
    readonly push_time?: string;
    readonly pull_time?: string;
}

export interface Accessory {
    readonly id: number;
    readonly digest: string;
    /** `signature.cosign`, `signature.notation`, `sbom.harbor`, ... */
    readonly type: string;
    readonly size: number;
    readonly subject_artifact_digest?: string;
    readonly creation_time?: string;
}

export interface ScanSummary {
    readonly report_id: string;
    /** `Pending`, `Running`, `Success`, `Error`, `Stopped`, ... */
    readonly scan_status: string;
    readonly severity: string;
    readonly complete_percent: number;
    /** Seconds. */
    readonly duration: number;
    readonly summary?: {
        readonly total: number;
        readonly fixable: number;
        readonly summary?: Readonly<Record<string, number>>;
    };
}

export type ArtifactRef = RepositoryRef & {
    /** Tag or digest. */
    readonly reference: string;
};

export interface ArtifactDetails {
    /** @default true */
    readonly tags?: boolean;
    /** @default false */
    readonly scanOverview?: boolean;
    /** @default false */
    readonly accessories?: boolean;
}

const tagShape = { dates: ["push_time", "pull_time"], defaults: { immutable: false } } as const;
const accessoryShape = { dates: ["creation_time"], defaults: { size: 0 } } as const;
const artifactShape = {
    dates: ["push_time", "pull_time"],
    defaults: { size: 0, tags: [], accessories: [], scan_overview: {} },
    inner: { tags: tagShape, accessories: accessoryShape },
} as const;

function artifactPath(ref: ArtifactRef): string {
    return repositoryPath(ref) + path`/artifacts/${ref.reference}`;
}

function detailsQuery({ tags = true, scanOverview = false, accessories = false }: ArtifactDetails) {
    return { with_tag: tags, with_scan_overview: scanOverview, with_accessory: accessories };
}

/** Artifacts: images, charts, and what belongs to them. */
export class Artifacts {
    constructor(private readonly api: Api) {}

    /** GET /projects/{project_name}/repositories/{repository_name}/artifacts */
    list(repository: RepositoryRef, details: ArtifactDetails = {}, options?: ListCall): Listing<Artifact> {
        return this.api.list<Artifact>(`${repositoryPath(repository)}/artifacts`, artifactShape, options, {
            query: detailsQuery(details),
        });
    }

    /** GET /projects/{project_name}/repositories/{repository_name}/artifacts/{reference} */
    get(artifact: ArtifactRef, details: ArtifactDetails = {}, options?: CallOptions): Promise<Artifact> {
        return this.api.get<Artifact>(artifactPath(artifact), artifactShape, options, { query: detailsQuery(details) });
    }

    /** DELETE /projects/{project_name}/repositories/{repository_name}/artifacts/{reference}, with all its tags. */
    delete(artifact: ArtifactRef, options?: CallOptions): Promise<void> {
        return this.api.delete(artifactPath(artifact), options);
    }

    /** GET /projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/tags */
    tags(artifact: ArtifactRef, options?: ListCall): Listing<Tag> {
        return this.api.list<Tag>(`${artifactPath(artifact)}/tags`, tagShape, options);
    }

    /** POST /projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/tags */
    createTag(artifact: ArtifactRef, name: string, options?: CallOptions): Promise<void> {
        return this.api.post(`${artifactPath(artifact)}/tags`, { name }, options);
    }

    /** DELETE /projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/tags/{tag_name} */
    deleteTag(artifact: ArtifactRef, name: string, options?: CallOptions): Promise<void> {
        return this.api.delete(artifactPath(artifact) + path`/tags/${name}`, options);
    }

    /** GET /projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/accessories */
    accessories(artifact: ArtifactRef, options?: ListCall): Listing<Accessory> {
        return this.api.list<Accessory>(`${artifactPath(artifact)}/accessories`, accessoryShape, options);
    }

    /** POST /projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/scan: runs as a job. */
    scan(artifact: ArtifactRef, options?: CallOptions): Promise<void> {
        return this.api.post(`${artifactPath(artifact)}/scan`, { scan_type: "vulnerability" }, options);
    }

    /** POST /projects/{project_name}/repositories/{repository_name}/artifacts/{reference}/scan/stop */
    stopScan(artifact: ArtifactRef, options?: CallOptions): Promise<void> {
        return this.api.post(`${artifactPath(artifact)}/scan/stop`, { scan_type: "vulnerability" }, options);
    }

    /** POST /projects/{project_name}/repositories/{repository_name}/artifacts?from=: copies within the registry. */
    copy(from: ArtifactRef, to: RepositoryRef, options?: CallOptions): Promise<void> {
        const separator = from.reference.includes(":") ? "@" : ":";
        return this.api.post(`${repositoryPath(to)}/artifacts`, undefined, options, {
            query: { from: `${from.project}/${from.repository}${separator}${from.reference}` },
        });
    }
}
