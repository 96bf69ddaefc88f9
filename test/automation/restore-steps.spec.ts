import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { SemVer } from "semver";
import type { OpenHarbor, Restoration, RestoreDoors, SetToRestore } from "../../automation/restore/restoration";
import { restoreSteps } from "../../automation/restore/steps";
import { runSteps, type Step, type StepsResult } from "../../automation/steps";
import type { HarborClient } from "../../harbor/client/client";
import { UserError } from "../../lib/errors";
import { collectingReporter, unexpected } from "../support/fakes";
import { dump, image, sampleSet as set } from "../support/restore";

describe("the steps of a restore", () => {
    interface World {
        readonly order: string[];
        /** Calls that fail. */
        readonly failing: Set<string>;
        readOnly: boolean;
        paused: string[];
        counts: SetToRestore["counts"];
        dump: Buffer;
        written: Buffer | undefined;
    }

    const newWorld = (): World => ({
        order: [],
        failing: new Set(),
        readOnly: true,
        paused: ["SCHEDULER", "REPLICATION", "P2P_PREHEAT"],
        counts: set.counts,
        dump,
        written: undefined,
    });

    function does(world: World, what: string): void {
        world.order.push(what);
        if (world.failing.has(what)) throw new UserError(`${what} failed`);
    }

    function harborOf(world: World): OpenHarbor {
        const client = {
            configurations: {
                setReadOnly: (value: boolean) => {
                    does(world, "read-only");
                    world.readOnly = value;
                    return Promise.resolve();
                },
            },
            jobservice: {
                queues: () => Promise.resolve(world.paused.map((job_type) => ({ job_type, paused: true }))),
                act: (queue: string) => {
                    if (world.readOnly) throw new Error("403 in read-only mode");
                    does(world, `resume ${queue}`);
                    world.paused = world.paused.filter((one) => one !== queue);
                    return Promise.resolve();
                },
            },
            system: {
                info: () => Promise.resolve({ read_only: world.readOnly }),
                health: () => Promise.resolve({ status: "healthy", components: [{ name: "core", status: "healthy" }] }),
            },
            schedules: { list: () => ({ toArray: () => Promise.resolve(set.schedules) }) },
            version: () => Promise.resolve(new SemVer("2.15.2")),
        };
        return {
            url: "http://harbor",
            client: client as unknown as HarborClient,
            registry: {
                push: unexpected("push"),
                pullManifest: () => Promise.resolve(image.manifest),
                pullBlob: (_name, wanted) => Promise.resolve(wanted === image.layerDigest ? image.layer : image.config),
            },
            close: () => {
                world.order.push("close");
                return Promise.resolve();
            },
        };
    }

    function doorsOf(world: World): RestoreDoors {
        const called = <T>(what: string, result: T): Promise<T> => {
            try {
                does(world, what);
                return Promise.resolve(result);
            } catch (error) {
                return Promise.reject(error instanceof Error ? error : new Error(String(error)));
            }
        };
        const workloads: RestoreDoors["workloads"] = {
            hold: () => called("hold", ["harbor-core"]),
            letGo: () => called("let go", ["harbor-core"]),
            ready: () => called("ready", 5),
        };
        const modifier: RestoreDoors["modifier"] = (_name, rules) =>
            called(rules === undefined ? "forget modifier" : "modifier", undefined);
        return {
            lock: {
                inside: () => called("lock inside", undefined),
                held: (value) => called(value === undefined ? "record free" : `record held ${value}`, undefined),
                frozen: (queues) => called(queues ? `record frozen ${queues.join(" ")}` : "record lifted", undefined),
            },
            velero: {
                awaitSynced: () => called("synced", undefined),
                restore: ({ existing, modifier: name }) => {
                    assert.ok(name?.startsWith("nightly-"));
                    return called(`velero ${existing ?? ""}`, { items: 90, warnings: 0 });
                },
                deleteRestore: () => called("forget restore", undefined),
            },
            modifier,
            workloads,
            readDump: () => called("dump", Readable.from([world.dump.subarray(0, 5), world.dump.subarray(5)])),
            database: () =>
                called("database", {
                    version: () => Promise.resolve("17.10"),
                    counts: () => Promise.resolve(world.counts),
                    restore: async (stream: Readable) => {
                        const content = await buffer(stream);
                        does(world, "pg_restore");
                        world.written = content;
                    },
                    close: () => called("close database", undefined),
                }),
            blobs: () => called("blobs", { objects: 3, bytes: 12, copiedObjects: 2, copiedBytes: 8 }),
            within: () => ({ workloads, modifier }),
            harbor: () => called("harbor", harborOf(world)),
        };
    }

    const restorationOf = (world: World, more: Partial<Restoration> = {}): Restoration => ({
        set,
        doors: doorsOf(world),
        restoreName: "nightly-1",
        release: "harbor",
        namespace: "harbor",
        copy: false,
        samples: 5,
        ...more,
    });

    async function run(restoration: Restoration): Promise<StepsResult> {
        const { reporter } = collectingReporter();
        return runSteps(restoreSteps(restoration), { reporter, signal: new AbortController().signal });
    }

    it("hold Harbor, put objects, database and content back, and only then let it go on", async () => {
        const world = newWorld();
        const result = await run(restorationOf(world));
        assert.equal(result.error, undefined);
        assert.deepEqual(world.order, [
            "record held nightly",
            "hold",
            "synced",
            "modifier",
            "velero update",
            "lock inside",
            "record held nightly",
            "hold",
            "database",
            "dump",
            "pg_restore",
            "close database",
            "blobs",
            "let go",
            "ready",
            "record frozen SCHEDULER REPLICATION",
            "harbor",
            "read-only",
            "resume SCHEDULER",
            "resume REPLICATION",
            "record lifted",
            "close",
            "forget modifier",
        ]);
        assert.deepEqual(world.written, dump);
        assert.equal(world.readOnly, false);
        assert.deepEqual(world.paused, ["P2P_PREHEAT"], "a queue that somebody else had paused stays so");
        assert.deepEqual(
            result.records.filter(({ kind }) => kind === "step").map(({ id, state }) => `${id} ${state}`),
            [
                "hold",
                "objects",
                "database",
                "blobs",
                "start",
                "lift",
                "schedules",
                "health",
                "version",
                "counts",
                "content",
            ].map((id) => `${id} done`),
        );
    });

    it("resume every paused queue where the manifest does not know which were the backup's", async () => {
        const world = newWorld();
        const unknown = Object.fromEntries(
            Object.entries(set).filter(([name]) => name !== "pausedQueues"),
        ) as unknown as SetToRestore;
        assert.equal((await run(restorationOf(world, { set: unknown }))).error, undefined);
        assert.deepEqual(world.paused, []);
    });

    const kept = ["synced", "velero update", "database", "dump", "pg_restore", "blobs"];
    for (const what of kept) {
        it(`keep Harbor held, on record, where "${what}" fails, and come through the next time`, async () => {
            const world = newWorld();
            world.failing.add(what);
            const result = await run(restorationOf(world));
            assert.ok(result.error instanceof UserError);
            assert.equal(result.error.message, `${what} failed`);
            // Before Velero began nothing of the set was in place: then Harbor goes on as it was.
            assert.equal(world.order.includes("let go"), what === "synced");
            assert.equal(world.order.includes("record free"), what === "synced");
            assert.equal(world.order.at(-1), what === "synced" ? "record free" : "forget modifier");
            world.failing.clear();
            world.order.length = 0;
            assert.equal((await run(restorationOf(world))).error, undefined);
            assert.deepEqual(world.written, dump);
        });
    }

    it("leave the database alone where the dump is another one than the manifest's", async () => {
        const world = newWorld();
        world.dump = Buffer.from("PGDMP and less");
        const result = await run(restorationOf(world));
        assert.ok(result.error instanceof UserError);
        assert.equal(result.error.message, "the dump is not the one that the backup wrote");
        assert.equal(world.written, undefined);
        assert.ok(!world.order.includes("let go"));
    });

    it("tell each check that fails", async () => {
        const world = newWorld();
        world.counts = { projects: 2, repositories: 2, artifacts: 4 };
        const result = await run(restorationOf(world));
        assert.ok(result.error instanceof UserError);
        assert.deepEqual(result.error.details, ["repositories: 2 in place of 3"]);
        assert.equal(world.readOnly, false, "the registry is back all the same");
    });

    it("of a copy make its place first, turn it before its database, and neither lift nor arm anything", async () => {
        const world = newWorld();
        const own = (id: string): Step => ({
            id,
            title: id,
            plan: id,
            run: () => {
                world.order.push(id);
                return Promise.resolve(undefined);
            },
        });
        const more = { copy: true, namespace: "harbor-rehearsal-1", before: [own("place")], between: [own("repoint")] };
        const result = await run(restorationOf(world, more));
        assert.equal(result.error, undefined);
        assert.deepEqual(world.order, [
            "place",
            "synced",
            "modifier",
            "velero none",
            "hold",
            "repoint",
            "database",
            "dump",
            "pg_restore",
            "close database",
            "blobs",
            "let go",
            "ready",
            "harbor",
            "close",
            "forget modifier",
        ]);
        assert.equal(world.readOnly, true);
    });
});
