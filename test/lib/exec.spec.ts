import assert from "node:assert/strict";
import { exec, ExecFailure } from "../../lib/exec";
import { projectRoot } from "../../lib/home";
import { isRunning } from "../../lib/processes";
import { waitFor } from "../../lib/wait";

describe("exec", () => {
    it("gives what was printed, and passes input, folder and environment", async () => {
        const script = 'read line; echo "$line $COLOUR"; pwd; echo aside >&2';
        const result = await exec("sh", ["-c", script], { input: "hello\n", env: { COLOUR: "blue" }, cwd: "/" });
        assert.equal(result.stdout, "hello blue\n/");
        assert.equal(result.stderr, "aside");
    });

    it("gives each line as it comes", async () => {
        const lines: string[] = [];
        await exec("sh", ["-c", "echo a; echo b >&2"], { onLine: (line, stream) => lines.push(`${stream} ${line}`) });
        assert.deepEqual(lines.sort(), ["stderr b", "stdout a"]);
    });

    it("fails with the code and the end of what was printed", async () => {
        await assert.rejects(
            exec("sh", ["-c", "echo reason >&2; exit 7"]),
            (error: unknown) =>
                error instanceof ExecFailure &&
                error.exitCode === 7 &&
                error.message === "sh ended with exit code 7: reason",
        );
    });

    it("says when there is no such program", async () => {
        await assert.rejects(
            exec("anchorage-no-such-program", []),
            (error: unknown) =>
                error instanceof ExecFailure && error.code === "ENOENT" && error.message.includes("no such program"),
        );
    });

    it("says which signal ended it", async () => {
        await assert.rejects(exec("sh", ["-c", "kill -KILL $$"]), /sh was ended by SIGKILL/);
    });

    it("starts nothing once it is aborted", async () => {
        const run = exec("sh", ["-c", "echo started"], { signal: AbortSignal.abort() });
        await assert.rejects(run, (error: unknown) => error instanceof ExecFailure && error.stdout === "");
    });

    it("ends the program with this process", async () => {
        const script = `
            const { exec } = require("./lib/exec.ts");
            void exec("sleep", ["600"], { onStart: (pid) => { console.log(pid); process.exit(0); } });`;
        const { stdout } = await exec(process.execPath, ["--require", "./bin/typescript.js", "--eval", script], {
            cwd: projectRoot,
        });
        const pid = Number(stdout);
        assert.ok(pid > 0);
        await waitFor(() => (isRunning(pid) ? undefined : true), {
            what: "the program to end",
            timeoutMs: 5_000,
        });
    });

    it("ends the program when it is aborted or out of time", async () => {
        const controller = new AbortController();
        const running = exec("sleep", ["60"], { signal: controller.signal });
        controller.abort();
        await assert.rejects(running, /was cancelled/);
        await assert.rejects(exec("sleep", ["60"], { timeoutMs: 50 }), /took longer than 50 ms/);
    });
});
