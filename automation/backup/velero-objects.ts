import type { BackupOutput } from "../../config/contract";

/** Velero's objects as this program makes and reads them (velero.io/v1 of Velero 1.18). Pure. */

export const veleroApi = "velero.io/v1";

export type VolumeKind = BackupOutput["volumes"];

export interface BackupSpec {
    /** Name of the Backup: a DNS label. */
    readonly name: string;
    /** What is backed up: all objects of these namespaces, and those of the whole cluster that they name. */
    readonly namespaces: readonly string[];
    /** @default what the stack's settings say */
    readonly volumes?: VolumeKind;
    /** Hours after which Velero deletes it. @default 30 days, Velero's own */
    readonly ttlHours?: number;
    /** Further labels of the Backup. */
    readonly labels?: Readonly<Record<string, string>>;
    /** Kinds that are left out, as `persistentvolumeclaims` or `clusters.postgresql.cnpg.io`. */
    readonly excludedResources?: readonly string[];
}

export interface RestoreSpec {
    /** Name of the Restore: a DNS label. */
    readonly name: string;
    /** Name of the Backup. */
    readonly backup: string;
    /** Of the backup's namespaces, those that are restored. @default all */
    readonly namespaces?: readonly string[];
    /** By the namespace's name in the backup: the name that it gets. */
    readonly into?: Readonly<Record<string, string>>;
    /** What becomes of an object that is there already. @default none: it is left as it is, and told as a warning */
    readonly existing?: "none" | "update";
    /** Kinds that are left out. */
    readonly excludedResources?: readonly string[];
    /** Kinds that are taken, and no other. @default all */
    readonly includedResources?: readonly string[];
    /** Content of volumes too. @default true */
    readonly volumes?: boolean;
    readonly labels?: Readonly<Record<string, string>>;
    /** Only objects with such labels, as a LabelSelector (meta/v1). @default all */
    readonly selector?: object;
    /** ConfigMap of Velero's namespace with the changes that objects get on their way (a "resource modifier"). */
    readonly modifier?: string;
}

export interface VeleroBackup {
    readonly name: string;
    /** New, Queued, ReadyToStart, InProgress, ..., Completed, PartiallyFailed, Failed, FailedValidation, Deleting. */
    readonly phase: string;
    /** Of the whole backup, ISO 8601. */
    readonly startedAt?: string;
    readonly completedAt?: string;
    /** When Velero deletes it. */
    readonly expiresAt?: string;
    /** Objects in it. */
    readonly items: number;
    readonly warnings: number;
    readonly errors: number;
    readonly failureReason?: string;
    readonly validationErrors: readonly string[];
    /** CSI snapshots that were taken. */
    readonly snapshots: number;
}

export interface VeleroRestore {
    readonly name: string;
    readonly backup: string;
    /** New, InProgress, WaitingForPluginOperations, Finalizing, Completed, PartiallyFailed, Failed, FailedValidation. */
    readonly phase: string;
    readonly startedAt?: string;
    readonly completedAt?: string;
    /** Objects that were restored. */
    readonly items: number;
    readonly warnings: number;
    readonly errors: number;
    readonly failureReason?: string;
    readonly validationErrors: readonly string[];
}

export interface VeleroLocation {
    /** New: not looked at yet. */
    readonly phase: "New" | "Available" | "Unavailable";
    /** Why it is not available. */
    readonly message?: string;
    /** ISO 8601. */
    readonly lastValidated?: string;
    readonly accessMode: "ReadWrite" | "ReadOnly";
    /** Which of our commands made it ReadOnly, and puts it back: `migration of stack old`. */
    readonly readOnlyBy?: string;
}

/** Annotation of a location that a command made ReadOnly: its next one finds what a killed one left. */
export const readOnlyNote = "anchorage.dev/read-only-by";

/** What the server answers with; absent fields are empty (Go's omitempty). */
export interface BackupObject {
    readonly metadata: { readonly name: string; readonly uid?: string };
    readonly status?: {
        readonly phase?: string;
        readonly startTimestamp?: string;
        readonly completionTimestamp?: string;
        readonly expiration?: string;
        readonly warnings?: number;
        readonly errors?: number;
        readonly failureReason?: string;
        readonly validationErrors?: readonly string[];
        readonly progress?: { readonly totalItems?: number; readonly itemsBackedUp?: number };
        readonly csiVolumeSnapshotsCompleted?: number;
    };
}

export interface RestoreObject {
    readonly metadata: { readonly name: string };
    readonly spec?: { readonly backupName?: string };
    readonly status?: {
        readonly phase?: string;
        readonly startTimestamp?: string;
        readonly completionTimestamp?: string;
        readonly warnings?: number;
        readonly errors?: number;
        readonly failureReason?: string;
        readonly validationErrors?: readonly string[];
        readonly progress?: { readonly totalItems?: number; readonly itemsRestored?: number };
    };
}

