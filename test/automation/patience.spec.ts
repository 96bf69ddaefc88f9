import assert from "node:assert/strict";
import { patientEngine } from "../../automation/engines/patient";
import { received, transported } from "../../automation/engines/rehearsal/transport";
import { withPatience } from "../../automation/patience";
import { HeldError, UserError } from "../../lib/errors";
import { fakeEngine, sampleResult } from "../support/fakes";

/** A clock that only pauses move on. */
function setUp(lockTimeout: number) {
    const warnings: string[] = [];
    const pauses: number[] = [];
    let time = 0;
    return {
        warnings,
        pauses,
        patience: {
            lockTimeout,
            reporter: { warn: (text: string) => void warnings.push(text) },
            signal: new AbortController().signal,
            now: () => time,
            pause: (milliseconds: number) => {
                pauses.push(milliseconds);
                time += milliseconds;
                return Promise.resolve();
            },
        },
    };
}

/** Held for so many attempts. */
function heldFor(attempts: number, error: Error = new HeldError("up of stack lab is running: process 7 on box")) {
    let left = attempts;
    return (): Promise<string> => (left-- > 0 ? Promise.reject(error) : Promise.resolve("done"));
}

describe("patience with another update", () => {
    it("tries again with longer pauses, and names the holder once", async () => {
        const { warnings, pauses, patience } = setUp(600);
        assert.equal(await withPatience(heldFor(7), patience), "done");
        assert.deepEqual(warnings, ["up of stack lab is running: process 7 on box; waiting, at most 600 s"]);
        assert.equal(pauses.length, 7);
        for (const [index, pause] of pauses.entries()) {
            const most = Math.min(30_000, 1_000 * 2 ** index);
            assert.ok(pause >= most / 2 && pause <= most, `${String(index)}: ${String(pause)}`);
        }
    });

    it("ends with the holder's name after that time, at once where it is 0", async () => {
        const waiting = setUp(5);
        await assert.rejects(withPatience(heldFor(1000), waiting.patience), /process 7 on box/);
        assert.equal(
            waiting.pauses.reduce((sum, pause) => sum + pause, 0),
            5_000,
        );
        const none = setUp(0);
        await assert.rejects(withPatience(heldFor(1), none.patience), HeldError);
        assert.deepEqual([none.pauses, none.warnings], [[], []]);
    });

    it("has none with any other failure", async () => {
        const { pauses, patience } = setUp(600);
        await assert.rejects(withPatience(heldFor(1, new UserError("the chart is wrong")), patience), /the chart/);
        assert.deepEqual(pauses, []);
    });

    it("ends with Ctrl-C", async () => {
        const interrupt = new AbortController();
        const { patience } = setUp(600);
        const pause = (): Promise<void> => {
            interrupt.abort(new UserError("interrupted"));
            return Promise.resolve();
        };
        await assert.rejects(withPatience(heldFor(9), { ...patience, pause, signal: interrupt.signal }), /interrupted/);
    });

    it("is had by every update of an engine", async () => {
        const { patience } = setUp(600);
        for (const verb of ["preview", "up", "refresh", "destroy"] as const) {
            const held = heldFor(2);
            const { engine, calls } = fakeEngine({ [verb]: () => held().then(() => sampleResult([])) });
            await patientEngine(engine, patience)[verb]();
            assert.deepEqual(calls, [verb, verb, verb]);
        }
    });

    it("knows a holder whom the engine's own process met", () => {
        const error = received(transported(new HeldError("held by 7", { next: ["wait"], details: ["a file"] })));
        assert.ok(error instanceof HeldError);
        assert.deepEqual([error.message, error.next, error.details], ["held by 7", ["wait"], ["a file"]]);
    });
});
