import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { projectRoot } from "../../../lib/home";
import { contractTarget } from "./target";

const page = readFileSync(path.join(projectRoot, "docs", "harbor-contract.md"), "utf8");
const suite = path.join(projectRoot, "test", "harbor", "contract");

/** Commands that run tests, as they stand on the page. */
const commands = [...page.matchAll(/```sh\n(.*?)```/gs)]
    .flatMap(([, text = ""]) => text.trim().split("\n"))
    .filter((line) => line.startsWith("npx mocha"));

function run(command: string, env: NodeJS.ProcessEnv): Promise<{ code: number | null; output: string }> {
    return new Promise((resolve, reject) => {
        const child = spawn("/bin/sh", ["-c", command], { cwd: projectRoot, env: { ...process.env, ...env } });
        let output = "";
        for (const stream of [child.stdout, child.stderr]) {
            stream.on("data", (text: Buffer) => (output += text.toString("utf8")));
        }
        child.once("error", reject);
        child.once("close", (code) => resolve({ code, output }));
    });
}

describe("docs/harbor-contract.md", function () {
    this.timeout(120_000);

    it("has a row for each file of the suite", () => {
        const files = readdirSync(suite).filter((file) => file.endsWith(".spec.ts") && file !== "page.spec.ts");
        const rows = [...page.matchAll(/^\| `([\w-]+\.spec\.ts)` /gm)].map(([, file]) => file);
        assert.deepEqual(rows, files.sort());
    });

    it("names each test that the stand-in does not pass, with its reason", () => {
        const reasons = [...page.matchAll(/^\| .+? +\| (the stand-in.+?) +\|$/gm)].map(([, reason]) => reason);
        const files = [
            ...readdirSync(suite).map((file) => path.join(suite, file)),
            path.join(suite, "../client/live.spec.ts"),
        ];
        const used = files
            .filter((file) => file.endsWith(".spec.ts") && !file.endsWith("page.spec.ts"))
            .flatMap((file) => [...readFileSync(file, "utf8").matchAll(/"(the stand-in[^"]+)"/g)])
            .map(([, reason]) => reason);
        assert.ok(reasons.length > 0);
        assert.deepEqual(reasons.sort(), used.sort());
    });

    it("has commands that find the tests", async () => {
        assert.equal(commands.length, 2);
        for (const command of commands) {
            const { code, output } = await run(`${command} --dry-run`, {
                HARBOR_URL: "http://127.0.0.1:9",
                HARBOR_PASSWORD: "x",
            });
            assert.equal(code, 0, output);
            assert.match(output, /[1-9]\d* passed, 0 failed/);
        }
    });

    it("has a command that runs them on the Harbor that it is given", async () => {
        const target = await contractTarget();
        const command = commands.at(-1) ?? "";
        const right = await run(command, { HARBOR_URL: target.url, HARBOR_PASSWORD: target.password });
        assert.equal(right.code, 0, right.output);
        const wrong = await run(command, { HARBOR_URL: target.url, HARBOR_PASSWORD: "wrong" });
        assert.notEqual(wrong.code, 0);
    });
});
