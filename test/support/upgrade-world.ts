import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { Pending } from "../../automation/backup/pending";
import { goBack, goForward, type DriveOptions } from "../../automation/upgrade/drive";
import { hopsToUndo, parseRecord, type UpgradeRecord } from "../../automation/upgrade/record";
import type { UpgradeDoors } from "../../automation/upgrade/upgrading";
import { digestOf, smallImage, type Image } from "../../harbor/registry/image";
import { UserError } from "../../lib/errors";
import type { StepsResult } from "../../automation/steps";
import { collectingReporter } from "./fakes";
import { bucketDoor } from "./upgrade-bucket";
import { UpgradeParts } from "./upgrade-parts";
import { fakeHarbor, fakeProber, schedule, type FakeDatabase } from "./upgrade-harbor";
import { migrate, UpgradeMigration } from "./upgrade-migration";

/** The process of a command ends: whatever it would do next, it does not. */
class Killed extends Error {}

/** A cluster with a Harbor in it, as far as an upgrade sees it. It outlives the commands that work on it. */
export class UpgradeWorld {
    /** What the engine has on record. */
    installed: string;
    /** Of the images of the workloads. */
    image: string;
    /** What the stack's file says. */
    settings: string;
    replicas: Record<string, number> = { "harbor-core": 2, "harbor-jobservice": 1 };
    database: FakeDatabase;
    /** Whether the older image can read the files of the internal database. */
    engine: string;
    readonly manifests = new Map<string, Image>();
    readonly bucket = new Map<string, Buffer>();
    pending: Pending | undefined;
    record = "";
    backups = 0;
    /** A release whose migration fails, or a PostgreSQL that its operator does not get to run. */
    broken: string | undefined;
    readonly parts = new UpgradeParts({
        broken: () => this.broken,
        emptied: () => this.emptyDatabase(),
        changed: () => {
            for (const name of Object.keys(this.replicas)) this.replicas[name] ||= 1;
            this.startCore();
            return this.serves();
        },
    });
    private readonly migration = new UpgradeMigration({ database: () => this.database, broken: () => this.broken });
    /** Calls of doors so far; and the one that is to go wrong. */
    ticks = 0;
    private trouble: { readonly at: number; readonly how: "kill" | "fail" } | undefined;

    constructor(
        version: string,
        private readonly rewritten: readonly string[] = [],
        /** Whether a Job migrates the database, before core would. */
        private readonly hook = false,
    ) {
        this.installed = this.image = this.settings = this.engine = version;
        const image = smallImage("of a user");
        const digest = digestOf(image.manifest);
        this.manifests.set(digest, image);
        this.database = {
            ...{ schema: version, dirty: false, readOnly: false, paused: ["WEBHOOK"], schedules: [schedule] },
            projects: ["library"],
            artifacts: { "library/app": [digest] },
        };
    }

    /** The door call of that number, counted from now, ends the process or throws. */
    schedule(at: number, how: "kill" | "fail"): void {
        this.trouble = { at: this.ticks + at, how };
    }

    async forward(record: UpgradeRecord, options: Partial<DriveOptions> = {}): Promise<StepsResult | "killed"> {
        this.record = JSON.stringify(record);
        return this.run((doors, all) => goForward(this.current, doors, { ...all, autoRollback: true, ...options }));
    }

    async resume(): Promise<StepsResult | "killed"> {
        return this.run((doors, all) => goForward(this.current, doors, { ...all, autoRollback: true }));
    }

    async rollback(to?: string): Promise<StepsResult | "killed"> {
        return this.run((doors, all) => {
            const record = this.current;
            return goBack(hopsToUndo(record, to) ?? [], record, doors, all);
        });
    }

    get current(): UpgradeRecord {
        return parseRecord(this.record);
    }

    /** What is not as it should be of a Harbor that runs and that people use; empty: nothing. */
    complaints(): string[] {
        const { database, image } = this;
        return [
            ...(this.serves() ? [] : ["Harbor does not run"]),
            ...(this.installed === image ? [] : [`installed ${this.installed}, images ${image}`]),
            ...(this.settings === image ? [] : [`settings ${this.settings}, images ${image}`]),
            ...this.parts.complaints(this.current),
            ...(database.schema === image ? [] : [`schema ${String(database.schema)}, images ${image}`]),
            ...(database.readOnly ? ["read-only"] : []),
            ...(database.paused.join() === "WEBHOOK" ? [] : [`paused: ${database.paused.join()}`]),
            ...(this.pending === undefined ? [] : [`pending: ${JSON.stringify(this.pending)}`]),
            ...(Object.values(this.replicas).every((count) => count > 0) ? [] : ["no pods"]),
            ...(database.projects.join() === "library" ? [] : [`projects ${database.projects.join()}`]),
            ...Object.values(database.artifacts)
                .flat()
                .filter((digest) => !this.manifests.has(digest))
                .map((digest) => `${digest} is gone`),
            ...(database.artifacts["library/app"]?.length === 1 ? [] : ["an image of the user is gone"]),
        ];
    }

    private async run(
        work: (doors: UpgradeDoors, options: Omit<DriveOptions, "autoRollback">) => Promise<StepsResult>,
    ): Promise<StepsResult | "killed"> {
        const life = { over: false };
        const tick = (): void => {
            if (life.over) throw new Killed("killed");
            if (this.trouble?.at !== ++this.ticks) return;
            if (this.trouble.how === "fail") throw new UserError("injected failure");
            life.over = true;
            throw new Killed("killed");
        };
        const { reporter } = collectingReporter();
        const signal = new AbortController().signal;
        const result = await work(this.doors(tick), { reporter, signal, flags: "" });
        return life.over ? "killed" : result;
    }

