import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { Pending } from "../../automation/backup/pending";
import type { OpenHarbor } from "../../automation/restore/restoration";
import { goBack, goForward, type DriveOptions } from "../../automation/upgrade/drive";
import { parseRecord, type UpgradeRecord } from "../../automation/upgrade/record";
import type { UpgradeDoors } from "../../automation/upgrade/upgrading";
import { HarborError } from "../../harbor/client/errors";
import { digestOf, smallImage, type Image } from "../../harbor/registry/image";
import { UserError } from "../../lib/errors";
import type { StepsResult } from "../../automation/steps";
import { collectingReporter } from "./fakes";

/** The process of a command ends: whatever it would do next, it does not. */
class Killed extends Error {}

const queues = ["SCHEDULER", "REPLICATION", "GARBAGE_COLLECTION"];
const schedule = { vendor_type: "SYSTEM_ARTIFACT_CLEANUP", vendor_id: 1, cron: "0 0 0 * * *" };

/** What a database holds. */
interface Database {
    /** The release whose schema it has; undefined: it is empty. */
    schema: string | undefined;
    dirty: boolean;
    projects: string[];
    /** repository -> digests */
    artifacts: Record<string, string[]>;
    readOnly: boolean;
    paused: string[];
    schedules: (typeof schedule)[];
}

/** A cluster with a Harbor in it, as far as an upgrade sees it. It outlives the commands that work on it. */
export class UpgradeWorld {
    /** What the engine has on record. */
    installed: string;
    /** Of the images of the workloads. */
    image: string;
    /** What the stack's file says. */
    settings: string;
    replicas: Record<string, number> = { "harbor-core": 2, "harbor-jobservice": 1 };
    database: Database;
    /** Whether the older image can read the files of the internal database. */
    engine: string;
    readonly manifests = new Map<string, Image>();
    readonly bucket = new Map<string, Buffer>();
    pending: Pending | undefined;
    record = "";
    backups = 0;
    /** A release whose migration fails. */
    broken: string | undefined;
    /** Calls of doors so far, in all commands; and the one that is to go wrong. */
    ticks = 0;
    private trouble: { readonly at: number; readonly how: "kill" | "fail" } | undefined;

