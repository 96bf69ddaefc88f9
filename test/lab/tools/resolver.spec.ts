import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../../lib/errors";
import { exec } from "../../../lib/exec";
import { readFileIfPresent } from "../../../lib/files";
import { projectRoot } from "../../../lib/home";
import { isRunning } from "../../../lib/processes";
import { waitFor } from "../../../lib/wait";
import { type ResolvedBinary, resolveTools } from "../../../lab/tools/resolver";
import { ToolBench } from "../../support/lab-tools";
import { unexpected } from "../../support/fakes";

describe("lab tools", () => {
    let bench: ToolBench;

    beforeEach(async () => {
        bench = await ToolBench.make();
    });

    afterEach(async () => {
        await bench.remove();
    });

    const builds = async (): Promise<number> => ((await readFileIfPresent(bench.builds)) ?? "").split("\n").length - 1;

    async function program(name: string, mode = 0o755): Promise<string> {
        const file = path.join(bench.folder, name);
        await writeFile(file, "#!/bin/sh\n", { mode });
        return file;
    }

    it("that are given are taken as they are, and nothing is made", async () => {
        const [alpha, beta] = [await program("a"), await program("b")];
        const env = { ANCHORAGE_TOOL_ALPHA: alpha, ANCHORAGE_TOOL_BETA_TWO: beta };
        const found = await resolveTools(["kwok"], bench.options({ env, exec: unexpected("exec") }));
        assert.deepEqual(found, [
            { name: "alpha", tool: "kwok", version: "unknown", file: alpha, source: "given" },
            { name: "beta-two", tool: "kwok", version: "unknown", file: beta, source: "given" },
        ]);
        await assert.rejects(stat(bench.cache), { code: "ENOENT" });
    });

    it("of which one is given are made without it being replaced", async () => {
        await bench.goThatBuilds();
        const alpha = await program("a");
        const env = { ...bench.options().env, ANCHORAGE_TOOL_ALPHA: alpha, ANCHORAGE_TOOL_BETA_TWO: "" };
        const found = await resolveTools(["kwok"], bench.options({ env }));
        assert.deepEqual(
            found.map(({ source, file }) => [source, file === alpha]),
            [
                ["given", true],
                ["build", false],
            ],
        );
    });

    it("that are given and cannot be run are all named before anything is made", async () => {
        const flat = await program("flat", 0o644);
        const env = { ANCHORAGE_TOOL_ALPHA: flat, ANCHORAGE_TOOL_BETA_TWO: path.join(bench.folder, "nowhere") };
        await assert.rejects(resolveTools(["kwok"], bench.options({ env, exec: unexpected("exec") })), (error) => {
            assert.ok(error instanceof UserError);
            assert.deepEqual(error.details, [
                `ANCHORAGE_TOOL_ALPHA=${flat}: not executable`,
                `ANCHORAGE_TOOL_BETA_TWO=${env.ANCHORAGE_TOOL_BETA_TWO}: there is no such file`,
            ]);
            return true;
        });
    });

    it("are made only when they are asked for", async () => {
        const catalogue = [bench.entry(undefined, "etcd"), bench.entry()];
        await bench.goThatBuilds();
        const found = await resolveTools(["etcd", "etcd"], bench.options({ catalogue }));
        assert.deepEqual(new Set(found.map(({ tool }) => tool)), new Set(["etcd"]));
        assert.equal(found.length, 2);
        assert.deepEqual(await readdir(bench.cache), ["etcd"]);
        assert.deepEqual(await resolveTools([], bench.options({ exec: unexpected("exec") })), []);
    });

    it("are made again when their pin changes, and the old ones stay", async () => {
        await bench.goThatBuilds();
        const [before] = await resolveTools(["kwok"], bench.options());
        await writeFile(path.join(bench.moduleFolder, "go.sum"), "example.com/other v1.0.0 h1:x=\n");
        const [after] = await resolveTools(["kwok"], bench.options());
        assert.equal(after?.source, "build");
        assert.notEqual(after.file, before?.file);
        assert.equal(await builds(), 2);
        assert.equal((await exec(before?.file ?? "", [])).stdout, "built");
    });

    const damages: Record<string, (file: string) => Promise<void>> = {
        "cut off": (file) => truncate(file, 3),
        "not executable any more": (file) => chmod(file, 0o644),
        "a folder": async (file) => {
            await exec("rm", [file]);
            await mkdir(file);
        },
        "gone, with a list that does not name it": async (file) => {
            await exec("rm", [file]);
            await writeFile(path.join(path.dirname(file), "tool.json"), "{}");
        },
        "beside a list that is no JSON": (file) => writeFile(path.join(path.dirname(file), "tool.json"), "{"),
    };
    for (const [name, damage] of Object.entries(damages)) {
        it(`one of which is ${name} in the cache are made again`, async () => {
            await bench.goThatBuilds();
            const [first] = await resolveTools(["kwok"], bench.options());
            await damage(first?.file ?? "");
            const [again] = await resolveTools(["kwok"], bench.options());
            assert.deepEqual(again, first);
            assert.equal((await exec(again?.file ?? "", [])).stdout, "built");
            assert.equal(await builds(), 2);
            const left = await readdir(path.join(bench.cache, "kwok"));
            assert.deepEqual(left, [path.basename(path.dirname(first?.file ?? ""))]);
        });
    }

    it("in a cache that cannot be written are an error that names the folder and the variable", async () => {
        await writeFile(bench.cache, "a file in the way");
        await assert.rejects(resolveTools(["kwok"], bench.options({ exec: unexpected("exec") })), (error) => {
            assert.ok(error instanceof UserError);
            assert.ok(error.message.startsWith(`the cache folder ${bench.cache} cannot be written: `), error.message);
            assert.match(error.render(), /ANCHORAGE_CACHE/);
            return true;
        });
    });

    it("on a full disk are an error that names the folder and the variable, and nothing is left", async () => {
        const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
        const options = bench.options({ exec: () => Promise.reject(full) });
        await assert.rejects(resolveTools(["kwok"], options), (error) => {
            assert.ok(error instanceof UserError);
            assert.equal(error.message, `no space left for the lab's binaries in ${bench.cache}`);
            assert.match(error.render(), /ANCHORAGE_CACHE/);
            return true;
        });
        assert.deepEqual(await readdir(path.join(bench.cache, "kwok")), []);
    });

    it("are given up in the middle of a build when the signal says so", async () => {
        await bench.go(`echo $$ > ${bench.builds}; exec sleep 60`);
        const cancel = new AbortController();
        const running = resolveTools(["kwok"], bench.options({ signal: cancel.signal }));
        void started(bench).then(() => {
            cancel.abort(new Error("enough"));
        });
        await assert.rejects(running, /enough/);
        assert.deepEqual(await readdir(path.join(bench.cache, "kwok")), []);
        assert.deepEqual(await readdir(bench.cache), ["kwok"], "the lock is released");
        const pid = Number(await readFile(bench.builds, "utf8"));
        assert.equal(isRunning(pid), false, "go is ended");
    });

    it("asked for by two processes at once are built once, and the second says whom it waits for", async () => {
        const go = path.join(bench.folder, "go-on");
        await bench.goThatBuilds(`while [ ! -e ${go} ]; do sleep 0.02; done`);
        const first = child(bench);
        await started(bench);
        const second = child(bench);
        await waitFor(() => (second.text().includes("waiting") ? true : undefined), {
            what: "the second process to wait",
            timeoutMs: 10_000,
            describe: second.text,
        });
        assert.match(second.text(), new RegExp(`waiting for process ${String(first.process.pid)} on `));
        await writeFile(go, "");
        const [one, two] = [await first.result(), await second.result()];
        assert.equal(await builds(), 1);
        assert.deepEqual(
            one.map(({ source }) => source),
            ["build", "build"],
        );
        assert.deepEqual(
            two,
            one.map((binary) => ({ ...binary, source: "cache" })),
        );
    });

    it("whose build is killed leave nothing that is taken for whole, and the next run makes them", async () => {
        const pid = path.join(bench.folder, "pid");
        await bench.goThatBuilds(
            `printf '#!/bin/sh\\necho half' > "$out/alpha"; echo $$ > ${pid}.new; mv ${pid}.new ${pid}; exec sleep 60`,
        );
        const killed = child(bench);
        const goPid = Number(
            await waitFor(() => readFileIfPresent(pid), { what: "the build to begin", timeoutMs: 10_000 }),
        );
        killed.process.kill("SIGKILL");
        await once(killed.process, "exit");
        process.kill(goPid, "SIGKILL");
        const left = await readdir(path.join(bench.cache, "kwok"));
        assert.equal(left.length, 1);
        assert.match(left[0] ?? "", /^\.partial-/);

        await bench.goThatBuilds();
        const found = await resolveTools(["kwok"], bench.options());
        assert.equal(found[0]?.source, "build");
        assert.equal((await exec(found[0].file, [])).stdout, "built");
        const folders = await readdir(path.join(bench.cache, "kwok"));
        assert.deepEqual(folders, [path.basename(path.dirname(found[0].file))]);
        assert.deepEqual(await readdir(bench.cache), ["kwok"]);
    });
});

