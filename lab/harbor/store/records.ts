/** What the tables hold: one document a row, in the words of Harbor's API. */

export interface User {
    readonly username: string;
    readonly email: string;
    readonly realname: string;
    readonly comment: string;
    readonly sysadmin_flag: boolean;
    /** scrypt's salt and key in hex; empty: nobody logs in as this one. */
    readonly password: string;
}

export interface Project {
    readonly name: string;
    readonly owner_id: number;
    readonly registry_id: number;
    /** "public" is always among them. */
    readonly metadata: Readonly<Record<string, string>>;
    readonly cve_allowlist: readonly { readonly cve_id: string }[];
    /** As `metadata.public`, so that a list can ask for it. */
    readonly public: boolean;
}

export interface Member {
    readonly project_id: number;
    readonly entity_id: number;
    readonly entity_name: string;
    readonly entity_type: "u" | "g";
    readonly role_id: number;
}

export interface Repository {
    readonly project_id: number;
    /** With its project: library/alpine. */
    readonly name: string;
    readonly description: string;
    readonly pull_count: number;
}

export interface Descriptor {
    readonly mediaType: string;
    readonly digest: string;
    readonly size: number;
}

export interface Artifact {
    readonly project_id: number;
    readonly repository_id: number;
    readonly repository_name: string;
    readonly type: string;
    readonly media_type: string;
    readonly manifest_media_type: string;
    readonly artifact_type: string;
    readonly digest: string;
    /** Bytes of manifest, configuration and layers. */
    readonly size: number;
    readonly push_time: string;
    readonly pull_time: string;
    readonly annotations: Readonly<Record<string, string>>;
    readonly extra_attrs: Readonly<Record<string, unknown>>;
    /** Of an index: the manifests that it names. */
    readonly children: readonly (Descriptor & { readonly platform?: Readonly<Record<string, unknown>> })[];
    /** Digests of configuration and layers. */
    readonly blobs: readonly string[];
    readonly label_ids: readonly number[];
}

export interface Tag {
    readonly repository_id: number;
    readonly artifact_id: number;
    readonly name: string;
    readonly push_time: string;
    readonly pull_time: string;
}

export interface Accessory {
    readonly artifact_id: number;
    readonly repository_id: number;
    readonly subject_artifact_digest: string;
    readonly subject_artifact_repo: string;
    readonly size: number;
    readonly digest: string;
    /** signature.cosign, sbom.harbor, subject.accessory and so on. */
    readonly type: string;
}

/** Content that counts in a project's quota, once however many images have it. */
export interface ProjectBlob {
    readonly project_id: number;
    readonly digest: string;
    readonly size: number;
}

/** Content of the bucket, whichever projects have it; `update_time`: when it was last pushed or asked for. */
export interface StoredBlob {
    readonly digest: string;
    /** Of a manifest: where it was pushed. Of another blob: none. */
    readonly repositories: readonly string[];
}

export interface Quota {
    readonly project_id: number;
    readonly hard: { readonly storage: number };
    readonly used: { readonly storage: number };
}

export interface Access {
    readonly resource: string;
    readonly action: string;
    readonly effect?: string;
}

export interface RobotPermission {
    readonly kind: string;
    readonly namespace: string;
    readonly access: readonly Access[];
}

export interface Robot {
    /** Without the prefix: ci, or p1+ci of a project. */
    readonly name: string;
    readonly description: string;
    /** As {@link User.password}. */
    readonly secret: string;
    readonly level: "system" | "project";
    /** 0 of one of the system. */
    readonly project_id: number;
    readonly duration: number;
    /** Seconds since 1970, -1: never. */
    readonly expires_at: number;
    readonly disable: boolean;
    readonly permissions: readonly RobotPermission[];
    readonly creator_type: string;
    readonly creator_ref: number;
}

export interface Label {
    readonly name: string;
    readonly description: string;
    readonly color: string;
    /** g: of all projects, p: of one. */
    readonly scope: "g" | "p";
    readonly project_id: number;
}

/** A policy whose content is its maker's, kept as it was given. */
export interface Policy {
    readonly name: string;
    readonly project_id: number;
    /** What no two policies may share, where that is not the name. */
    readonly fingerprint?: string;
    readonly content: Readonly<Record<string, unknown>>;
}

export interface RegistryEndpoint {
    readonly name: string;
    readonly url: string;
    readonly type: string;
    readonly description: string;
    readonly insecure: boolean;
    readonly ca_certificate: string;
    readonly credential: { readonly type: string; readonly access_key: string; readonly access_secret: string };
}

/** A run of what a policy or a schedule asks for. */
export interface Execution {
    /** GARBAGE_COLLECTION, PURGE_AUDIT_LOG, RETENTION, REPLICATION, WEBHOOK ... */
    readonly vendor_type: string;
    /** Number of the policy; -1 of what has none. */
    readonly vendor_id: number;
    readonly status: "Pending" | "Running" | "Success" | "Stopped" | "Error";
    readonly trigger: "MANUAL" | "SCHEDULE" | "EVENT";
    readonly parameters: Readonly<Record<string, unknown>>;
    readonly start_time: string;
    readonly end_time: string;
    readonly log: string;
    /** Of a retention, as far as it has come. */
    readonly tasks?: readonly RetentionTask[];
}

/** What a retention has done in one repository. */
export interface RetentionTask {
    /** Without its project: app, team/app. */
    readonly repository: string;
    /** Images that were looked at, and those of them that are left. */
    readonly total: number;
    readonly retained: number;
    readonly started: string;
    readonly ended: string;
    readonly log: string;
}

export interface Schedule {
    readonly vendor_type: string;
    readonly vendor_id: number;
    readonly type: string;
    readonly cron: string;
    readonly parameters: Readonly<Record<string, unknown>>;
}

export interface JobQueue {
    readonly job_type: string;
    readonly paused: boolean;
    /** Jobs that wait, made while the queue was paused. */
    readonly pending: readonly number[];
}

export interface Property {
    readonly name: string;
    readonly value: unknown;
}

export interface Scanner {
    readonly uuid: string;
    readonly name: string;
    readonly description: string;
    readonly url: string;
    readonly auth: string;
    readonly access_credential: string;
    readonly skip_certVerify: boolean;
    readonly use_internal_addr: boolean;
    readonly disabled: boolean;
    readonly is_default: boolean;
}

export interface AuditLog {
    readonly username: string;
    readonly resource: string;
    readonly resource_type: string;
    readonly operation: string;
    readonly operation_description: string;
    readonly operation_result: boolean;
    readonly op_time: string;
    readonly project_id: number;
}
