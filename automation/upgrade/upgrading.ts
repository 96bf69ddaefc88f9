import type { Readable } from "node:stream";
import type { DatabaseChange, OperatorChange, PartChanges } from "../../config/upgrade-parts";
import type { Image } from "../../harbor/registry/image";
import { smallImage } from "../../harbor/registry/image";
import type { DatabaseCounts } from "../backup/database";
import type { Pending } from "../backup/pending";
import { Quiesce } from "../backup/quiesce";
import type { ObjectStore } from "../objects/store";
import type { OpenHarbor } from "../restore/restoration";
import type { Measured, Prober } from "./prober";
import { nameOf, verifiedMark, type HopRecord, type Side, type UpgradeRecord } from "./record";

/** What the steps of an upgrade and of its rollback work with, and tell each other. */

/** The Lease of maintenance, held. */
export interface Held {
    /** What a killed command left switched. */
    readonly left: Pending | undefined;
    /** Keeps on record what is switched. */
    readonly record: (switched: Omit<Pending, "by">) => Promise<void>;
    /** Throws where somebody else may be at work by now. */
    readonly fence: () => void;
    release(): Promise<void>;
}

export interface UpgradeDatabase {
    /** Of the server: `17.10`. */
    version(): Promise<string>;
    counts(): Promise<DatabaseCounts>;
    dump(): Readable;
    restore(dump: Readable): Promise<void>;
    close(): Promise<void>;
}

/** Harbor's workloads of the stack. */
export interface UpgradeWorkloads {
    /** How many pods each Deployment has that writes: 0 of one that was ended. */
    replicas(): Promise<Readonly<Record<string, number>>>;
    /** Ends every pod that writes, the migration's too, and waits for it. */
    stop(): Promise<void>;
    /** Gives Deployments without pods their number of pods. */
    start(replicas: Readonly<Record<string, number>>): Promise<void>;
    /** Waits until all pods are Ready. @returns how many workloads */
    ready(update: (detail: string) => void, timeoutMs: number): Promise<number>;
    /** The images that the release's workloads and their pods have. */
    images(): Promise<readonly string[]>;
    /** Removes the internal database with its volume, so that an older image makes a new one. */
    dropInternalDatabase(): Promise<void>;
    /** The internal database has a pod again. */
    startInternalDatabase(): Promise<void>;
}

/** The parts beside Harbor. */
export interface PartDoors {
    /** Brings the kinds of newer operators in, which Helm leaves as they are. @returns what was done */
    definitions(operators: readonly OperatorChange[], options: ReleaseOptions): Promise<string | undefined>;
    /** Removes the cluster of a database's operator with its volumes: an older one is made in its place. */
    dropDatabase(database: DatabaseChange): Promise<void>;
    /** Waits until the parts are what they are on that side. @returns what they are */
    arrived(parts: PartChanges, side: Side, options: ReleaseOptions): Promise<string>;
}

/** Tests give fakes. */
export interface UpgradeDoors {
    save(record: UpgradeRecord): Promise<void>;
    /** @throws UserError (exit code 3) that names who works there */
    lock(): Promise<Held>;
    /** A complete set of that Harbor, every digest of which fits; made where there is none young enough. */
    backup(
        hop: HopRecord,
        update: (detail: string) => void,
    ): Promise<{ readonly name: string; readonly made: boolean }>;
    /** Ends what a killed engine or Helm left half done. @returns what was repaired */
    repair(): Promise<readonly string[]>;
    /** Waits until Harbor lets the administrator in. */
    harbor(update: (detail: string) => void): Promise<OpenHarbor>;
    database(update: (detail: string) => void): Promise<UpgradeDatabase>;
    /** The backup bucket. */
    readonly store: Pick<ObjectStore, "where" | "write" | "read" | "remove">;
    /** Brings the stack up with what is on that side of the hop. */
    release(hop: HopRecord, side: Side, options: ReleaseOptions): Promise<string | undefined>;
    readonly parts: PartDoors;
    readonly workloads: UpgradeWorkloads;
    /** Makes the stack's settings say what is on that side of the hop. @returns what was done */
    settle(hop: HopRecord, side: Side): Promise<string | undefined>;
    probe(harbor: OpenHarbor, repository: string, image: Image): Pick<Prober, "stop">;
    /** Milliseconds that a release has to get ready. */
    readonly waitMs: number;
    /** Milliseconds between two looks at Harbor's workers. @default 500 */
    readonly lookEveryMs?: number;
}