    constructor(
        version: string,
        private readonly rewritten: readonly string[] = [],
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

    async rollback(): Promise<StepsResult | "killed"> {
        return this.run((doors, all) => goBack(this.current, doors, all));
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
        let killed = false;
        const tick = (): void => {
            if (killed) throw new Killed("killed");
            if (this.trouble?.at !== ++this.ticks) return;
            const { how } = this.trouble;
            if (how === "fail") throw new UserError("injected failure");
            killed = true;
            throw new Killed("killed");
        };
        const { reporter } = collectingReporter();
        const signal = new AbortController().signal;
        const result = await work(this.doors(tick), { reporter, signal, flags: "" });
        return killed ? "killed" : result;
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
                    return this.harbor(tick);
                });
            },
            database: () => {
                tick();
                return Promise.resolve({
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
                        if (this.engine !== this.image && this.rewritten.includes(this.engine)) {
                            throw new UserError("the server does not start on these files");
                        }
                        this.database = JSON.parse(text) as Database;
                    },
                    close: () => Promise.resolve(),
                });
            },
            store: {
                where: "s3://backups",
                write: async (key, body) => {
                    tick();
                    const content = Buffer.isBuffer(body) ? body : await buffer(body as Readable);
                    this.bucket.set(key, content);
                    const sha256 = createHash("sha256").update(content).digest("hex");
                    return { size: content.length, sha256, etag: "" };
                },
                read: (key) => {
                    tick();
                    const content = this.bucket.get(key);
                    if (content === undefined) throw new UserError(`${key} is missing`);
                    return Promise.resolve(Readable.from([content]));
                },
                remove: () => Promise.resolve(0),
            },
            release: (version) => {
                tick();
                // Nothing differs: nothing is done, and nothing waited for.
                if (this.installed === version && this.image === version) return Promise.resolve(undefined);
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
                stop: () => {
                    tick();
                    const before = { ...this.replicas };
                    for (const name of Object.keys(before)) this.replicas[name] = 0;
                    tick();
                    return Promise.resolve(before);
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
                    this.database = { ...this.database, schema: undefined, projects: [], artifacts: {}, paused: [] };
                    Object.assign(this.database, { readOnly: false, dirty: false });
                    this.engine = "";
                    return Promise.resolve();
                },
                startInternalDatabase: () => {
                    tick();
                    this.engine = this.image;
                    return Promise.resolve();
                },
            },
            settle: (version) => {
                tick();
                this.settings = version;
                return Promise.resolve(undefined);
            },
            probe: () => ({
                stop: () => Promise.resolve({ pulls: { seconds: 0, longest: 0 }, pushes: { seconds: 1, longest: 1 } }),
            }),
        };
    }

    /** A core that starts brings an older schema forward, and does not start on a newer one. */
    private startCore(): void {
        const { database, image } = this;
        if (!this.runsPods() || database.dirty) return;
        if (database.schema !== undefined && numeric(database.schema) > numeric(image)) return;
        database.dirty = image === this.broken;
        if (!database.dirty && database.schema === undefined) database.projects = ["library"];
        database.schema = image;
    }

    private runsPods(): boolean {
        return (this.replicas["harbor-core"] ?? 0) > 0;
    }

    private serves(): boolean {
        return this.runsPods() && !this.database.dirty && this.database.schema === this.image;
    }

    private requireRunning(): void {
        if (!this.serves()) throw new UserError("Harbor does not answer");
    }

    private harbor(tick: () => void): OpenHarbor {
        const { manifests } = this;
        const state = (): Database => this.database;
        const asked = <T>(work: () => T): Promise<T> => {
            tick();
            this.requireRunning();
            return Promise.resolve().then(work);
        };
        const writing = <T>(work: () => T): Promise<T> =>
            asked(() => {
                if (this.database.readOnly) throw new UserError("DENIED: read only");
                return work();
            });
        const listing = <T>(items: () => readonly T[]): unknown => ({
            toArray: () => asked(() => [...items()]),
            // eslint-disable-next-line @typescript-eslint/require-await -- an iterator as the client has it
            async *[Symbol.asyncIterator]() {
                yield* items();
            },
        });
        const component = { name: "core", status: "healthy" };
        const client = {
            version: () => asked(() => ({ version: this.image })),
            system: {
                info: () => asked(() => ({ read_only: state().readOnly })),
                health: () => asked(() => ({ status: "healthy", components: [component] })),
                requireHealthy: () => asked(() => ({ status: "healthy", components: [component] })),
            },
            configurations: { setReadOnly: (on: boolean) => asked(() => (state().readOnly = on)) },
            jobservice: {
                queues: () =>
                    asked(() =>
                        [...queues, "WEBHOOK"].map((job_type) => ({
                            job_type,
                            paused: state().paused.includes(job_type),
                        })),
                    ),
                act: (name: string, action: string) =>
                    writing(() => {
                        const others = state().paused.filter((one) => one !== name);
                        state().paused = action === "pause" ? [...others, name].sort() : others;
                    }),
                busyWorkers: () => asked(() => []),
            },
            schedules: { list: () => listing(() => state().schedules) },
            projects: {
                create: ({ project_name: name }: { project_name: string }) =>
                    writing(() => {
                        if (state().projects.includes(name)) {
                            throw new HarborError("conflict", { kind: "conflict", endpoint: "POST /projects" });
                        }
                        state().projects.push(name);
                    }),
                exists: (name: string) => asked(() => state().projects.includes(name)),
                delete: (name: string) =>
                    writing(() => (state().projects = state().projects.filter((one) => one !== name))),
            },
            repositories: {
                list: (project: string) =>
                    listing(() =>
                        Object.keys(state().artifacts)
                            .filter((name) => name.startsWith(`${project}/`))
                            .map((name) => ({ name })),
                    ),
                listAll: () => listing(() => Object.keys(state().artifacts).map((name) => ({ name }))),
                delete: ({ project, repository }: { project: string; repository: string }) =>
                    writing(() => Reflect.deleteProperty(state().artifacts, `${project}/${repository}`)),
            },
            artifacts: {
                list: ({ project, repository }: { project: string; repository: string }) =>
                    listing(() =>
                        (state().artifacts[`${project}/${repository}`] ?? []).map((digest) => ({
                            digest,
                            manifest_media_type: "application/vnd.oci.image.manifest.v1+json",
                        })),
                    ),
            },
        };
        const registry = {
            push: (repository: string, _tag: string, image: Image) =>
                writing(() => {
                    const digest = digestOf(image.manifest);
                    manifests.set(digest, image);
                    const { artifacts } = state();
                    artifacts[repository] = [...new Set([...(artifacts[repository] ?? []), digest])];
                    return digest;
                }),
            pullManifest: (repository: string, digest: string) =>
                asked(() => {
                    const image = manifests.get(digest);
                    if (image === undefined || state().artifacts[repository]?.includes(digest) !== true) {
                        throw new HarborError("not there", { kind: "not-found", endpoint: "GET manifest" });
                    }
                    return image.manifest;
                }),
            pullBlob: (_repository: string, digest: string) =>
                asked(() => {
                    for (const { config, layer, layerDigest } of manifests.values()) {
                        if (layerDigest === digest) return layer;
                        if (digestOf(config) === digest) return config;
                    }
                    throw new HarborError("not there", { kind: "not-found", endpoint: "GET blob" });
                }),
        };
        return { url: "http://harbor", client, registry, close: () => Promise.resolve() } as unknown as OpenHarbor;
    }
}

function numeric(version: string): number {
    const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
    return major * 1e6 + minor * 1e3 + patch;
}
