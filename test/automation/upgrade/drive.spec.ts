import assert from "node:assert/strict";
import type { UpgradeRecord } from "../../../automation/upgrade/record";
import { UserError } from "../../../lib/errors";
import { UpgradeWorld } from "../../support/upgrade-world";

/** What happens to an upgrade at whatever moment, on a world of fakes that outlives the process of the command. */
describe("an upgrade on its way", function () {
    this.timeout(30_000);

    const chain = ["2.12.2", "2.14.4", "2.15.2"];
    const record = (engineChange = false, versions: readonly string[] = chain): UpgradeRecord => ({
        ...{ version: 1, id: "abc", stack: "public", beganAt: "2026-11-23T18:00:00Z", by: "anna@build-1" },
        hops: versions.slice(1).map((to, index) => ({
            ...{ from: versions[index] ?? "", to, fromChart: "", chart: "", state: "waiting" },
            engineChange: engineChange && to === "2.15.2",
            ...{ sample: [], schedules: [], pausedQueues: [], replicas: {} },
        })),
    });
    const world = (engineChange = false, hook = false): UpgradeWorld =>
        new UpgradeWorld("2.12.2", engineChange ? ["2.15.2"] : [], hook);
    /** How many calls of doors that takes. */
    const length = async (engineChange: boolean, hook: boolean, broken?: string): Promise<number> => {
        const whole = world(engineChange, hook);
        whole.broken = broken;
        await whole.forward(record(engineChange));
        return whole.ticks;
    };

    it("goes over every hop, and each has a backup of its own", async () => {
        const here = world();
        const result = await here.forward(record());
        assert.ok(result !== "killed");
        assert.equal(result.error, undefined);
        assert.deepEqual(here.complaints(), []);
        assert.equal(here.image, "2.15.2");
        assert.equal(here.backups, 2);
        assert.deepEqual(
            here.current.hops.map(({ state, measured }) => [state, measured?.pulls.seconds, measured?.pushes.seconds]),
            [
                ["upgraded", 0, 1],
                ["upgraded", 0, 1],
            ],
        );
    });

    const kinds = [
        ["of the schema alone, by core", false, false],
        ["of the schema alone, by a Job before any pod is replaced", false, true],
        ["over a rewrite of the internal database", true, false],
    ] as const;
    for (const [kind, engineChange, hook] of kinds) {
        it(`${kind}: a failure at any call ends at a Harbor that works, old with its old database, or new`, async () => {
            const calls = await length(engineChange, hook);
            const ends = new Set<string>();
            for (let at = 1; at <= calls; at++) {
                const here = world(engineChange, hook);
                here.schedule(at, "fail");
                const result = await here.forward(record(engineChange));
                assert.ok(result !== "killed");
                assert.deepEqual(here.complaints(), [], `failure at call ${String(at)} of ${String(calls)}`);
                ends.add(`${here.image}${result.error === undefined ? "" : ", failed"}`);
                if (here.image !== "2.15.2") assert.ok(result.error instanceof UserError);
            }
            assert.ok(ends.has("2.12.2, failed") && ends.has("2.14.4, failed"), [...ends].join("; "));
        });

        it(`${kind}: after a kill at any call, resume leads to the new Harbor`, async () => {
            const calls = await length(engineChange, hook);
            for (let at = 1; at <= calls; at++) {
                const here = world(engineChange, hook);
                here.schedule(at, "kill");
                assert.equal(await here.forward(record(engineChange)), "killed");
                const result = await here.resume();
                assert.ok(result !== "killed");
                const where = `killed at call ${String(at)} of ${String(calls)}`;
                assert.equal(result.error, undefined, where);
                assert.deepEqual(here.complaints(), [], where);
                assert.equal(here.image, "2.15.2", where);
            }
        });

        it(`${kind}: after a kill at any call of a changed hop, rollback leads to the one before`, async () => {
            const calls = await length(engineChange, hook);
            let rolledBack = 0;
            for (let at = 1; at <= calls; at++) {
                const here = world(engineChange, hook);
                here.schedule(at, "kill");
                await here.forward(record(engineChange));
                const hop = here.current.hops.find(({ state }) => state === "changing" || state === "back");
                if (hop === undefined) continue;
                rolledBack++;
                const result = await here.rollback();
                assert.ok(result !== "killed");
                const where = `killed at call ${String(at)} of ${String(calls)}`;
                assert.equal(result.error, undefined, where);
                assert.deepEqual(here.complaints(), [], where);
                assert.equal(here.image, hop.from, where);
            }
            assert.ok(rolledBack > 20, String(rolledBack));
        });

        it(`${kind}: a kill at any call of a failing hop and its rollback, then resume, ends at the old one`, async () => {
            const calls = await length(engineChange, hook, "2.15.2");
            for (let at = 1; at <= calls; at++) {
                const here = world(engineChange, hook);
                here.broken = "2.15.2";
                here.schedule(at, "kill");
                assert.equal(await here.forward(record(engineChange)), "killed");
                await here.resume();
                assert.deepEqual(here.complaints(), [], `killed at call ${String(at)} of ${String(calls)}`);
                assert.equal(here.image, "2.14.4");
            }
        });
    }

    it("rolls a finished upgrade back; what was pushed since is gone, nothing else, however often it is typed", async () => {
        const here = world();
        await here.forward(record());
        for (const [to, version] of [
            [undefined, "2.14.4"],
            [undefined, "2.14.4"],
            ["2.12.2", "2.12.2"],
            [undefined, "2.12.2"],
        ] as const) {
            const result = await here.rollback(to);
            assert.ok(result !== "killed");
            assert.equal(result.error, undefined);
            assert.deepEqual(here.complaints(), []);
            assert.equal(here.image, version);
        }
        assert.deepEqual(
            here.current.hops.map(({ state }) => state),
            ["rolled-back", "rolled-back"],
        );
    });

    it("rolls every hop back at once, as far as it is told", async () => {
        const here = world();
        await here.forward(record());
        await here.rollback("2.12.2");
        assert.deepEqual(here.complaints(), []);
        assert.equal(here.image, "2.12.2");
    });

    it("leaves a failed hop read-only to be looked at, where that was asked for", async () => {
        const here = world();
        here.broken = "2.14.4";
        const result = await here.forward(record(), { autoRollback: false, flags: " --stack public" });
        assert.ok(result !== "killed" && result.error instanceof UserError);
        assert.match(result.error.render(), /stays read-only.*upgrade resume --stack public.*upgrade rollback/s);
        assert.equal(here.database.readOnly, true);
        await here.rollback();
        assert.deepEqual(here.complaints(), []);
        assert.equal(here.image, "2.12.2");
    });

    it("leaves the old pods as they are where a Job's migration fails, and puts the old database under them", async () => {
        const here = world(false, true);
        here.broken = "2.14.4";
        await here.forward(record(), { autoRollback: false });
        assert.deepEqual([here.image, here.database.dirty], ["2.12.2", true]);
        await here.rollback();
        assert.deepEqual(here.complaints(), []);
        assert.equal(here.image, "2.12.2");
    });

    it("touches nothing in a rollback whose dump is not what was written", async () => {
        const here = world();
        await here.forward(record());
        for (const [key] of here.bucket) here.bucket.set(key, Buffer.from("another"));
        const result = await here.rollback();
        assert.ok(result !== "killed" && result.error instanceof UserError);
        assert.match(result.error.render(), /the dump of the database is not what was written/);
        assert.deepEqual(here.complaints(), []);
        assert.equal(here.image, "2.15.2");
    });

    it("without the database an older Harbor does not start: the world is as strict as the real one", async () => {
        const here = world();
        await here.forward(record());
        here.installed = here.image = "2.14.4";
        assert.match(here.complaints().join("; "), /Harbor does not run/);
    });
});