/** Waits until the script named `go` has written its line. */
async function started(bench: ToolBench): Promise<void> {
    const line = async (): Promise<true | undefined> => ((await readFileIfPresent(bench.builds)) ? true : undefined);
    await waitFor(line, { what: "the build to begin", timeoutMs: 10_000 });
}

/** A process of its own that resolves the bench's tool. */
function child(bench: ToolBench): {
    process: ChildProcess;
    text: () => string;
    result: () => Promise<readonly ResolvedBinary[]>;
} {
    const script = `
        const { resolveTools } = require(${JSON.stringify(path.join(projectRoot, "lab/tools/resolver"))});
        const { exec } = require(${JSON.stringify(path.join(projectRoot, "lib/exec"))});
        const entry = ${JSON.stringify({ ...bench.entry(), stamps: undefined, release: undefined })};
        resolveTools(["kwok"], {
            exec,
            env: { PATH: ${JSON.stringify(bench.programs)}, ANCHORAGE_RELEASES: "off" },
            cacheFolder: ${JSON.stringify(bench.cache)},
            catalogue: [{ ...entry, stamps: (version) => ({ "main.version": version }), release: () => undefined }],
            onProgress: (progress) => console.error(progress.phase, progress.detail),
        }).then((found) => console.log(JSON.stringify(found)));`;
    const running = spawn(process.execPath, ["-r", "./bin/typescript.js", "-e", script], {
        cwd: projectRoot,
        stdio: ["ignore", "pipe", "pipe"],
    });
    let [out, text] = ["", ""];
    running.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    running.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
    const closed = once(running, "close");
    return {
        process: running,
        text: () => text,
        result: async () => {
            await closed;
            assert.equal(running.exitCode, 0, text);
            return JSON.parse(out) as ResolvedBinary[];
        },
    };
}
