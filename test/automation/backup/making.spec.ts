import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { Making, type BackupDoors } from "../../../automation/backup/making";
import type { CompleteManifest } from "../../../automation/backup/manifest";
import type { Pending } from "../../../automation/backup/pending";
import { pruneSets } from "../../../automation/backup/pruning";
import { listSets, setKeys } from "../../../automation/backup/sets";
import { runSteps, type StepsResult } from "../../../automation/steps";
import type { StackOutputs } from "../../../config/contract";
import { messageOf, UserError } from "../../../lib/errors";
import { FakeHarborJobs } from "../../support/fake-harbor-jobs";
import { collectingReporter, sampleOutputs } from "../../support/fakes";
import { MemoryStore } from "../../support/memory-store";

const secret = { secretName: "s", secretKey: "k" };
const outputs: StackOutputs = {
    ...sampleOutputs,
    database: {
        ...{ kind: "internal", host: "harbor-database", port: 5432, database: "registry", user: "postgres" },
        ...{ sslmode: "disable", password: secret },
    },
    storage: { kind: "s3", bucket: "b", region: "r", pathStyle: true, accessKey: secret, secretKey: secret },
    backup: {
        ...{ namespace: "velero", location: "default", bucket: { bucket: "b", region: "r", pathStyle: true } },
        ...{ credentials: secret, volumes: "none", retention: { count: 2, days: 1 } },
    },
};

/** All that outlives a killed command. */
class World {
    readonly backups = new MemoryStore("s3://backups");
    readonly content = new MemoryStore("s3://registry");
    readonly velero = new Map<string, string>();
    readonly pods = new Set<string>();
    pending: Pending | undefined;
    /** Changes of anything, in order. */
    readonly order: string[] = [];
    /** Asked before each change, with its number: throws where it does not happen. */
    gate: (number: number) => void = () => undefined;

    private constructor(readonly harbor: FakeHarborJobs) {
        const blob = Buffer.from("a layer");
        const digest = createHash("sha256").update(blob).digest("hex");
        const root = "docker/registry/v2";
        this.content.objects.set(`${root}/blobs/sha256/${digest.slice(0, 2)}/${digest}/data`, blob);
        const tag = `${root}/repositories/library/app/_manifests/tags/v1/current/link`;
        this.content.objects.set(tag, Buffer.from(`sha256:${digest}`));
        this.harbor.queues.set("REPLICATION", true); // by an operator, on purpose
    }

    static async start(): Promise<World> {
        return new World(await FakeHarborJobs.start());
    }

    change(what: string): void {
        this.gate(this.order.length);
        this.order.push(what);
    }

    /** Runs a backup as one command does. */
    async backup(name: string, more: Partial<BackupDoors> = {}): Promise<{ making: Making; result: StepsResult }> {
        const { harbor, backups, content, velero } = this;
        backups.beforeChange = (what) => this.change(what.replace(/\/sha256\/.*/, "/..."));
        harbor.refuse = (change) => {
            try {
                this.change(change.replace("/jobservice/queues/", ""));
                return false;
            } catch {
                return true;
            }
        };
        const doors: BackupDoors = {
            ...{ backups, manifests: backups, content, left: this.pending, now: Date.now, lookEveryMs: 1 },
            openHarbor: () => Promise.resolve({ client: harbor.client, close: () => Promise.resolve() }),
            velero: () => ({
                backup: ({ name: backup }) => {
                    return this.changed(`velero ${backup}`, () => {
                        velero.set(backup, "Completed");
                        const counts = { items: 40, warnings: 0, errors: 0, validationErrors: [], snapshots: 0 };
                        return { name: backup, phase: "Completed", ...counts };
                    });
                },
                deleteBackup: (backup) => {
                    if (!velero.has(backup)) return Promise.resolve();
                    return this.changed(`velero delete ${backup}`, () => void velero.delete(backup));
                },
            }),
            openDatabase: () =>
                this.changed("open database", () => {
                    this.pods.add(name);
                    return {
                        version: () => Promise.resolve("17.10"),
                        sizeBytes: () => Promise.resolve(1),
                        freeConnections: () => Promise.resolve(50),
                        counts: () => Promise.resolve({ projects: 1, repositories: 1, artifacts: 1 }),
                        dump: () => {
                            // Whoever can push now would be in the dump and not in the images, or the reverse.
                            assert.ok(harbor.readOnly && harbor.paused.length === 4);
                            return Readable.from([Buffer.from("a dump")]);
                        },
                        createDatabase: () => Promise.reject(new Error("not in a backup")),
                        dropDatabase: () => Promise.reject(new Error("not in a backup")),
                        restore: () => Promise.reject(new Error("not in a backup")),
                        close: () => this.changed("close database", () => void this.pods.delete(name)),
                    };
                }),
            check: () => Promise.resolve([]),
            sample: () => Promise.resolve([{ repository: "library/app", digest: "sha256:abcd" }]),
            prune: async (signal) => {
                const deleteBackup = doors.velero(signal).deleteBackup;
                await pruneSets({ outputs, stack: "lab", backups, velero: { deleteBackup }, signal });
                return undefined;
            },
            record: (switched) =>
                this.changed(`record ${switched.readOnly ? "read-only " : ""}${String(switched.queues.length)}`, () => {
                    const empty = !switched.readOnly && switched.queues.length === 0;
                    this.pending = empty ? undefined : { ...switched, by: "backup of stack lab" };
                }),
            fence: () => undefined,
            ...more,
        };
        const plan = {
            name,
            stack: "lab",
            kind: "regular",
            outputs,
            anchorage: "0.1.0",
            maker: "anna@build-1",
        } as const;
        const making = new Making({ ...plan, secretKeyFingerprint: "0".repeat(64) }, doors);
        const { signal } = new AbortController();
        const result = await runSteps(making.steps(), { reporter: collectingReporter().reporter, signal });
        await making.failed(result.error);
        return { making, result };
    }

