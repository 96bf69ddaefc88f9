import type { HarborClient } from "../../harbor/client/client";
import type { StackOutputs } from "../../config/contract";
import { messageOf } from "../../lib/errors";
import type { ObjectStore } from "../objects/store";
import type { ImageReference } from "../restore/samples";
import type { Step } from "../steps";
import type { DatabaseClient, DatabaseCounts } from "./database";
import { beginStep, checkStep, clearStep, copyAheadSteps, databaseStep, harborStep, putBackStep } from "./making-ahead";
import { completeStep, copyBlobsSteps, pruneStep, resumeStep } from "./making-after";
import { goOnStep, idleStep, pauseStep, readOnlyStep, takeStep } from "./making-quiet";
import type { BackupKind, BackupManifest, CompleteManifest, IncompleteManifest } from "./manifest";
import type { Pending } from "./pending";
import type { MarkTimes } from "./prune-mark";
import { Quiesce } from "./quiesce";
import { listSets, writeManifest } from "./sets";
import type { Velero } from "./velero";
import type { VeleroBackup } from "./velero-objects";

/** One backup as a list of steps: what is in a set fits together, and Harbor rests no longer than it has to. */

export type BackupHarbor = HarborClient;

export interface OpenedHarbor {
    readonly client: BackupHarbor;
    readonly close: () => Promise<void>;
}

/** What a backup works with. Tests give fakes. */
export interface BackupDoors {
    /** Through it things are put back, too: not ended by Ctrl-C. */
    readonly openHarbor: (update: (detail: string) => void) => Promise<OpenedHarbor>;
    readonly velero: (signal: AbortSignal) => Pick<Velero, "backup" | "deleteBackup">;
    readonly openDatabase: () => Promise<DatabaseClient>;
    /** The backup bucket; ended by Ctrl-C. */
    readonly backups: ObjectStore;
    /** The same bucket for manifests, which are written also after Ctrl-C. */
    readonly manifests: ObjectStore;
    /** The registry's bucket; absent: its content is in none, and Velero takes it. */
    readonly content?: ObjectStore;
    /** @returns what is worth knowing @param ownBackups Velero backups of ours that are left of a killed command */
    readonly check: (
        harbor: BackupHarbor,
        ownBackups: readonly string[],
        signal: AbortSignal,
    ) => Promise<readonly string[]>;
    readonly sample: (harbor: BackupHarbor, signal: AbortSignal) => Promise<readonly ImageReference[]>;
    /** Removes database clients that killed commands left. @returns how many */
    readonly removeLeftClients?: (signal: AbortSignal) => Promise<number>;
    /** Deletes what retention no longer keeps. @returns what became of it */
    readonly prune: (signal: AbortSignal) => Promise<string | undefined>;
    /** What a killed command left switched. */
    readonly left: Pending | undefined;
    /** Keeps on record what is switched. */
    readonly record: (switched: Omit<Pending, "by">) => Promise<void>;
    /** Throws where somebody else may be at work by now. */
    readonly fence: () => void;
    readonly now: () => number;
    /** Milliseconds between two looks at Harbor's workers. @default 500 */
    readonly lookEveryMs?: number;
    /** Of the marks of those who delete blobs, in the backup bucket. */
    readonly marks?: MarkTimes;
    /** Milliseconds that jobs have to end. @default 15 minutes */
    readonly jobsTimeoutMs?: number;
}

export interface BackupPlan {
    readonly name: string;
    readonly stack: string;
    readonly kind: BackupKind;
    readonly outputs: StackOutputs;
    /** Version of this program. */
    readonly anchorage: string;
    readonly secretKeyFingerprint: string;
    /** `anna@build-1, process 4711` */
    readonly maker: string;
}

/** What the steps of one backup tell each other. */
export class Making {
    /** Absent until it is written. */
    manifest: CompleteManifest | undefined;
    began: IncompleteManifest | undefined;
    database: DatabaseClient | undefined;
    serverVersion = "";
    pausedQueues: readonly string[] = [];
    taken: Taken | undefined;
    blobs: CompleteManifest["blobs"] = { kind: "velero" };
    private harbor: OpenedHarbor | undefined;
    private quieted: Quiesce | undefined;

    constructor(
        readonly plan: BackupPlan,
        readonly doors: BackupDoors,
    ) {}

