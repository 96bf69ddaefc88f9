import assert from "node:assert/strict";
import { planLines } from "../../automation/steps";
import { ExitCode, UserError } from "../../lib/errors";
import { collectingReporter } from "../support/fakes";
import { stepKit } from "../support/steps";

describe("a workflow's steps", () => {
    const { order, step, undo, failing, run } = stepKit();

    it("run in their order, and say what came of them", async () => {
        const { reporter, text } = collectingReporter();
        const result = await run(
            [step("a"), step("b", { run: () => Promise.resolve("12 objects") }), step("c", undo("c"))],
            { reporter, now: () => 1_000 },
        );
        assert.deepEqual(order, ["a", "c"]);
        assert.equal(result.error, undefined);
        assert.deepEqual(result.records[1], {
            id: "b",
            title: "do b",
            kind: "step",
            state: "done",
            detail: "12 objects",
            beganAt: 1_000,
            elapsedMs: 0,
        });
        assert.match(text(), /✔ do b \(0 ms\)\n {2}12 objects\n/);
    });

    it("stop at a failure, and are undone in reverse order with the one that failed", async () => {
        const error = new UserError("no space", { next: ["make some"], exitCode: ExitCode.refused });
        const result = await run([
            step("a", undo("a")),
            step("b"),
            step("c", undo("c", "always")),
            step("d", { ...failing(error), ...undo("d") }),
            step("e", undo("e")),
        ]);
        assert.deepEqual(order, ["a", "b", "c", "-d", "-c", "-a"]);
        assert.equal(result.error, error);
        assert.deepEqual(
            result.records.map(({ title, state }) => `${title}: ${state}`),
            ["do a: done", "do b: done", "do c: done", "do d: failed", "undo d: done", "undo c: done", "undo a: done"],
        );
        assert.equal(result.records[3]?.detail, "no space");
    });

    it("undo after a success what is to be undone always, and nothing else", async () => {
        await run([step("a", undo("a")), step("b", undo("b", "always"))]);
        assert.deepEqual(order, ["a", "b", "-b"]);
    });

    it("are undone by a later step where the order wants it, and then no second time", async () => {
        const result = await run([
            step("pause", undo("pause", "always")),
            step("read-only", undo("read-only", "always")),
            step("copy"),
            step("lift", {
                run: async (door) => {
                    await door.undo("read-only");
                    await door.undo("read-only");
                    order.push("lift");
                    return undefined;
                },
            }),
        ]);
        assert.deepEqual(order, ["pause", "read-only", "copy", "-read-only", "lift", "-pause"]);
        assert.equal(result.error, undefined);
    });

    it("try an undo again at the end that failed in the midst", async () => {
        let times = 0;
        const result = await run([
            step("a", {
                undo: {
                    title: "undo a",
                    when: "always",
                    run: () => (++times === 1 ? Promise.reject(new UserError("busy")) : Promise.resolve()),
                },
            }),
            step("b", {
                run: async (door) => {
                    await door.undo("a");
                    return undefined;
                },
            }),
        ]);
        assert.equal(times, 2);
        assert.equal((result.error as UserError).message, "busy");
        assert.deepEqual((result.error as UserError).details, []);
    });

    it("go on undoing where one undo fails, and name what is left behind", async () => {
        const result = await run([
            step("a", undo("a")),
            step("b", {
                undo: { title: "undo b", when: "failure", run: () => Promise.reject(new Error("server is gone")) },
            }),
            step("c", failing(new UserError("no space", { details: ["disk sda"] }))),
        ]);
        assert.deepEqual(order, ["a", "b", "-a"]);
        assert.ok(result.error instanceof UserError);
        assert.equal(result.error.message, "no space");
        assert.deepEqual(result.error.details, ["disk sda", "left behind: undo b: server is gone"]);
    });

    it("fail where all succeeded and something could not be put back", async () => {
        const result = await run([
            step("a", {
                undo: { title: "delete the project", when: "always", run: () => Promise.reject(new Error("403")) },
            }),
        ]);
        assert.ok(result.error instanceof UserError);
        assert.equal(
            result.error.render(),
            "not everything could be put back\n  - left behind: delete the project: 403",
        );
    });

    it("keep a defect as it is, with its stack, and warn of what it left behind", async () => {
        const defect = new TypeError("x is not a function");
        const { reporter, text } = collectingReporter();
        const result = await run(
            [
                step("a", { undo: { title: "undo a", when: "always", run: () => Promise.reject(new Error("no")) } }),
                step("b", failing(defect)),
            ],
            { reporter },
        );
        assert.equal(result.error, defect);
        assert.match(text(), /warning left behind: undo a: no/);
    });

    it("do nothing for a step that says why, and for those that need it", async () => {
        const { reporter, text } = collectingReporter();
        const result = await run(
            [
                step("a", { skip: () => Promise.resolve("the stack has no Trivy"), ...undo("a", "always") }),
                step("b", { needs: ["a"] }),
                step("c"),
            ],
            { reporter },
        );
        assert.deepEqual(order, ["c"]);
        assert.equal(result.error, undefined);
        assert.deepEqual(
            result.records.map(({ state, detail }) => [state, detail]),
            [
                ["skipped", "the stack has no Trivy"],
                ["skipped", '"do a" was not done'],
                ["done", undefined],
            ],
        );
        assert.match(text(), /- do a: skipped, the stack has no Trivy\n- do b: skipped, "do a" was not done/);
        const json = collectingReporter("json");
        await run([step("a", { skip: () => "no" })], { reporter: json.reporter });
        const { time, ...event } = JSON.parse(json.text()) as Record<string, unknown>;
        assert.ok(time);
        assert.deepEqual(event, { kind: "step", phase: "skipped", title: "do a", detail: "no" });
    });

    it("go on after a failure that lets them, and fail at the end with each", async () => {
        const result = await run([
            step("a", undo("a", "always")),
            step("b", { ...failing(new UserError("no scan", { next: ["wait"] })), goOn: true }),
            step("c", { needs: ["b"] }),
            step("d", { ...failing(new UserError("no tags", { next: ["wait"] })), goOn: true }),
            step("e"),
        ]);
        assert.deepEqual(order, ["a", "e", "-a"]);
        assert.ok(result.error instanceof UserError);
        assert.equal(result.error.render(), "2 of 5 steps failed\n  - do b: no scan\n  - do d: no tags\n  next: wait");
        const alone = new UserError("no scan");
        assert.equal((await run([step("b", { ...failing(alone), goOn: true }), step("c")])).error, alone);
    });

    it("tell what a killed process would leave, before each change and after each undo", async () => {
        const told: (readonly string[])[] = [];
        await run(
            [
                step("a", undo("a", "always")),
                step("b"),
                step("c", {
                    run: () => {
                        assert.deepEqual(told.at(-1), ["a", "c"]);
                        return Promise.resolve(undefined);
                    },
                    ...undo("c", "always"),
                }),
            ],
            {
                onPending: (ids) => {
                    told.push(ids);
                    return Promise.resolve();
                },
            },
        );
        assert.deepEqual(told, [["a"], ["a", "c"], ["a"], []]);
    });

    it("do not begin where that cannot be kept", async () => {
        const error = new UserError("disk full");
        const result = await run([step("a", undo("a"))], { onPending: () => Promise.reject(error) });
        assert.ok(!order.includes("a"));
        assert.ok(result.error instanceof UserError);
        assert.match(result.error.render(), /disk full/);
    });

    it("are told as a plan", () => {
        assert.deepEqual(planLines([step("a"), step("long")]), [" 1  do a     does a", " 2  do long  does long"]);
    });

    it("are a defect where two have one id, or one needs a step that is not there", async () => {
        await assert.rejects(run([step("a"), step("a")]), /same id/);
        await assert.rejects(run([step("a", { needs: ["b"] })]), /no step b/);
    });
});
