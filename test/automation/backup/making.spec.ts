import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { BackupDoors } from "../../../automation/backup/making";
import type { CompleteManifest } from "../../../automation/backup/manifest";
import { listSets, setKeys } from "../../../automation/backup/sets";
import { messageOf, UserError } from "../../../lib/errors";
import { World } from "../../support/backup-world";

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
            "write anchorage/pruning/...",
            "remove anchorage/pruning/...",
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
        const neverMinds = /^(close database|record 0|(write|remove) anchorage\/pruning\/\.\.\.)$/;
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