    get backupName(): string {
        return `anchorage-${this.plan.name}`;
    }

    steps(): Step[] {
        return [
            harborStep(this),
            putBackStep(this),
            checkStep(this),
            clearStep(this),
            databaseStep(this),
            beginStep(this),
            ...copyAheadSteps(this),
            pauseStep(this),
            idleStep(this),
            readOnlyStep(this),
            takeStep(this),
            goOnStep(this),
            ...copyBlobsSteps(this),
            resumeStep(),
            completeStep(this),
            pruneStep(this),
        ];
    }

    async open(update: (detail: string) => void): Promise<void> {
        const { openHarbor, record, left, fence, now } = this.doors;
        this.harbor = await openHarbor(update);
        this.quieted = new Quiesce(this.harbor.client, record, left, fence, now);
    }

    async close(): Promise<void> {
        await this.harbor?.close();
        this.harbor = undefined;
    }

    openedHarbor(): BackupHarbor {
        if (this.harbor === undefined) throw new Error("Harbor was not opened");
        return this.harbor.client;
    }

    get quiesce(): Quiesce {
        if (this.quieted === undefined) throw new Error("Harbor was not opened");
        return this.quieted;
    }

    /** When nobody could change anything; undefined: that did not begin, or has not ended. */
    get window(): Quiesce["window"] {
        return this.quieted?.window;
    }

    openedDatabase(): DatabaseClient {
        if (this.database === undefined) throw new Error("the database was not opened");
        return this.database;
    }

    /** Says in the set why it is incomplete. @returns what could not be said */
    async failed(error: unknown): Promise<string | undefined> {
        if (this.began === undefined || this.manifest !== undefined) return undefined;
        try {
            this.doors.fence();
            await writeManifest(this.doors.manifests, { ...this.began, why: messageOf(error) });
            return undefined;
        } catch (failure) {
            return `the set ${this.plan.name} does not say why it is incomplete: ${messageOf(failure)}`;
        }
    }

    /** Of a set that has all its parts. */
    wholeManifest(): CompleteManifest {
        const { began, taken, window, blobs, pausedQueues, serverVersion } = this;
        const { database, backup } = this.plan.outputs;
        if (!began || !taken || !window || !database) throw new Error("a step before this one was left out");
        const { velero, dump, counts, sample, schedules } = taken;
        const { version, name, stack, kind, anchorage, namespace, registryUrl, secretKeyFingerprint } = began;
        return {
            ...{ version, name, stack, kind, anchorage, namespace, registryUrl, secretKeyFingerprint },
            ...{ beganAt: began.beganAt, harbor: began.harbor, chart: began.chart, release: began.release },
            state: "complete",
            endedAt: new Date(this.doors.now()).toISOString(),
            velero: {
                backupName: velero.name,
                phase: "Completed",
                items: velero.items,
                warnings: velero.warnings,
                volumes: backup?.volumes ?? "none",
            },
            database: {
                kind: database.kind,
                serverVersion,
                bytes: dump.size,
                sha256: dump.sha256,
                format: "custom",
            },
            blobs,
            counts,
            quietWindow: {
                beganAt: new Date(window.beganAt).toISOString(),
                endedAt: new Date(window.endedAt).toISOString(),
                ms: window.endedAt - window.beganAt,
            },
            pausedQueues: [...pausedQueues],
            schedules,
            sample: sample.map(({ repository, digest }) => ({ repository, digest })),
        };
    }

    /** Sets of this stack that nobody makes any more: we hold the lock. */
    async leftSets(): Promise<readonly IncompleteManifest[]> {
        const { sets } = await listSets(this.doors.backups);
        return sets.filter((set): set is IncompleteManifest => set.state === "incomplete" && isOf(set, this.plan));
    }
}

/** Whether a set is of that very registry: two clusters that share a bucket may each have a stack of that name. */
export function isOf(set: BackupManifest, { stack, outputs }: Pick<BackupPlan, "stack" | "outputs">): boolean {
    return set.stack === stack && set.namespace === outputs.namespace && set.registryUrl === outputs.registryUrl;
}

export interface Taken {
    readonly velero: VeleroBackup;
    readonly dump: { readonly size: number; readonly sha256: string };
    readonly counts: DatabaseCounts;
    readonly sample: readonly ImageReference[];
    readonly schedules: CompleteManifest["schedules"];
}
