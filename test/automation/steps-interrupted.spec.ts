import assert from "node:assert/strict";
import { UserError } from "../../lib/errors";
import { stepKit } from "../support/steps";

describe("a workflow's steps and Ctrl-C", () => {
    const { order, step, undo, run } = stepKit();
    const reason = new UserError("interrupted");

    it("end the step under way and undo, with a signal that is not aborted", async () => {
        const interrupt = new AbortController();
        let undoSignal: AbortSignal | undefined;
        const result = await run(
            [
                step("a", {
                    undo: {
                        title: "undo a",
                        when: "failure",
                        run: ({ signal }) => {
                            undoSignal = signal;
                            order.push("-a");
                            return Promise.resolve();
                        },
                    },
                }),
                step("b", {
                    run: ({ signal }) =>
                        new Promise((_, reject) => {
                            signal.addEventListener("abort", () => reject(new Error("socket closed")));
                            interrupt.abort(reason);
                        }),
                    ...undo("b"),
                    goOn: true,
                }),
                step("c"),
            ],
            { signal: interrupt.signal },
        );
        assert.deepEqual(order, ["a", "-b", "-a"]);
        assert.equal(undoSignal?.aborted, false);
        assert.equal(result.error, reason);
        assert.equal(result.interrupted, true);
        assert.equal(result.records[1]?.state, "interrupted");
        assert.equal(result.records[1].detail, "interrupted");
    });

    it("between two steps, too; a step that ended well in spite of it is undone", async () => {
        const interrupt = new AbortController();
        const result = await run(
            [
                step("a", {
                    run: () => {
                        interrupt.abort(reason);
                        return Promise.resolve("done");
                    },
                    ...undo("a"),
                }),
                step("b"),
            ],
            { signal: interrupt.signal },
        );
        assert.deepEqual(order, ["-a"]);
        assert.equal(result.error, reason);
    });

    it("say what is left behind", async () => {
        const interrupt = new AbortController();
        const result = await run(
            [
                step("a", {
                    run: () => {
                        interrupt.abort(reason);
                        return Promise.resolve(undefined);
                    },
                    undo: {
                        title: "undo a",
                        when: "failure",
                        run: ({ signal }) =>
                            new Promise((_, reject) => {
                                signal.addEventListener("abort", () => reject(new Error("took too long")));
                            }),
                    },
                }),
            ],
            { signal: interrupt.signal, undoTimeoutMs: 20 },
        );
        assert.ok(result.error instanceof UserError);
        assert.equal(result.error.message, "interrupted");
        assert.deepEqual(result.error.details, ["left behind: undo a: took too long"]);
    });

    it("before anything began, do nothing", async () => {
        const result = await run([step("a", undo("a"))], { signal: AbortSignal.abort(reason) });
        assert.deepEqual([order, result.records], [[], []]);
        assert.equal(result.error, reason);
    });
});
