import { mkdir, rename, rm } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import path from "node:path";
import { UserError } from "../../lib/errors";
import { type Exec, ExecFailure, type ExecResult } from "../../lib/exec";
import type { ToolEntry } from "./catalogue";
import { diskFull, givenVariable } from "./failures";
import type { ToolPin } from "./pin";

export interface BuildDoor {
    readonly exec: Exec;
    readonly env: NodeJS.ProcessEnv;
    readonly signal: AbortSignal | undefined;
    readonly onStep: (step: BuildStep) => void;
    /** Why no release was taken, for the error's text. */
    readonly noRelease: string;
}

export interface BuildStep {
    /** Modules downloaded so far. */
    readonly downloaded: number;
    /** Packages compiled so far; those in Go's build cache do not count. */
    readonly compiled: number;
    /** Packages that the binaries are made of, once Go has listed them. */
    readonly total: number | undefined;
    /** The latest module or package. */
    readonly latest: string;
}

/** Packages that a server spends little of its time in. */
const seldomRun = [
    ...["github.com/...", "cloud.google.com/...", "google.golang.org/api/..."],
    ...["k8s.io/client-go/...", "k8s.io/kubernetes/..."],
];

/**
 * The linker leaves a debugger's tables out (-w): to write none takes a tenth of the time. Nothing is inlined (-l) where an
 * API server was seen to be no slower for it: a fifth of the compilers' time. The last pattern that matches counts.
 */
const compilerFlags = [
    "-gcflags=all=-dwarf=false",
    ...seldomRun.map((packages) => `-gcflags=${packages}=-dwarf=false -l`),
];

/**
 * Builds a tool's binaries from its pinned module into the folder. go.sum has the digest of every module, so
 * Go refuses anything else, wherever it comes from.
 */
export async function buildTool(entry: ToolEntry, pin: ToolPin, folder: string, door: BuildDoor): Promise<void> {
    const step = { downloaded: 0, compiled: 0, total: undefined as number | undefined };
    const onLine = (line: string, stream: "stdout" | "stderr"): void => {
        if (stream === "stdout") return;
        const module = /^go: downloading (.+)$/.exec(line)?.[1];
        if (module !== undefined) step.downloaded += 1;
        else if (isPackage(line)) step.compiled += 1;
        else return;
        door.onStep({ ...step, latest: module ?? line });
    };
    // In our folder, so that it goes with it: a Go that is killed leaves gigabytes there.
    const scratch = path.join(folder, ".go-build");
    await mkdir(scratch);
    const go = async (...args: readonly string[]): Promise<ExecResult> => {
        try {
            const env = buildEnvironment(pin, scratch, door.env);
            return await door.exec("go", args, { cwd: entry.folder, env, signal: door.signal, onLine });
        } catch (error) {
            door.signal?.throwIfAborted();
            if (!(error instanceof ExecFailure)) throw error;
            throw await explain(error, entry, pin, folder, door);
        }
    };
    // Fetches the modules, which the build would do else, and costs seconds of its minutes.
    step.total = (await go("list", "-mod=readonly", "-deps", "tool")).stdout.split("\n").length;
    await go(
        ...["build", "-v", "-mod=readonly", "-buildvcs=false", "-trimpath", "-ldflags", pin.ldflags],
        ...compilerFlags,
        ...["-o", `${folder}${path.sep}`, "tool"],
    );
    await rm(scratch, { recursive: true });
    for (const { name, builtAs } of entry.binaries) {
        if (builtAs !== undefined) await rename(path.join(folder, builtAs), path.join(folder, name));
    }
}

function buildEnvironment(pin: ToolPin, scratch: string, env: NodeJS.ProcessEnv): Record<string, string> {
    return {
        ...(env["PATH"] === undefined ? {} : { PATH: env["PATH"] }),
        GOOS: pin.target.os,
        GOARCH: pin.target.arch,
        CGO_ENABLED: "0",
        // Not "": Go would then take the flags that `go env -w` has stored.
        GOFLAGS: "-mod=readonly",
        GO111MODULE: "on",
        GOTMPDIR: env["GOTMPDIR"] ?? scratch,
        ...collection(env),
        // A go.work in a folder above this one is somebody else's.
        GOWORK: "off",
    };
}

