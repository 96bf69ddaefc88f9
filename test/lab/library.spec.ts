import assert from "node:assert/strict";
import path from "node:path";
import { ExitCode, planUpgrade, preview, UserError, type VerbEvent } from "../../automation";
import { exec, ExecFailure } from "../../lib/exec";
import { projectRoot, type LabEndpoints } from "../../lib/home";
import { labTimeout, sharedLab } from "../support/lab";

describe("anchorage as a library", function () {
    this.timeout(60_000);

    let lab: LabEndpoints;

    before(async function () {
        this.timeout(labTimeout);
        lab = await sharedLab();
    });

    it("runs a verb: its events come one by one, and its result at the end", async () => {
        const seen: VerbEvent[] = [];
        const run = preview("lab", { lab: lab.name, engine: "rehearsal", onEvent: (event) => seen.push(event) });
        const read: VerbEvent[] = [];
        for await (const event of run) read.push(event);
        assert.deepEqual(read, seen);
        assert.ok(read.some(({ kind, title }) => kind === "step" && title === "preview lab"));
        assert.ok(read.some(({ kind, name }) => kind === "resource" && name === "registry-harbor"));
        const result = await run.result;
        assert.equal(result, read.at(-1));
        assert.deepEqual([result.kind, result["verb"], result["stack"]], ["result", "preview", "lab"]);
        assert.ok(!Number.isNaN(Date.parse(result.time)));
    });

    it("needs nobody who reads its events", async () => {
        const { verb } = await preview("lab", { lab: lab.name, engine: "rehearsal" }).result;
        assert.equal(verb, "preview");
    });

    it("throws what the CLI would print, with its exit code, and ends its events", async () => {
        const run = planUpgrade("lab", { from: "2.12.2", to: "9.9.9" });
        for await (const event of run) assert.notEqual(event.kind, "result");
        await assert.rejects(run.result, (error: unknown) => {
            assert.ok(error instanceof UserError);
            assert.equal(error.exitCode, ExitCode.usage);
            assert.match(error.message, /9\.9\.9/);
            return true;
        });
    });

    it("ends by a signal, with its reason", async () => {
        const abort = new AbortController();
        const reason = new Error("the pipeline was cancelled");
        const run = preview("lab", { lab: lab.name, engine: "rehearsal", signal: abort.signal });
        for await (const event of run) if (event.kind === "resource") abort.abort(reason);
        await assert.rejects(run.result);
        await assert.rejects(preview("lab", { signal: abort.signal }).result, reason);
    });

    it("has an example that previews a stack, and ends as the CLI would", async () => {
        const example = path.join(projectRoot, "examples", "preview.ts");
        const run = (...args: string[]): ReturnType<typeof exec> =>
            exec(process.execPath, ["--require", "./bin/typescript.js", example, ...args], { cwd: projectRoot });
        const { stdout } = await run("lab", lab.name);
        assert.match(stdout, /^create registry-harbor$/m);
        assert.match(stdout, /^lab: \d+ to change$/m);
        await assert.rejects(run("nowhere"), (error: unknown) => {
            assert.ok(error instanceof ExecFailure);
            assert.equal(error.exitCode, ExitCode.usage);
            assert.match(error.stderr, /there is no stack "nowhere"/);
            return true;
        });
    });

    it("has an example that says how it is used", async () => {
        const example = path.join(projectRoot, "examples", "release.ts");
        const run = exec(process.execPath, ["--require", "./bin/typescript.js", example], { cwd: projectRoot });
        await assert.rejects(run, (error: unknown) => {
            assert.ok(error instanceof ExecFailure);
            assert.equal(error.exitCode, 2);
            assert.match(error.stderr, /usage: node --require \.\/bin\/typescript\.js examples\/release\.ts <stack>/);
            return true;
        });
    });
});
