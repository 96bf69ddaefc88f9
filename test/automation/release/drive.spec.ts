import assert from "node:assert/strict";
import { ExitCode, UserError } from "../../../lib/errors";
import { ReleaseWorld, type Told } from "../../support/release-world";

/** What happens to a release at whatever moment, on a world of fakes that outlives the process of the command. */
describe("a release on its way", () => {
    const run = async (world: ReleaseWorld, options?: Parameters<ReleaseWorld["release"]>[0]): Promise<Told> => {
        const told = await world.release(options);
        assert.ok(told !== "killed");
        return told;
    };
    const states = ({ result }: Told): string[] => result.records.map(({ id, state }) => `${id} ${state}`);
    const errorOf = ({ result }: Told): UserError => {
        assert.ok(result.error instanceof UserError, String(result.error));
        return result.error;
    };
    /** A stack whose first release was made, with Harbor 2.12.2 and the settings `info`. */
    const released = async (): Promise<ReleaseWorld> => {
        const world = new ReleaseWorld();
        world.file.harbor = "2.12.2";
        assert.equal((await run(world)).result.error, undefined);
        return world;
    };

    it("of a new stack has nothing to back up, and is on record once it is verified", async () => {
        const world = new ReleaseWorld();
        const told = await run(world);
        assert.deepEqual(states(told), [
            ...["complete done", "look done", "backup skipped", "up done", "verify done"],
            ...["upgrade skipped", "verify-upgrade skipped"],
        ]);
        assert.equal(world.record?.good.harbor, "2.14.4");
        assert.deepEqual(world.complaints(), []);
    });

    it("of nothing new verifies, and no more", async () => {
        const world = await released();
        world.agrees = false; // nobody is asked
        const told = await run(world);
        assert.deepEqual(
            states(told).filter((one) => one.endsWith("done")),
            ["complete done", "look done", "verify done"],
        );
        assert.deepEqual(world.backups, []);
    });

    it("backs up before anything is changed, brings the settings up, then the newer Harbor, hop by hop", async () => {
        const world = await released();
        world.file = { harbor: "2.15.2", settings: "debug" };
        const told = await run(world);
        assert.equal(told.result.error, undefined);
        assert.ok(told.result.records.every(({ state }) => state === "done"));
        assert.deepEqual(told.findings.ahead, {
            ...{ from: "2.12.2", to: "2.15.2", changes: "1 resource to change", backups: true },
        });
        assert.equal(told.findings.backup, "set-1");
        assert.equal(world.backups[0], "2.12.2, info");
        assert.equal(world.is, "2.15.2, debug");
        assert.deepEqual(world.complaints(), []);
        assert.equal(world.record?.good.harbor, "2.15.2");
    });

    it("changes nothing where the answer is no, or what is ahead is refused", async () => {
        const world = await released();
        world.file.settings = "debug";
        world.agrees = false;
        const no = await run(world);
        assert.equal(errorOf(no).exitCode, ExitCode.refused);
        assert.deepEqual(states(no), ["complete done", "look done"]);
        world.dangerous.add("debug");
        const dangerous = await run(world);
        assert.equal(errorOf(dangerous).exitCode, ExitCode.dangerous);
        assert.deepEqual(states(dangerous), ["complete done", "look failed"]);
        assert.equal(world.is, "2.12.2, info");
        assert.deepEqual(world.backups, []);
    });

    for (const how of ["failing", "sick"] as const) {
        const what = how === "failing" ? "do not come up" : "do not pass their checks";
        it(`puts the settings of before back where the new ones ${what}`, async () => {
            const world = await released();
            world.file.settings = "debug";
            world[how].add("debug");
            const told = await run(world);
            assert.match(
                errorOf(told).message,
                /the release failed, and that of .* \(Harbor 2\.12\.2\) is back, verified/,
            );
            assert.match(errorOf(told).details.join(), how === "sick" ? /verify failed/ : /does not come up/);
            assert.deepEqual(states(told).slice(-2), ["put-back done", "verify-back done"]);
            assert.equal(world.is, "2.12.2, info");
            assert.deepEqual(world.complaints(), []);
        });
    }

    it("undoes every hop of an upgraded Harbor that does not pass its checks", async () => {
        const world = await released();
        world.file.harbor = "2.15.2";
        world.sick.add("2.15.2");
        const told = await run(world);
        assert.match(errorOf(told).message, /\(Harbor 2\.12\.2\) is back, verified/);
        assert.deepEqual(states(told).slice(-3), ["verify-upgrade failed", "rollback done", "verify-back done"]);
        assert.equal(world.is, "2.12.2, info");
        assert.deepEqual(world.complaints(), []);
    });

    it("leaves a hop that fails to the upgrade, which undoes it", async () => {
        const world = await released();
        world.file = { harbor: "2.15.2", settings: "debug" };
        world.failing.add("2.15.2");
        const told = await run(world);
        assert.match(errorOf(told).message, /2\.15\.2 failed, and 2\.14\.4 is back/);
        assert.equal(world.is, "2.14.4, debug");
        assert.deepEqual(world.complaints(), []);
    });

    it("leaves what fails as it is, where it is told to", async () => {
        const world = await released();
        world.file.settings = "debug";
        world.sick.add("debug");
        const told = await run(world, { autoRollback: false });
        assert.match(errorOf(told).render(), /verify failed\n.*left as it is\n.*npx anchorage release goes on/);
        assert.equal(world.is, "2.12.2, debug");
        world.sick.clear();
        assert.equal((await run(world)).result.error, undefined);
    });

    it("says why there is nothing to put back", async () => {
        const world = new ReleaseWorld();
        world.sick.add("info");
        assert.match(errorOf(await run(world)).details.join(), /nothing is put back: no earlier release is on record/);
        world.sick.clear();
        assert.equal((await run(world)).result.error, undefined);
        world.sick.add("info");
        assert.match(errorOf(await run(world)).details.join(), /the last good release had the same settings/);
    });

    it("does not begin a way back that would lose data, and a later run goes forward", async () => {
        const world = await released();
        world.file.settings = "debug";
        world.sick.add("debug");
        world.dangerous.add("info");
        const told = await run(world);
        assert.match(errorOf(told).details.join("\n"), /the way back failed: the change is dangerous/);
        assert.equal(world.record?.back, undefined);
        world.sick.clear();
        assert.equal((await run(world)).result.error, undefined);
        assert.equal(world.is, "2.12.2, debug");
    });

    it("ends with Ctrl-C without going back: the next run goes on", async () => {
        const world = await released();
        world.file.settings = "debug";
        const interrupt = new AbortController();
        const given = { signal: interrupt.signal };
        interrupt.abort(new UserError("interrupted"));
        const told = await run(world, given);
        assert.ok(told.result.interrupted);
        assert.equal((await run(world)).result.error, undefined);
        assert.equal(world.is, "2.12.2, debug");
    });

    interface Case {
        readonly name: string;
        readonly prepare: (world: ReleaseWorld) => void;
        /** How it ends at last. */
        readonly ends: readonly string[];
        readonly fresh?: boolean;
    }
    const cases: readonly Case[] = [
        { name: "the first one", prepare: () => undefined, ends: ["2.14.4, info"], fresh: true },
        {
            name: "new settings and two hops",
            prepare: (world) => (world.file = { harbor: "2.15.2", settings: "debug" }),
            ends: ["2.15.2, debug"],
        },
        {
            name: "settings that do not pass",
            prepare: (world) => {
                world.file.settings = "debug";
                world.sick.add("debug");
            },
            ends: ["2.12.2, info"],
        },
        {
            name: "a hop that fails",
            prepare: (world) => {
                world.file.harbor = "2.14.4";
                world.failing.add("2.14.4");
            },
            ends: ["2.12.2, info"],
        },
        {
            name: "an upgraded Harbor that does not pass",
            prepare: (world) => {
                world.file.harbor = "2.15.2";
                world.sick.add("2.15.2");
            },
            // One that was upgraded by a run that is gone is not undone by another: it may be a day later. And a hop that
            // was made by a run that is gone is what the next one, which has verified it, goes back to.
            ends: ["2.12.2, info", "2.14.4, info", "2.15.2, info"],
        },
    ];
    for (const { name, prepare, ends, fresh } of cases) {
        const begin = async (): Promise<ReleaseWorld> => {
            const world = fresh === true ? new ReleaseWorld() : await released();
            prepare(world);
            return world;
        };
        /** The pipeline checks the same commit out again. */
        const again = async (world: ReleaseWorld, file: ReleaseWorld["file"]): Promise<Told> => {
            world.file = { ...file };
            return run(world);
        };

        it(`killed at any call of ${name}: a second run completes it, or has put it back`, async () => {
            const whole = await begin();
            const before = whole.ticks;
            await whole.release();
            const calls = whole.ticks - before;
            assert.ok(calls > 7, String(calls));
            const seen = new Set<string>();
            for (let at = 1; at <= calls; at++) {
                const world = await begin();
                const file = { ...world.file };
                world.schedule(at, "kill");
                assert.equal(await world.release(), "killed");
                const where = `${name}: killed at call ${String(at)} of ${String(calls)}`;
                const second = await again(world, file);
                if (second.result.error === undefined) {
                    assert.deepEqual(world.complaints(), [], where);
                    assert.equal(world.is, `${file.harbor}, ${file.settings}`, where);
                } else {
                    assert.ok(second.result.error instanceof UserError, where);
                    const doesNotWork = world.sick.has(world.installed?.harbor ?? "");
                    if (!doesNotWork)
                        assert.deepEqual(world.complaints(), [], `${where}: ${second.result.error.render()}`);
                    else assert.match(second.result.error.render(), /nothing is put back: .*upgrade rollback/, where);
                }
                assert.ok(ends.includes(world.is), `${where}: ${world.is}`);
                seen.add(world.is);
            }
            assert.deepEqual([...seen].sort(), [...ends].sort());
        });

        it(`a failure at any call of ${name}: it ends whole, and the run after it needs no hand`, async () => {
            const whole = await begin();
            const before = whole.ticks;
            await whole.release();
            const calls = whole.ticks - before;
            for (let at = 1; at <= calls; at++) {
                const world = await begin();
                const file = { ...world.file };
                world.schedule(at, "fail");
                await run(world);
                await again(world, file);
                await again(world, file);
                const where = `${name}: failure at call ${String(at)} of ${String(calls)}`;
                assert.ok(ends.includes(world.is), `${where}: ${world.is}`);
                const doesNotWork = world.sick.has(world.installed?.harbor ?? "");
                if (!doesNotWork) assert.deepEqual(world.complaints(), [], where);
            }
        });
    }

    it("gives a way back up that was cut short, once the settings are others", async () => {
        for (let at = 1; at < 60; at++) {
            const world = await released();
            world.file.settings = "debug";
            world.sick.add("debug");
            world.schedule(at, "kill");
            if ((await world.release()) !== "killed") return;
            if (world.record?.back === undefined) continue;
            world.file.settings = "warning";
            const told = await run(world);
            assert.equal(told.result.error, undefined);
            assert.match(told.text, /the way back from what failed \(verify failed\) is given up/);
            assert.equal(world.is, "2.12.2, warning");
            assert.deepEqual(world.complaints(), []);
        }
        assert.fail("it never came to its end");
    });
});