/**
 * Most compilers end before they would run out of memory: to collect their garbage takes a quarter of the time. Where one
 * has taken its share of half the machine's, between 1 and 2 GiB, it collects after all. What the user sets goes before.
 */
function collection(env: NodeJS.ProcessEnv): Record<string, string> {
    const gogc = env["GOGC"];
    if (gogc !== undefined) return { GOGC: gogc };
    const gib = 1024 ** 3;
    const share = Math.min(2 * gib, Math.max(gib, totalmem() / 2 / availableParallelism()));
    return { GOGC: "off", GOMEMLIMIT: env["GOMEMLIMIT"] ?? String(Math.round(share)) };
}

/** `go build -v` prints one import path a line; everything else is a message. */
function isPackage(line: string): boolean {
    return /^[\w.\-~+]+(\/[\w.\-~+]+)*$/.test(line);
}

const networkTrouble =
    /dial tcp|no such host|i\/o timeout|connection (?:refused|reset)|network is unreachable|TLS handshake|proxyconnect|GOPROXY=off|lookup .* on /i;
const goTooOld =
    /requires go >= |toolchain not available|invalid go version|unknown directive: (?:tool|toolchain)|download go1/;

/** What the failure of `go build` means to whoever started the lab. */
async function explain(
    failure: ExecFailure,
    entry: ToolEntry,
    pin: ToolPin,
    folder: string,
    door: BuildDoor,
): Promise<UserError> {
    const what = `${entry.name} ${pin.target.version}`;
    const messages = failure.stderr
        .split("\n")
        .filter((line) => line.trim() !== "" && !isPackage(line) && !line.startsWith("go: downloading "));
    const details = [`release: ${door.noRelease}`, ...messages.slice(-5).map((line) => `go: ${line.trim()}`)];
    const given = `or give the binaries: ${entry.binaries.map(({ name }) => `${givenVariable(name)}=<file>`).join(" ")}`;
    if (failure.code === "ENOENT") {
        return new UserError(`${what} can be neither downloaded nor built: there is no Go on this machine`, {
            details,
            next: [`install Go ${pin.goVersion} or newer (https://go.dev/dl/) and have it on PATH`, given],
            cause: failure,
        });
    }
    const text = failure.stderr;
    if (/no space left on device|disk quota exceeded/i.test(text)) {
        return diskFull(path.dirname(path.dirname(folder)), messages.slice(-1).join(""), failure);
    }
    if (goTooOld.test(text)) {
        return new UserError(`${what} needs Go ${pin.goVersion}; here is ${await goVersion(door)}`, {
            details,
            next: [
                `install Go ${pin.goVersion} or newer (https://go.dev/dl/); from 1.21 on, Go fetches it by itself ` +
                    'where it has a network and GOTOOLCHAIN is not "local"',
                given,
            ],
            cause: failure,
        });
    }
    if (networkTrouble.test(text)) {
        return new UserError(`${what} can be neither downloaded nor built: Go does not reach its modules`, {
            details,
            next: [
                "check the network; behind a proxy set HTTPS_PROXY, with a module mirror set GOPROXY",
                'or copy the cache folder of a machine that has it (docs/lab-tools.md, "Without a network")',
                given,
            ],
            cause: failure,
        });
    }
    return new UserError(`${what} does not build: ${failure.message.split("\n")[0] ?? ""}`, {
        details,
        next: [`see all of it: cd ${entry.folder} && go build -mod=readonly -o /dev/null tool`, given],
        cause: failure,
    });
}

async function goVersion(door: BuildDoor): Promise<string> {
    // "local": otherwise an old Go would try to fetch the newer one that go.mod asks for, again.
    const { stdout } = await door.exec("go", ["version"], {
        env: { ...(door.env["PATH"] === undefined ? {} : { PATH: door.env["PATH"] }), GOTOOLCHAIN: "local" },
        signal: door.signal,
    });
    return stdout.trim().replace(/^go version /, "");
}