export interface LocationObject {
    readonly metadata?: { readonly annotations?: Readonly<Partial<Record<string, string>>> };
    readonly spec?: { readonly accessMode?: string };
    readonly status?: {
        readonly phase?: string;
        readonly message?: string;
        readonly lastValidationTime?: string;
    };
}

const endPhases: ReadonlySet<string> = new Set(["Completed", "PartiallyFailed", "Failed", "FailedValidation"]);

/** Whether a Backup or a Restore has come to its end, good or bad. */
export function hasEnded(phase: string): boolean {
    return endPhases.has(phase);
}

export function backupObject(spec: BackupSpec, output: BackupOutput): object {
    const { namespace, location, volumes, volumePolicy } = output;
    const kind = spec.volumes ?? volumes;
    return {
        apiVersion: veleroApi,
        kind: "Backup",
        metadata: { name: spec.name, namespace, ...(spec.labels === undefined ? {} : { labels: spec.labels }) },
        spec: {
            storageLocation: location,
            includedNamespaces: spec.namespaces,
            ...(spec.excludedResources === undefined ? {} : { excludedResources: spec.excludedResources }),
            ...volumeFields(kind),
            ...(volumePolicy === undefined ? {} : { resourcePolicy: { kind: "configmap", name: volumePolicy } }),
            ...(spec.ttlHours === undefined ? {} : { ttl: `${String(spec.ttlHours)}h0m0s` }),
        },
    };
}

/** Said plainly for each kind, since the server's own defaults may be others. */
export function volumeFields(kind: VolumeKind): {
    readonly snapshotVolumes: boolean;
    readonly defaultVolumesToFsBackup: boolean;
} {
    return { snapshotVolumes: kind === "snapshots", defaultVolumesToFsBackup: kind === "files" };
}

export function restoreObject(spec: RestoreSpec, namespace: string): object {
    const { name, backup, namespaces, into, existing, excludedResources, includedResources, volumes, labels } = spec;
    const { selector, modifier } = spec;
    return {
        apiVersion: veleroApi,
        kind: "Restore",
        metadata: { name, namespace, ...(labels === undefined ? {} : { labels }) },
        spec: {
            backupName: backup,
            includedNamespaces: namespaces ?? ["*"],
            ...(into === undefined ? {} : { namespaceMapping: into }),
            ...(existing === undefined ? {} : { existingResourcePolicy: existing }),
            ...(excludedResources === undefined ? {} : { excludedResources }),
            ...(includedResources === undefined ? {} : { includedResources }),
            restorePVs: volumes ?? true,
            ...(selector === undefined ? {} : { labelSelector: selector }),
            ...(modifier === undefined ? {} : { resourceModifier: { kind: "ConfigMap", name: modifier } }),
        },
    };
}

export function readBackup({ metadata, status = {} }: BackupObject): VeleroBackup {
    const { startTimestamp, completionTimestamp, expiration, failureReason } = status;
    return {
        name: metadata.name,
        phase: status.phase === undefined || status.phase === "" ? "New" : status.phase,
        ...(startTimestamp === undefined ? {} : { startedAt: startTimestamp }),
        ...(completionTimestamp === undefined ? {} : { completedAt: completionTimestamp }),
        ...(expiration === undefined ? {} : { expiresAt: expiration }),
        items: status.progress?.itemsBackedUp ?? 0,
        warnings: status.warnings ?? 0,
        errors: status.errors ?? 0,
        ...(failureReason === undefined ? {} : { failureReason }),
        validationErrors: status.validationErrors ?? [],
        snapshots: status.csiVolumeSnapshotsCompleted ?? 0,
    };
}

export function readRestore({ metadata, spec, status = {} }: RestoreObject): VeleroRestore {
    const { startTimestamp, completionTimestamp, failureReason } = status;
    return {
        name: metadata.name,
        backup: spec?.backupName ?? "",
        phase: status.phase === undefined || status.phase === "" ? "New" : status.phase,
        ...(startTimestamp === undefined ? {} : { startedAt: startTimestamp }),
        ...(completionTimestamp === undefined ? {} : { completedAt: completionTimestamp }),
        items: status.progress?.itemsRestored ?? 0,
        warnings: status.warnings ?? 0,
        errors: status.errors ?? 0,
        ...(failureReason === undefined ? {} : { failureReason }),
        validationErrors: status.validationErrors ?? [],
    };
}

export function readLocation({ metadata, spec, status = {} }: LocationObject): VeleroLocation {
    const readOnlyBy = metadata?.annotations?.[readOnlyNote];
    const { phase, message, lastValidationTime } = status;
    return {
        phase: phase === "Available" || phase === "Unavailable" ? phase : "New",
        ...(message === undefined || message === "" ? {} : { message }),
        ...(lastValidationTime === undefined ? {} : { lastValidated: lastValidationTime }),
        accessMode: spec?.accessMode === "ReadOnly" ? "ReadOnly" : "ReadWrite",
        ...(readOnlyBy === undefined ? {} : { readOnlyBy }),
    };
}