    /** That Harbor is as it was before any backup. */
    requireRestored(when: string): void {
        assert.equal(this.harbor.readOnly, false, when);
        assert.deepEqual(this.harbor.paused, ["REPLICATION"], when);
        assert.equal(this.pending, undefined, when);
    }

    // Before the change, as a request that is lost on its way.
    private async changed<T>(what: string, work: () => T): Promise<T> {
        await Promise.resolve();
        this.change(what);
        return work();
    }
}

describe("a backup", function () {
    // Some 25 backups one after the other, each with a Harbor of its own.
    this.timeout(120_000);

    const worlds: World[] = [];
    const start = async (): Promise<World> => {
        const world = await World.start();
        worlds.push(world);
        return world;
    };
    const complete = async ({ backups }: World): Promise<CompleteManifest[]> =>
        (await listSets(backups)).sets.filter((set) => set.state === "complete");
    /** How many changes a backup makes, and in which order. */
    const wholeOrder = async (): Promise<readonly string[]> => {
        const world = await start();
        const { result } = await world.backup("whole");
        assert.equal(result.error, undefined);
        return world.order;
    };

    afterEach(async () => {
        for (const { harbor } of worlds.splice(0)) await harbor.stop();
    });

    it("makes its changes in the one order that keeps its parts together", async () => {
        const order = await wholeOrder();
        const own = order.filter((what) => !what.startsWith("write anchorage/blobs"));
        const queue = (name: string, action: string): string => `${name} {"action":"${action}"}`;
        const side = own.slice(10, 12).sort();
        assert.deepEqual(own.slice(0, 10), [
            "open database",
            "write anchorage/sets/whole/manifest.json",
            "record 3",
            queue("SCHEDULER", "pause"),
            queue("GARBAGE_COLLECTION", "pause"),
            queue("WEBHOOK", "pause"),
            "record read-only 3",
            '/configurations {"read_only":true}',
            ...own.slice(8, 10),
        ]);
        assert.equal(side.length, 2);
        assert.deepEqual(own.slice(8, 10).sort(), [
            "velero anchorage-whole",
            "write anchorage/sets/whole/database.dump",
        ]);
        assert.deepEqual(own.slice(10), [
            '/configurations {"read_only":false}',
            "record 3",
            queue("WEBHOOK", "resume"),
            queue("SCHEDULER", "resume"),
            "record 1",
            "write anchorage/sets/whole/objects/docker/registry/v2/repositories/library/app/_manifests/tags/v1/current/link",
            "write anchorage/sets/whole/blobs.jsonl.gz",
            queue("GARBAGE_COLLECTION", "resume"),
            "record 0",
            "write anchorage/sets/whole/manifest.json",
            "close database",
        ]);
        // The images that are there already are not copied in the quiet window, nor after it.
        assert.equal(
            order.findIndex((what) => what.startsWith("write anchorage/blobs")),
            2,
        );
    });

    it("says in its manifest what its parts are", async () => {
        const world = await start();
        await world.backup("first");
        const [manifest] = await complete(world);
        assert.ok(manifest);
        const { bytes, sha256 } = manifest.database;
        assert.equal(bytes, 6);
        assert.equal(sha256, createHash("sha256").update("a dump").digest("hex"));
        assert.deepEqual(manifest.pausedQueues, ["SCHEDULER", "GARBAGE_COLLECTION", "WEBHOOK"]);
        assert.equal(manifest.schedules[0]?.vendor_type, "GARBAGE_COLLECTION");
        assert.ok(manifest.blobs.kind === "objects" && manifest.blobs.count === 2);
        assert.ok(manifest.quietWindow.ms >= 0);
        world.requireRestored("after it");
    });

    it("leaves Harbor writable and an incomplete set, whatever change fails", async () => {
        const order = await wholeOrder();
        const neverMinds = /^(close database|record 0)$/;
        for (const [failing, what] of order.entries()) {
            const world = await start();
            world.gate = (number) => {
                if (number === failing && world.order.length === failing) {
                    world.order.push(`failed ${what}`);
                    throw new UserError("the test refused it");
                }
            };
            const { result } = await world.backup("broken");
            world.gate = () => undefined;
            const when = `${String(failing)} ${what}`;
            assert.equal(world.harbor.readOnly, false, when);
            assert.deepEqual(world.harbor.paused, ["REPLICATION"], when);
            const { sets, foreign } = await listSets(world.backups);
            assert.deepEqual(foreign, [], when);
            const finished = sets.some(({ state }) => state === "complete");
            assert.ok(finished || result.error !== undefined, when);
            if (neverMinds.test(what)) continue;
            assert.ok(!finished, `${when}: complete without it`);
            for (const set of sets) assert.ok(set.state === "incomplete" && set.why !== "", when);
        }
    });

    it("is followed by a good one wherever it was killed, and nothing of it is left", async () => {
        const order = await wholeOrder();
        for (let killed = 0; killed < order.length; killed++) {
            const world = await start();
            // A dead process changes nothing any more, its undo included.
            let dead = false;
            world.gate = (number) => {
                dead ||= number === killed;
                if (dead) throw new Error("killed");
            };
            await world.backup("killed");
            world.gate = () => undefined;
            world.pods.clear(); // they end by themselves
            const when = `killed before ${order[killed] ?? ""}`;
            const before = await complete(world);
            const { result } = await world.backup("next");
            assert.equal(result.error, undefined, `${when}: ${messageOf(result.error)}`);
            world.requireRestored(when);
            const { sets, foreign } = await listSets(world.backups);
            assert.deepEqual(foreign, [], when);
            assert.deepEqual(
                sets.map(({ name, state }) => `${name} ${state}`).sort(),
                [...before.map(({ name }) => `${name} complete`), "next complete"].sort(),
                when,
            );
            assert.deepEqual(
                [...world.velero.keys()],
                sets.map(({ velero }) => velero.backupName),
                when,
            );
            assert.deepEqual([...world.pods], [], when);
        }
    });

    it("changes nothing where a check refuses", async () => {
        const world = await start();
        const refusal = new UserError("the backup was not begun");
        const { result } = await world.backup("refused", { check: () => Promise.reject(refusal) });
        assert.equal(result.error, refusal);
        assert.deepEqual(world.order, []);
    });

    it("does not go on from a restore that came to no end", async () => {
        const world = await start();
        world.pending = { by: "restore of stack lab", readOnly: false, queues: [], workloads: true };
        const { result } = await world.backup("too-early");
        assert.match(messageOf(result.error), /a restore came to no end/);
        assert.deepEqual(world.order, []);
    });

    it("ends the dump when Velero fails, and the other way round", async () => {
        const world = await start();
        let ended: AbortSignal | undefined;
        const failing: BackupDoors["velero"] = (signal) => ({
            backup: () => {
                ended = signal;
                return Promise.reject(new UserError("Velero's backup ended PartiallyFailed"));
            },
            deleteBackup: () => Promise.resolve(),
        });
        const { result } = await world.backup("half", { velero: failing });
        assert.match(messageOf(result.error), /PartiallyFailed/);
        assert.ok(ended?.aborted);
        world.requireRestored("after it");
        const manifest = JSON.parse(world.backups.objects.get(setKeys("half").manifest)?.toString() ?? "") as object;
        assert.match(JSON.stringify(manifest), /"state":"incomplete","why":"Velero's backup ended PartiallyFailed"/);
    });
});
