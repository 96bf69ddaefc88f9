import assert from "node:assert/strict";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../../lib/errors";
import { type Exec, exec, type ExecOptions, ExecFailure } from "../../../lib/exec";
import type { ToolEntry } from "../../../lab/tools/catalogue";
import { resolveTools } from "../../../lab/tools/resolver";
import { ToolBench } from "../../support/lab-tools";

describe("lab tools from a build", () => {
    let bench: ToolBench;

    beforeEach(async () => {
        bench = await ToolBench.make();
    });

    afterEach(async () => {
        await bench.remove();
    });

    it("are built by Go from the pinned module alone, stamped, without C", async () => {
        const calls: { file: string; args: readonly string[]; options: ExecOptions | undefined }[] = [];
        const fake: Exec = async (file, args, options) => {
            calls.push({ file, args, options });
            if (args[0] === "list") return { stdout: "fmt", stderr: "" };
            const out = args[args.indexOf("-o") + 1] ?? "";
            for (const name of ["alpha", "server"]) await writeFile(path.join(out, name), "");
            return { stdout: "", stderr: "" };
        };
        const found = await resolveTools(["kwok"], bench.options({ exec: fake }));
        assert.deepEqual(
            found.map(({ file }) => path.basename(file)),
            ["alpha", "beta-two"],
        );
        const [list, call, ...more] = calls;
        assert.deepEqual(list?.args, ["list", "-mod=readonly", "-deps", "tool"]);
        assert.deepEqual(list.options?.env, call?.options?.env);
        assert.deepEqual(more, []);
        assert.equal(call?.file, "go");
        const out = call.args[call.args.indexOf("-o") + 1] ?? "";
        assert.deepEqual(call.args, [
            "build",
            "-v",
            "-mod=readonly",
            "-buildvcs=false",
            "-trimpath",
            "-ldflags",
            "-s -w -X main.version=v1.2.3",
            "-gcflags=all=-dwarf=false",
            "-gcflags=github.com/...=-dwarf=false -l",
            "-gcflags=cloud.google.com/...=-dwarf=false -l",
            "-gcflags=google.golang.org/api/...=-dwarf=false -l",
            "-gcflags=k8s.io/client-go/...=-dwarf=false -l",
            "-gcflags=k8s.io/kubernetes/...=-dwarf=false -l",
            "-o",
            out,
            "tool",
        ]);
        assert.equal(path.dirname(out), path.join(bench.cache, "kwok"));
        assert.equal(call.options?.cwd, bench.moduleFolder);
        const { GOOS, GOARCH, GOMEMLIMIT, ...env } = call.options.env ?? {};
        assert.deepEqual(env, {
            PATH: bench.programs,
            CGO_ENABLED: "0",
            GOFLAGS: "-mod=readonly",
            GOWORK: "off",
            GO111MODULE: "on",
            GOTMPDIR: path.join(out, ".go-build"),
            GOGC: "off",
        });
        const limit = Number(GOMEMLIMIT) / 1024 ** 3;
        assert.ok(limit >= 1 && limit <= 2, GOMEMLIMIT);
        assert.deepEqual((await readdir(path.dirname(found[0]?.file ?? ""))).sort(), [
            "alpha",
            "beta-two",
            "tool.json",
        ]);
        assert.match(`${String(GOOS)}/${String(GOARCH)}`, /^(linux|darwin)\/(amd64|arm64)$/);
    });

    it("collect garbage as the user says", async () => {
        const environments: (Record<string, string | undefined> | undefined)[] = [];
        const fake: Exec = (_file, _args, options) => {
            environments.push(options?.env);
            return Promise.reject(new Error("seen"));
        };
        const path = { PATH: bench.programs, ANCHORAGE_RELEASES: "off" };
        for (const set of [{ GOGC: "50" }, { GOMEMLIMIT: "3GiB" }]) {
            await assert.rejects(
                resolveTools(["kwok"], bench.options({ exec: fake, env: { ...path, ...set } })),
                /seen/,
            );
        }
        assert.deepEqual(
            environments.map((env) => [env?.["GOGC"], env?.["GOMEMLIMIT"]]),
            [
                ["50", undefined],
                ["off", "3GiB"],
            ],
        );
    });

    it("tell how far they are", async () => {
        await bench.go(
            [
                "echo 'go: downloading example.com/x v1.0.0' >&2",
                "sleep 0.6", // progress is told at most twice a second
                "echo example.com/x/y >&2",
                `printf x > "$out/alpha"; cp "$out/alpha" "$out/server"`,
            ].join("\n"),
        );
        await resolveTools(["kwok"], bench.options());
        const told = bench.progress.map(({ phase, detail }) => `${phase} ${detail.replace(/\d+ s$/, "N s")}`);
        assert.equal(
            told[0],
            "building kwok v1.2.3 from its Go module; release: none with a checksum for this machine",
        );
        // The line before it comes within half a second or not, as busy as the machine is.
        assert.deepEqual(told.slice(-2), [
            "building 1 of 3 packages compiled, 1 modules downloaded: example.com/x/y",
            "done kwok v1.2.3 built in N s",
        ]);
    });

    it("are real programs", async function () {
        if (!(await hasGo())) this.skip(); // no Go 1.24 or newer on this machine
        const source = path.join(bench.moduleFolder, "tiny");
        const main = 'package main\n\nvar version = "none"\n\nfunc main() { println(version) }\n';
        for (const name of ["alpha", "server"]) {
            await mkdir(path.join(source, "cmd", name), { recursive: true });
            await writeFile(path.join(source, "cmd", name, "main.go"), main);
        }
        await writeFile(path.join(source, "go.mod"), "module example.com/tiny\n\ngo 1.24.0\n");
        const tools = "tool (\n\texample.com/tiny/cmd/alpha\n\texample.com/tiny/cmd/server\n)\n";
        await writeFile(
            path.join(bench.moduleFolder, "go.mod"),
            `module anchorage/tiny\n\ngo 1.24.0\n\nrequire example.com/tiny v1.2.3\n\n${tools}\nreplace example.com/tiny => ./tiny\n`,
        );
        const env = { PATH: process.env["PATH"], ANCHORAGE_RELEASES: "off" };
        const found = await resolveTools(["kwok"], bench.options({ env }));
        for (const { file, source: from } of found) {
            assert.equal(from, "build");
            assert.equal((await exec(file, [])).stderr, "v1.2.3");
        }
    });

    const failures: Record<string, { script: string; message: RegExp; says: RegExp[] }> = {
        "Go is too old to fetch a newer one": {
            script: "echo 'go: go.mod requires go >= 1.24.0 (running go 1.20.1; GOTOOLCHAIN=local)' >&2; exit 1",
            message: /^kwok v1\.2\.3 needs Go 1\.24\.0; here is go1\.20\.1 linux\/amd64$/,
            says: [/install Go 1\.24\.0 or newer/],
        },
        "Go is so old that it does not know go.mod": {
            script: "echo \"go: errors parsing go.mod:\ngo.mod:3: invalid go version '1.24.0': must match format 1.23\" >&2; exit 1",
            message: /^kwok v1\.2\.3 needs Go 1\.24\.0; here is go1\.20\.1/,
            says: [/install Go/],
        },
        "there is no network": {
            script: "echo 'go: example.com/x@v1.0.0: Get \"https://m.example/x\": dial tcp: lookup m.example: no such host' >&2; exit 1",
            message: /^kwok v1\.2\.3 can be neither downloaded nor built: Go does not reach its modules$/,
            says: [/release: none with a checksum/, /go: .*no such host/, /GOPROXY/, /ANCHORAGE_TOOL_BETA_TWO=<file>/],
        },
        "the disk is full": {
            script: "echo example.com/x >&2; echo 'write /tmp/go-build1/b001: no space left on device' >&2; exit 1",
            message: /^no space left for the lab's binaries in .*\/cache$/,
            says: [/write \/tmp\/go-build1/, /GOTMPDIR/],
        },
        "a module is not what go.sum says": {
            script: "echo 'verifying example.com/x@v1.0.0: checksum mismatch' >&2; echo 'SECURITY ERROR' >&2; exit 1",
            message: /^kwok v1\.2\.3 does not build: go ended with exit code 1/,
            says: [/checksum mismatch/, /SECURITY ERROR/, /go build -mod=readonly/],
        },
    };
    for (const [name, { script, message, says }] of Object.entries(failures)) {
        it(`say so clearly when ${name}`, async () => {
            await bench.go(script);
            const error = await failureOf(resolveTools(["kwok"], bench.options()));
            assert.match(error.message, message);
            for (const part of says) assert.match(error.render(), part);
        });
    }

    it("say so clearly when there is neither Go nor a release", async () => {
        const entry: ToolEntry = bench.entry([
            { url: "http://x.example/a", checksumUrl: "http://x.example/a.sha256", holds: "alpha" },
        ]);
        const options = bench.options({
            catalogue: [entry],
            env: { PATH: bench.programs }, // an empty folder
            fetch: () => Promise.reject(new TypeError("fetch failed", { cause: { code: "ENOTFOUND" } })),
        });
        const error = await failureOf(resolveTools(["kwok"], options));
        assert.equal(error.message, "kwok v1.2.3 can be neither downloaded nor built: there is no Go on this machine");
        assert.ok(error.cause instanceof ExecFailure);
        assert.match(error.render(), /release: http:\/\/x\.example\/a\.sha256: ENOTFOUND/);
        assert.match(error.render(), /install Go 1\.24\.0 or newer/);
        assert.match(error.render(), /ANCHORAGE_TOOL_ALPHA=<file> ANCHORAGE_TOOL_BETA_TWO=<file>/);
    });
});

async function failureOf(work: Promise<unknown>): Promise<UserError> {
    const error: unknown = await work.then(
        () => undefined,
        (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof UserError, String(error));
    return error;
}

async function hasGo(): Promise<boolean> {
    try {
        const { stdout } = await exec("go", ["version"]);
        const [, minor] = /go1\.(\d+)/.exec(stdout) ?? [];
        return Number(minor) >= 24;
    } catch (error) {
        if (error instanceof ExecFailure && error.code === "ENOENT") return false;
        throw error;
    }
}
