import type { Readable } from "node:stream";
import type { HarborClient } from "../../harbor/client/client";
import type { RegistryClient } from "../../harbor/registry/registry-client";
import type { BlobOptions, BlobProgress, InventoryReference } from "../backup/blobs";
import type { RestoreSpec } from "../backup/velero-objects";
import type { CompleteManifest } from "../backup/manifest";
import { setKeys } from "../backup/sets";
import type { Step } from "../steps";
import type { ModifierRules } from "./modifiers";
import type { ImageReference } from "./samples";
import type { KeptSchedule } from "./schedules";

/** What is restored: a backup set, as its manifest tells of it. */
export interface SetToRestore {
    readonly name: string;
    /** Version of the Harbor that was backed up. */
    readonly harborVersion: string;
    /** The namespace that was backed up. */
    readonly namespace: string;
    /** Name of Velero's Backup. */
    readonly veleroBackup: string;
    readonly volumes: "none" | "files" | "snapshots";
    readonly dump: {
        /** In the backup bucket. */
        readonly key: string;
        readonly size: number;
        /** In hexadecimal. */
        readonly sha256: string;
        /** Of the PostgreSQL that it comes from: `17.10`. */
        readonly serverVersion: string;
    };
    /** Absent: the registry's content is not in a bucket, but in volumes. */
    readonly blobs?: { readonly count: number; readonly bytes: number; readonly inventory: InventoryReference };
    readonly counts: Counts;
    /** Of the key that Harbor encrypts credentials with. */
    readonly keyFingerprint: string;
    /** Queues that the backup itself had paused, and the dump has so; absent: not known, all that are paused. */
    readonly pausedQueues?: readonly string[];
    /** Images that were there, for checks. */
    readonly sample: readonly ImageReference[];
    readonly schedules: readonly KeptSchedule[];
}

export interface Counts {
    readonly projects: number;
    readonly repositories: number;
    readonly artifacts: number;
}

export function setOf(manifest: CompleteManifest): SetToRestore {
    const { name, harbor, namespace, velero, database, blobs, counts, pausedQueues, schedules, sample } = manifest;
    const { bytes: size, sha256, serverVersion } = database;
    return {
        name,
        harborVersion: harbor,
        namespace,
        veleroBackup: velero.backupName,
        volumes: velero.volumes,
        dump: { key: setKeys(name).database, size, sha256, serverVersion },
        ...(blobs.kind === "objects" ? { blobs } : {}),
        counts,
        keyFingerprint: manifest.secretKeyFingerprint,
        ...(pausedQueues === undefined ? {} : { pausedQueues }),
        schedules,
        sample,
    };
}

/** A running Harbor, and how its connections are let go of. */
export interface OpenHarbor {
    readonly url: string;
    readonly client: HarborClient;
    readonly registry: Pick<RegistryClient, "pullManifest" | "pullBlob" | "push">;
    readonly close: () => Promise<void>;
}

/** The doors that a restore's steps work through; tests give fakes. */
export interface RestoreDoors {
    /** Keeps every other backup and restore of the stack away; absent where nothing is run. */
    readonly lock?: RestoreLock;
    readonly velero: {
        restore(
            spec: RestoreSpec,
            wait: { readonly onProgress?: (detail: string) => void },
        ): Promise<{ readonly items: number; readonly warnings: number }>;
        awaitSynced(name: string): Promise<unknown>;
        deleteRestore(name: string): Promise<void>;
    };
    /** Writes the ConfigMap of that name with changes for Velero, or takes it away. */
    modifier(name: string, rules: ModifierRules | undefined): Promise<void>;
    readonly workloads: {
        hold(): Promise<readonly string[]>;
        letGo(components?: readonly string[]): Promise<readonly string[]>;
        ready(progress: (detail: string) => void, components?: readonly string[]): Promise<number>;
    };
    /** Content of the backup bucket. */
    readDump(key: string): Promise<Readable>;
    /** Waits until the database that is restored into answers. Close it in any case. */
    database(update: (detail: string) => void): Promise<RestoreDatabase>;
    /** Puts back what is missing, or differs. */
    blobs(set: SetToRestore & Required<Pick<SetToRestore, "blobs">>, options: BlobOptions): Promise<BlobProgress>;
    /** The same for an undo, which the user's Ctrl-C does not end. */
    within(signal: AbortSignal): Pick<RestoreDoors, "workloads" | "modifier">;
    /** Waits until the restored Harbor answers whoever is logged in. */
    harbor(update: (detail: string) => void): Promise<OpenHarbor>;
}

export interface RestoreLock {
    /** Takes the Lease in Harbor's namespace too, which the restore may have made. */
    inside(): Promise<void>;
    /**
     * Keeps on record that Harbor's Deployments are held for the restore of a backup; undefined: they are no more. What a
     * killed command had switched besides stays on record.
     */
    held(set: string | undefined): Promise<void>;
    /**
     * Keeps on record what the dump had frozen, in a Harbor that runs: read-only mode, and these queues; undefined:
     * nothing any more. Whatever command comes next lifts it, should this one be killed.
     */
    frozen(queues: readonly string[] | undefined): Promise<void>;
}

export interface RestoreDatabase {
    version(): Promise<string>;
    counts(): Promise<Counts>;
    restore(dump: Readable): Promise<void>;
    close(): Promise<void>;
}

/** One restore of a set: what its steps work on. */
export interface Restoration {
    readonly set: SetToRestore;
    readonly doors: RestoreDoors;
    /** Of Velero's Restore, and of its ConfigMap; another one for each try. */
    readonly restoreName: string;
    /** Name of the Helm release. */
    readonly release: string;
    /** Where the registry is restored to. */
    readonly namespace: string;
    /** Whether that is a copy beside the registry, whose jobs never run and which nobody sees from outside. */
    readonly copy: boolean;
    /** Images that are pulled at the end. */
    readonly samples: number;
    /** How Velero's part is taken. @default as it was backed up, over what is there */
    readonly objects?: ObjectRules;
    /** Makes the place for a copy. */
    readonly before?: readonly Step[];
    /** Turns a copy away from what is the registry's own, once its objects are there. */
    readonly between?: readonly Step[];
}

/** Which of a backup's objects are restored, and what becomes of those that are there. */
export interface ObjectRules {
    /** none: they stay as they are. */
    readonly existing: "none" | "update";
    readonly excludedResources: readonly string[];
    /** A LabelSelector (meta/v1). */
    readonly selector: object;
    readonly modifier: ModifierRules;
}

/** What the steps of one restore tell each other. */
export interface Shared {
    harbor: OpenHarbor | undefined;
    /** Whether something of the set is in place already: from then on nothing else fits to it. */
    changed: boolean;
    /** What the database holds, before anybody can push. */
    counts: Counts | undefined;
}

export function running({ harbor }: Shared): OpenHarbor {
    if (harbor === undefined) throw new Error("Harbor was not opened");
    return harbor;
}

export function describeCounts({ projects, repositories, artifacts }: Counts): string {
    return `${String(projects)} projects, ${String(repositories)} repositories, ${String(artifacts)} artifacts`;
}