export interface ReleaseOptions {
    readonly signal: AbortSignal;
    readonly update: (detail: string) => void;
}

/** One hop on its way, forward or back. */
export class Upgrading {
    held: Held | undefined;
    private probing: { readonly prober: Pick<Prober, "stop">; readonly harbor: OpenHarbor } | undefined;
    private opened: OpenHarbor | undefined;
    private quieted: Quiesce | undefined;

    constructor(
        readonly doors: UpgradeDoors,
        readonly record: UpgradeRecord,
        readonly hop: HopRecord,
    ) {}

    /** Of the images that it pushes to see whether that works; removed at the end. */
    get project(): string {
        return `anchorage-upgrade-${this.record.id}`;
    }

    get repository(): string {
        return `${this.project}/probe`;
    }

    /** Another one for each purpose. */
    image(purpose: string): Image {
        return smallImage(`${this.record.id} ${this.hop.from} ${this.hop.to} ${purpose}\n`);
    }

    get dumpKey(): string {
        return `anchorage/upgrades/${this.record.id}/${this.hop.from}-${this.hop.to}.dump`;
    }

    /** Keeps on record, before it is so, what is known of the hop. */
    async note(change: Partial<HopRecord>): Promise<void> {
        Object.assign(this.hop, change);
        await this.doors.save(this.record);
    }

    async open(update: (detail: string) => void): Promise<OpenHarbor> {
        await this.close();
        this.opened = await this.doors.harbor(update);
        return this.opened;
    }

    async close(): Promise<void> {
        const { opened } = this;
        this.opened = undefined;
        await opened?.close();
    }

    /** Has the image pulled and pushed all the while, by clients of its own: the others are opened anew on the way. */
    async probe(image: Image, update: (detail: string) => void): Promise<void> {
        const harbor = await this.doors.harbor(update);
        this.probing = { prober: this.doors.probe(harbor, this.repository, image), harbor };
    }

    /** @returns what clients noticed; undefined where nobody looked */
    async stopProbe(): Promise<Measured | undefined> {
        const { probing } = this;
        this.probing = undefined;
        const measured = await probing?.prober.stop();
        await probing?.harbor.close();
        return measured;
    }

    get harbor(): OpenHarbor {
        if (this.opened === undefined) throw new Error("Harbor was not opened");
        return this.opened;
    }

    get lock(): Held {
        if (this.held === undefined) throw new Error("the lock was not taken");
        return this.held;
    }

    /** Of the Harbor before the release is changed: what it switches is on record in the Lease. */
    get quiesce(): Quiesce {
        if (this.quieted === undefined) {
            const { record, left, fence } = this.lock;
            this.quieted = new Quiesce(this.harbor.client, record, left, fence);
        }
        return this.quieted;
    }

    /** Of the Harbor afterwards, whose database says what was switched before. */
    frozen(): Quiesce {
        const { record, fence } = this.lock;
        const switched = { readOnly: true, queues: [...this.hop.pausedQueues], workloads: false };
        return new Quiesce(this.harbor.client, record, switched, fence);
    }

    /** Why a step is left out that a killed command had behind it, with everything up to the end of the checks. */
    alreadyVerified(side: Side): string | undefined {
        const { hop } = this;
        if (!this.changed || hop.verified !== verifiedMark(hop, side)) return undefined;
        return `${nameOf(hop, side)} was verified before`;
    }

    /** Whether the release may be another one than before: from then on a failure does not simply put back. */
    get changed(): boolean {
        return this.hop.state === "changing" || this.hop.state === "back";
    }
}