    private doors(tick: () => void): UpgradeDoors {
        return {
            waitMs: 30,
            lookEveryMs: 0,
            save: async (record) => {
                tick();
                this.record = JSON.stringify(record);
                return Promise.resolve();
            },
            lock: () => {
                tick();
                return Promise.resolve({
                    left: this.pending,
                    record: (switched) => {
                        tick();
                        const none = !switched.readOnly && switched.queues.length === 0 && !switched.workloads;
                        this.pending = none ? undefined : { ...switched, by: "upgrade" };
                        return Promise.resolve();
                    },
                    fence: () => undefined,
                    release: () => Promise.resolve(),
                });
            },
            backup: (hop) => {
                tick();
                this.requireRunning();
                if (hop.from !== this.image) throw new Error("a backup of another version");
                // As the real one does first.
                if (this.pending?.workloads === true) throw new Error("a backup of a Harbor that is held");
                this.backups++;
                return Promise.resolve({ name: `set-${String(this.backups)}`, made: true });
            },
            repair: () => {
                tick();
                return Promise.resolve([]);
            },
            harbor: () => {
                tick();
                return Promise.resolve().then(() => {
                    this.requireRunning();
                    return fakeHarbor({
                        manifests: this.manifests,
                        state: () => this.database,
                        version: () => this.image,
                        guard: () => {
                            tick();
                            this.requireRunning();
                        },
                    });
                });
            },
            database: () => {
                tick();
                return Promise.resolve({
                    version: () => Promise.resolve(`${this.parts.files}.4`),
                    counts: () => {
                        tick();
                        const { projects, artifacts } = this.database;
                        return Promise.resolve({
                            projects: projects.length,
                            repositories: Object.keys(artifacts).length,
                            artifacts: Object.values(artifacts).flat().length,
                        });
                    },
                    dump: () => Readable.from([Buffer.from(JSON.stringify(this.database))]),
                    restore: async (dump) => {
                        const text = (await buffer(dump)).toString();
                        tick();
                        if (this.runsPods()) throw new UserError("the database is in use");
                        if (!this.parts.runs) throw new UserError("no server answers");
                        if (this.engine !== this.image && this.rewritten.includes(this.engine)) {
                            throw new UserError("the server does not start on these files");
                        }
                        this.database = JSON.parse(text) as FakeDatabase;
                        this.migration.goOn();
                    },
                    close: () => Promise.resolve(),
                });
            },
            store: bucketDoor(this.bucket, tick),
            parts: this.parts.doors(tick),
            release: (hop, side) => {
                if (hop.parts !== undefined) return this.parts.release(hop.parts, side, tick);
                const version = hop[side];
                tick();
                // Nothing differs: nothing is done, and nothing waited for.
                if (this.installed === version && this.image === version) return Promise.resolve(undefined);
                if (this.hook) this.migration.run(version, tick);
                this.image = version;
                if (!this.rewritten.includes(this.engine)) this.engine = version;
                for (const name of Object.keys(this.replicas)) this.replicas[name] ||= 1;
                this.startCore();
                // Killed while it waits: the objects are there, the record is not.
                tick();
                this.installed = version;
                if (!this.serves()) throw new UserError(`Harbor ${version} was not ready`);
                return Promise.resolve(undefined);
            },
            workloads: {
                replicas: () => {
                    tick();
                    return Promise.resolve({ ...this.replicas });
                },
                stop: () => {
                    tick();
                    for (const name of Object.keys(this.replicas)) this.replicas[name] = 0;
                    this.migration.end();
                    tick();
                    return Promise.resolve();
                },
                start: (replicas) => {
                    tick();
                    for (const [name, count] of Object.entries(replicas)) this.replicas[name] ||= count;
                    this.startCore();
                    return Promise.resolve();
                },
                ready: () => {
                    tick();
                    return this.serves() ? Promise.resolve(2) : Promise.reject(new UserError("core is not Ready"));
                },
                images: () => {
                    tick();
                    return Promise.resolve([`goharbor/harbor-core:v${this.image}`]);
                },
                dropInternalDatabase: () => {
                    tick();
                    this.emptyDatabase();
                    this.engine = "";
                    return Promise.resolve();
                },
                startInternalDatabase: () => {
                    tick();
                    this.engine = this.image;
                    return Promise.resolve();
                },
            },
            settle: (hop, side) => {
                tick();
                this.settings = hop[side];
                this.parts.settings = hop.parts?.database?.[side] ?? this.parts.settings;
                return Promise.resolve(undefined);
            },
            probe: fakeProber,
        };
    }

    private emptyDatabase(): void {
        this.database = { ...this.database, schema: undefined, projects: [], artifacts: {}, paused: [] };
        Object.assign(this.database, { readOnly: false, dirty: false });
    }

    /** A core that starts brings an older schema forward, and does not start on a newer one. */
    private startCore(): void {
        if (this.runsPods() && this.parts.runs) migrate(this.database, this.image, this.broken);
    }

    private runsPods(): boolean {
        return (this.replicas["harbor-core"] ?? 0) > 0;
    }

    private serves(): boolean {
        return this.runsPods() && this.parts.runs && !this.database.dirty && this.database.schema === this.image;
    }

    private requireRunning(): void {
        if (!this.serves()) throw new UserError("Harbor does not answer");
    }
}
