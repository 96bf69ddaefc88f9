import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { likelyOperation } from "../../../../automation/engines/rehearsal/early";
import { exec } from "../../../../lib/exec";
import { projectRoot } from "../../../../lib/home";
import { isRunning } from "../../../../lib/processes";
import { waitFor } from "../../../../lib/wait";

describe("automation/engines/rehearsal/early", () => {
    let home: string;
    before(async () => (home = await mkdtemp(path.join(tmpdir(), "anchorage-test-"))));
    after(() => rm(home, { recursive: true }));
    const guess = (line: string): string | undefined =>
        likelyOperation(line.split(" "), { PATH: home, PULUMI_HOME: home }, home);

    const table: readonly (readonly [string, string | undefined])[] = [
        ["up --yes", "first up"],
        ["up -y --stack lab --engine rehearsal", "first up"],
        ["up", "update"],
        ["start", "first up"],
        ["start --engine pulumi", undefined],
        ["preview --stack=lab", "update"],
        ["up --stack public-ha --lab --yes", "first up"],
        ["up --stack public --yes", undefined],
        ["up -s dev", undefined],
        ["up --engine pulumi --yes", undefined],
        ["up --help", undefined],
        ["destroy --yes", undefined],
        ["lab status", undefined],
    ];
    for (const [line, expected] of table) {
        it(`guesses ${expected ?? "nothing"} of ${line}`, () => assert.equal(guess(line), expected));
    }

    it("guesses an update where the stack has resources on record", async () => {
        const record = path.join(home, "state", "anchorage", "kept@rehearsal.json");
        await mkdir(path.dirname(record), { recursive: true });
        await writeFile(record, "{}");
        assert.equal(guess("up --stack kept --lab --yes"), "first up", "as destroy leaves it");
        await writeFile(record, JSON.stringify({ resources: Array(100).fill("a resource of this stack") }));
        assert.equal(guess("up --stack kept --lab --yes"), "update");
        assert.equal(guess("up --stack kep --lab --yes"), "first up", "another stack's");
    });

    it("guesses nothing where a pulumi CLI would be taken, unless the rehearsal is asked for", async () => {
        const bin = path.join(home, "bin");
        await mkdir(bin);
        await writeFile(path.join(bin, "pulumi"), "");
        await chmod(path.join(bin, "pulumi"), 0o755);
        assert.equal(guess("up --yes"), undefined);
        assert.equal(guess("up --yes --engine rehearsal"), "first up");
    });

    it("leaves no process behind when nobody takes the one that was started", async () => {
        const script = `
            require(${JSON.stringify(path.join(projectRoot, "bin", "typescript.js"))});
            const { startEarly, engineProcess } = require("./automation/engines/rehearsal/process.ts");
            startEarly({ modules: [], certificates: true });
            const taken = engineProcess("up"), other = engineProcess("up");
            console.log(taken.pid, other.pid);
            taken.disconnect();
            other.disconnect();
            startEarly();
            console.log(engineProcess("refresh").pid);
            process.exit(0);`;
        const { stdout } = await exec(process.execPath, ["--eval", script], { cwd: projectRoot });
        const pids = stdout.trim().split(/\s+/).map(Number);
        assert.equal(new Set(pids).size, 3, "each operation has a process of its own");
        await waitFor(() => Promise.resolve(pids.some(isRunning) ? undefined : true), {
            what: "the processes to end",
            timeoutMs: 20_000,
        });
    });

    it("keeps nobody waiting who never took the one that was started, as after a refusal", async () => {
        const script = `
            require(${JSON.stringify(path.join(projectRoot, "bin", "typescript.js"))});
            require("./automation/engines/rehearsal/process.ts").startEarly();`;
        await exec(process.execPath, ["--eval", script], { cwd: projectRoot, timeoutMs: 20_000 });
    });
});
