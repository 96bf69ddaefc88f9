import assert from "node:assert/strict";
import {
    chmodSync,
    cpSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    statSync,
    writeFileSync,
} from "node:fs";
import Module from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { exec, ExecFailure } from "../../lib/exec";
import { projectRoot } from "../../lib/home";

/** Node's own cache from 22 on, whose files are Node's business. */
const byNode = "enableCompileCache" in Module;

/** `bin/code-cache.js` in a project of its own: what is run is always what stands in the source. */
describe("bin/code-cache", () => {
    let root: string;
    let kept: string;

    before(() => {
        root = mkdtempSync(path.join(tmpdir(), "anchorage-code-cache-"));
        kept = path.join(root, "node_modules", ".cache", "anchorage-v8");
        mkdirSync(path.join(root, "bin"));
        for (const name of ["code-cache.js", "kept.js"])
            cpSync(path.join(projectRoot, "bin", name), path.join(root, "bin", name));
    });

    beforeEach(() => rmSync(kept, { recursive: true, force: true }));

    after(() => rmSync(root, { recursive: true, force: true }));

    const write = (source: string, file = "program.js"): void => writeFileSync(path.join(root, file), source);
    const run = async (flags: readonly string[] = [], env: Record<string, string> = {}): Promise<string> => {
        const args = [...flags, "--require", "./bin/code-cache.js", "program.js"];
        return (await exec(process.execPath, args, { cwd: root, env })).stdout.trim();
    };
    const folders = (): string[] => readdirSync(kept).map((name) => path.join(kept, name));
    const files = (): string[] =>
        folders().flatMap((folder) => readdirSync(folder).map((name) => path.join(folder, name)));

    it("gives a file all that Node gives it", async () => {
        write(
            `exports.name = "other"; exports.isMain = require.main === module; exports.from = module.parent.id;`,
            "other.js",
        );
        write(`#!/usr/bin/env node\nrequire("./second");`);
        write(
            `const other = require("./other");
            console.log(JSON.stringify([this === exports, other.name, other.isMain, require("path").relative(__dirname, other.from),
                require("path").basename(__filename), require.main.filename.endsWith("program.js"),
                require.resolve("./other") in require.cache, require.resolve.paths("x").length > 0, typeof require.extensions]));`,
            "second.js",
        );
        const expected = JSON.stringify([true, "other", false, "second.js", "second.js", true, true, true, "object"]);
        assert.equal(await run(), expected);
        assert.equal(await run(), expected);
    });

    it("leaves to Node what calls import(), and what is a module", async () => {
        write(`exports.value = 7;`, "late.js");
        write(
            `void import("./late.js").then(({ default: late }) => console.log(late.value, require("./module.js").value));`,
        );
        write(`export const value = 8;`, "module.js");
        for (const time of ["first", "again"]) assert.equal(await run(), "7 8", time);
    });

    it("keeps what was made of a file, and makes it anew of an edit", async () => {
        write(`console.log("one");`);
        assert.equal(await run(), "one");
        assert.equal(await run(), "one");
        write(`console.log("two");`);
        assert.equal(await run(), "two");
        if (!byNode) assert.equal(files().length, 1);
    });

    it("says where an error is, from what is kept too", async () => {
        write(`\n\nthrow new Error("here");`);
        for (const time of ["first", "again"])
            await assert.rejects(run(), (error: unknown) => {
                assert.ok(error instanceof ExecFailure);
                assert.match(error.stderr, /program\.js:3:7/, time);
                return true;
            });
    });

    describe("on a Node without a cache of its own", () => {
        before(function () {
            if (byNode) this.skip();
        });

        it("uses what is kept, and writes nothing then", async () => {
            write(`console.log("kept");`);
            await run();
            const [file = ""] = files();
            const { mtimeMs, ino } = statSync(file);
            await run();
            assert.deepEqual([statSync(file).mtimeMs, statSync(file).ino], [mtimeMs, ino]);
        });

        it("makes anew what is broken or cut short", async () => {
            write(`console.log("whole");`);
            await run();
            const [file = ""] = files();
            const whole = readFileSync(file);
            const flipped = Buffer.from(whole);
            flipped.writeUInt8(whole.readUInt8(whole.length - 100) ^ 1, whole.length - 100);
            for (const broken of [whole.subarray(0, 40), whole.subarray(0, 10), Buffer.alloc(0), flipped]) {
                writeFileSync(file, broken);
                assert.equal(await run(), "whole");
                assert.equal(readFileSync(file).length, whole.length);
            }
        });

        it("keeps apart what V8 makes with other flags", async () => {
            write(`console.log("flags");`);
            await run();
            await run(["--max-semi-space-size=64"]);
            await run();
            assert.equal(folders().length, 2);
            assert.equal(files().length, 2);
        });

        it("keeps nothing where maps of the sources are read, or coverage is taken", async () => {
            write(`console.log("bare");`);
            assert.equal(await run([], { ANCHORAGE_DEBUG: "1" }), "bare");
            assert.equal(await run([], { NODE_V8_COVERAGE: path.join(root, "coverage") }), "bare");
            assert.deepEqual(readdirSync(path.join(root, "node_modules", ".cache")), []);
        });

        it("goes on where it may not keep anything", async () => {
            write(`console.log("not kept");`);
            mkdirSync(path.dirname(kept), { recursive: true });
            chmodSync(root, 0o755);
            chmodSync(path.dirname(kept), 0o555);
            // What root may not write to does not exist: it becomes somebody else.
            const drop = "if (process.getuid() === 0) { process.setgid(65534); process.setuid(65534); }";
            const program = `${drop} require("./bin/code-cache.js"); require("./program.js");`;
            const { stdout } = await exec(process.execPath, ["--eval", program], { cwd: root });
            assert.equal(stdout.trim(), "not kept");
            assert.deepEqual(readdirSync(path.dirname(kept)), []);
            chmodSync(path.dirname(kept), 0o755);
        });
    });
});
