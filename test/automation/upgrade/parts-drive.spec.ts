import assert from "node:assert/strict";
import { newPartsHop, type UpgradeRecord } from "../../../automation/upgrade/record";
import { UserError } from "../../../lib/errors";
import { UpgradeWorld } from "../../support/upgrade-world";

/** A hop that leaves Harbor as it is: PostgreSQL by its operator, and the operator itself. */
describe("an upgrade of the parts beside Harbor", function () {
    this.timeout(30_000);

    const changes = {
        operators: [{ id: "cloudnative-pg", from: "0.28.0", to: "0.29.0" }],
        database: { kind: "cloudnative-pg", name: "harbor-postgresql", from: "16", to: "17" },
    } as const;
    const record = (): UpgradeRecord => ({
        ...{ version: 1, id: "abc", stack: "public", beganAt: "2026-11-23T18:00:00Z", by: "anna@build-1" },
        hops: [newPartsHop("2.15.2", "1.19.2", changes)],
    });
    const world = (): UpgradeWorld => new UpgradeWorld("2.15.2");
    const length = async (broken?: string): Promise<number> => {
        const whole = world();
        whole.broken = broken;
        await whole.forward(record());
        return whole.ticks;
    };

    it("is made as a hop of Harbor: with a backup, the kinds first, and checked", async () => {
        const here = world();
        const result = await here.forward(record());
        assert.ok(result !== "killed");
        assert.equal(result.error, undefined);
        assert.deepEqual(here.complaints(), []);
        assert.deepEqual([here.parts.files, here.parts.operator, here.backups], ["17", "0.29.0", 1]);
        const steps = result.records.map(({ id }) => id.replace(/^.*-/, ""));
        assert.ok(steps.indexOf("definitions") < steps.indexOf("release"), steps.join());
        assert.equal(here.current.hops[0]?.state, "upgraded");
    });

    it("a failure at any call ends at a Harbor that works, on the old PostgreSQL with its data, or on the new one", async () => {
        const calls = await length();
        const ends = new Set<string>();
        for (let at = 1; at <= calls; at++) {
            const here = world();
            here.schedule(at, "fail");
            const result = await here.forward(record());
            assert.ok(result !== "killed");
            assert.deepEqual(here.complaints(), [], `failure at call ${String(at)} of ${String(calls)}`);
            ends.add(`${here.parts.files}${result.error === undefined ? "" : ", failed"}`);
        }
        assert.ok(ends.has("16, failed"), [...ends].join("; "));
    });

    it("after a kill at any call, resume leads to the new one", async () => {
        const calls = await length();
        for (let at = 1; at <= calls; at++) {
            const here = world();
            here.schedule(at, "kill");
            assert.equal(await here.forward(record()), "killed");
            const result = await here.resume();
            assert.ok(result !== "killed");
            const where = `killed at call ${String(at)} of ${String(calls)}`;
            assert.equal(result.error, undefined, where);
            assert.deepEqual(here.complaints(), [], where);
            assert.equal(here.parts.files, "17", where);
        }
    });

    it("after a kill at any call of a change, rollback leads to the old one with its data", async () => {
        const calls = await length();
        let rolledBack = 0;
        for (let at = 1; at <= calls; at++) {
            const here = world();
            here.schedule(at, "kill");
            await here.forward(record());
            if (here.current.hops[0]?.state !== "changing") continue;
            rolledBack++;
            const result = await here.rollback();
            assert.ok(result !== "killed");
            const where = `killed at call ${String(at)} of ${String(calls)}`;
            assert.equal(result.error, undefined, where);
            assert.deepEqual(here.complaints(), [], where);
            assert.deepEqual([here.parts.files, here.parts.operator], ["16", "0.28.0"], where);
        }
        assert.ok(rolledBack > 10, String(rolledBack));
    });

    it("an operator that does not get there is rolled back, also when that is killed at any call", async () => {
        const calls = await length("17");
        for (let at = 1; at <= calls; at++) {
            const here = world();
            here.broken = "17";
            here.schedule(at, "kill");
            assert.equal(await here.forward(record()), "killed");
            await here.resume();
            assert.deepEqual(here.complaints(), [], `killed at call ${String(at)} of ${String(calls)}`);
            assert.equal(here.parts.files, "16");
        }
    });

    it("can be rolled back once it is made", async () => {
        const here = world();
        await here.forward(record());
        const result = await here.rollback();
        assert.ok(result !== "killed");
        assert.equal(result.error, undefined);
        assert.deepEqual(here.complaints(), []);
        const { asked, files, settings } = here.parts;
        assert.deepEqual([asked, files, settings], ["16", "16", "16"]);
    });

    it("says what is back", async () => {
        const here = world();
        here.broken = "17";
        const result = await here.forward(record());
        assert.ok(result !== "killed" && result.error instanceof UserError);
        assert.match(
            result.error.message,
            /^PostgreSQL 17, .* failed, and PostgreSQL 16, .* is back, with the database/,
        );
    });
});
