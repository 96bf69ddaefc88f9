import assert from "node:assert/strict";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { exec, ExecFailure } from "../../lib/exec";
import { projectRoot } from "../../lib/home";

/** `bin/typescript.js` in a project of its own: what is run is always what stands in the source. */
describe("bin/typescript", () => {
    let root: string;
    let kept: string;

    before(() => {
        root = mkdtempSync(path.join(tmpdir(), "anchorage-typescript-"));
        kept = path.join(root, "node_modules", ".cache", "anchorage");
        cpSync(path.join(projectRoot, "bin"), path.join(root, "bin"), { recursive: true });
        for (const name of ["esbuild", "@esbuild"])
            cpSync(path.join(projectRoot, "node_modules", name), path.join(root, "node_modules", name), {
                recursive: true,
            });
        chmodSync(root, 0o755);
    });

    beforeEach(() => rmSync(kept, { recursive: true, force: true }));

    after(() => rmSync(root, { recursive: true, force: true }));

    function write(source: string): void {
        writeFileSync(path.join(root, "program.ts"), source);
    }

    async function run(options: { env?: Record<string, string>; uid?: number } = {}): Promise<string> {
        const args = ["--require", "./bin/typescript.js", "program.ts"];
        if (options.uid === undefined)
            return (await exec(process.execPath, args, { cwd: root, env: options.env ?? {} })).stdout.trim();
        const drop = `process.setgid(${String(options.uid)}); process.setuid(${String(options.uid)}); require("./bin/typescript.js"); require("./program.ts");`;
        return (await exec(process.execPath, ["--eval", drop], { cwd: root })).stdout.trim();
    }

    const files = (): string[] => readdirSync(kept).sort();

    it("runs a file without its types, and keeps what was made of it for the next time", async () => {
        write(`const answer: number = 42; interface Unused { a: string }; console.log(answer);`);
        assert.equal(await run(), "42");
        const [code = "", map = ""] = files();
        assert.equal(map, `${code}.map`);
        const changed = path.join(kept, code);
        const { stdout: seal } = await exec("tail", ["-n", "1", changed]);
        writeFileSync(changed, `console.log("kept");\n${seal}\n`);
        assert.equal(await run(), "kept");
    });

    it("sees an edit of the same length at the same time, and keeps one translation of a file", async () => {
        write(`console.log("one" as string);`);
        assert.equal(await run(), "one");
        write(`console.log("two" as string);`);
        assert.equal(await run(), "two");
        assert.equal(files().length, 2);
    });

    it("translates anew what was cut short", async () => {
        write(`console.log("whole" as string);`);
        await run();
        writeFileSync(path.join(kept, files()[0] ?? ""), "// half");
        assert.equal(await run(), "whole");
    });

    it("imports packages when they are asked for, once", async () => {
        mkdirSync(path.join(root, "node_modules", "counted"), { recursive: true });
        writeFileSync(
            path.join(root, "node_modules", "counted", "index.js"),
            `globalThis.loaded = (globalThis.loaded ?? 0) + 1; exports.value = 7;`,
        );
        write(`import { value } from "counted";
            void import("counted").then((late: { value: number }) => console.log(value, late.value, (globalThis as { loaded?: number }).loaded));`);
        assert.equal(await run(), "7 7 1");
    });

    it("says where an error is, in the source, when it is asked to", async () => {
        write(
            `interface A { b: string }\n\ninterface C { d: A }\nthrow new Error("here" satisfies string as string & C["d"]["b"]);`,
        );
        const trace = async (env: Record<string, string>): Promise<string> => {
            try {
                return await run({ env });
            } catch (error) {
                assert.ok(error instanceof ExecFailure);
                return error.stderr;
            }
        };
        assert.match(await trace({ ANCHORAGE_DEBUG: "1" }), /program\.ts:4:7/);
        assert.doesNotMatch(await trace({}), /program\.ts:4:/);
    });

    it("names the file and the line of what is no TypeScript", async () => {
        write(`const a: = 1;`);
        await assert.rejects(run(), (error: unknown) => {
            assert.ok(error instanceof ExecFailure);
            assert.match(error.stderr, /program\.ts:1:9: ERROR/);
            return true;
        });
    });

    it("goes on where it may not keep anything", async function () {
        rmSync(path.dirname(kept), { recursive: true, force: true });
        if (process.getuid?.() !== 0) {
            chmodSync(path.join(root, "node_modules"), 0o555);
            write(`console.log("not kept" as string);`);
            assert.equal(await run(), "not kept");
            chmodSync(path.join(root, "node_modules"), 0o755);
            return;
        }
        write(`console.log("not kept" as string);`);
        assert.equal(await run({ uid: 65534 }), "not kept");
        assert.ok(!existsSync(kept));
    });
});
