import { rm } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../lib/errors";
import type { Exec } from "../../lib/exec";
import { cacheHome } from "../../lib/home";
import { withLock } from "../../lib/lock";
import { buildTool } from "./build";
import { install, isInstalled, makePartial, removePartials } from "./cache";
import { toolCatalogue, type ToolEntry, type ToolName } from "./catalogue";
import { inCache, releasesVariable } from "./failures";
import { givenBinaries } from "./given";
import { readPin, thisMachine, type ToolPin } from "./pin";
import { fetchRelease, type ReleaseDoor, ReleaseUnavailable } from "./release";

export type { ToolName } from "./catalogue";

export interface ResolvedBinary {
    /** kube-apiserver */
    readonly name: string;
    readonly tool: ToolName;
    /** As go.mod has it: v1.37.2. Of a given binary: "unknown", for it is run as it is. */
    readonly version: string;
    /** Absolute path. */
    readonly file: string;
    readonly source: "given" | "cache" | "release" | "build";
}

export interface ToolProgress {
    readonly tool: ToolName;
    readonly phase: "downloading" | "building" | "waiting" | "done";
    /** For a human, one line. */
    readonly detail: string;
}

export interface ResolveOptions {
    readonly exec: Exec;
    /** ANCHORAGE_TOOL_<BINARY>, ANCHORAGE_RELEASES and PATH are read from it. */
    readonly env: NodeJS.ProcessEnv;
    /** @default `tools` in {@link cacheHome} */
    readonly cacheFolder?: string;
    /** At most twice a second for each tool. */
    readonly onProgress?: (progress: ToolProgress) => void;
    readonly signal?: AbortSignal;
    /** @default the global one */
    readonly fetch?: typeof fetch;
    /** @default {@link toolCatalogue} */
    readonly catalogue?: readonly ToolEntry[];
    /** Milliseconds that a server has to begin its answer. @default 3000 */
    readonly connectTimeoutMs?: number;
    /** Milliseconds without a byte that end a download. @default 30000 */
    readonly stallTimeoutMs?: number;
    /** Milliseconds to wait for another process that makes the same tool. @default 40 minutes */
    readonly waitMs?: number;
}

/** What is the same for all tools of one run, and what one tool has learned for the next. */
interface Run extends ResolveOptions {
    readonly cacheFolder: string;
    /** Why no release is asked for any more: switched off, or no server was reached. */
    noReleases: string | undefined;
}

/**
 * Finds or makes the binaries of these tools. For each tool, the first that there is of: the path that the
 * user gives (ANCHORAGE_TOOL_<BINARY>), the cache, the publisher's release checked against its checksum,
 * a build from the pinned Go module. One tool after the other: a build uses every core anyway.
 * @returns all binaries of these tools, in the catalogue's order
 * @throws UserError with what to install or to set; whatever the signal's reason is when it is aborted
 */
export async function resolveTools(
    names: readonly ToolName[],
    options: ResolveOptions,
): Promise<readonly ResolvedBinary[]> {
    const run: Run = {
        ...options,
        cacheFolder: path.resolve(options.cacheFolder ?? path.join(cacheHome(), "tools")),
        noReleases: releasesOf(options.env) === "off" ? `switched off by ${releasesVariable}` : undefined,
    };
    const entries = (options.catalogue ?? toolCatalogue).filter(({ name }) => names.includes(name));
    // All mistakes in what is given come to light before minutes of building.
    const given = await givenBinaries(entries, options.env);
    const found: ResolvedBinary[] = [];
    for (const entry of entries) {
        options.signal?.throwIfAborted();
        found.push(...(await resolveTool(entry, given, run)));
    }
    return found;
}

async function resolveTool(
    entry: ToolEntry,
    given: ReadonlyMap<string, ResolvedBinary>,
    run: Run,
): Promise<readonly ResolvedBinary[]> {
    const missing = entry.binaries.filter(({ name }) => !given.has(name));
    if (missing.length === 0) return entry.binaries.flatMap(({ name }) => given.get(name) ?? []);
    const pin = await readPin(entry, thisMachine());
    const folder = path.join(run.cacheFolder, entry.name, pin.key);
    const source = await inCache(run.cacheFolder, () => provide(entry, pin, folder, run));
    return entry.binaries.map(
        ({ name }) =>
            given.get(name) ?? {
                name,
                tool: entry.name,
                version: pin.target.version,
                file: path.join(folder, name),
                source,
            },
    );
}

/** Has the tool in the cache in the end; where it came from. */
async function provide(
    entry: ToolEntry,
    pin: ToolPin,
    folder: string,
    run: Run,
): Promise<"cache" | "release" | "build"> {
    const binaries = entry.binaries.map(({ name }) => name);
    if (await isInstalled(folder, binaries)) return "cache";
    const toolFolder = path.dirname(folder);
    const what = `${entry.name} ${pin.target.version}`;
    return withLock(
        `${toolFolder}.lock`,
        {
            purpose: `making of the lab tool ${what}`,
            waitMs: run.waitMs ?? 40 * 60_000,
            signal: run.signal,
            onWait: (holder) => {
                const detail = `waiting for process ${String(holder.pid)} on ${holder.host}: ${holder.purpose}`;
                run.onProgress?.({ tool: entry.name, phase: "waiting", detail });
            },
        },
        async () => {
            if (await isInstalled(folder, binaries)) return "cache"; // made by whom we waited for
            await removePartials(toolFolder);
            const began = Date.now();
            const noRelease = await download(entry, pin, folder, run);
            if (noRelease !== undefined) await build(entry, pin, folder, noRelease, run);
            const source = noRelease === undefined ? "release" : "build";
            const seconds = Math.round((Date.now() - began) / 1000);
            const how = source === "release" ? "downloaded and checked" : "built";
            run.onProgress?.({ tool: entry.name, phase: "done", detail: `${what} ${how} in ${String(seconds)} s` });
            return source;
        },
    );
}

/** Undefined when the release is installed, else why it cannot be had. */
async function download(entry: ToolEntry, pin: ToolPin, folder: string, run: Run): Promise<string | undefined> {
    const files = entry.release(pin.target);
    if (files === undefined) return "none with a checksum for this machine";
    if (run.noReleases !== undefined) return run.noReleases;
    const releases = releasesOf(run.env);
    const tell = throttled(run, entry.name, "downloading");
    const door: ReleaseDoor = {
        fetch: run.fetch ?? fetch,
        exec: run.exec,
        mirror: releases === "" ? undefined : releases,
        connectTimeoutMs: run.connectTimeoutMs ?? 3_000,
        stallTimeoutMs: run.stallTimeoutMs ?? 30_000,
        signal: run.signal,
        onBytes: (file, bytes, total) => {
            const of = total === undefined ? "" : ` of ${megabytes(total)}`;
            tell(`${file}: ${megabytes(bytes)}${of} MB`);
        },
    };
    try {
        await inPartial(folder, entry, "release", async (partial) => {
            for (const file of files) await fetchRelease(file, partial, door);
        });
        return undefined;
    } catch (error) {
        if (!(error instanceof ReleaseUnavailable)) throw error;
        if (!error.answered) run.noReleases = `no server reached, so none is asked again (${error.message})`;
        return error.message;
    }
}

async function build(entry: ToolEntry, pin: ToolPin, folder: string, noRelease: string, run: Run): Promise<void> {
    const tell = throttled(run, entry.name, "building");
    tell(`${entry.name} ${pin.target.version} from its Go module; release: ${noRelease}`);
    await inPartial(folder, entry, "build", (partial) =>
        buildTool(entry, pin, partial, {
            exec: run.exec,
            env: run.env,
            signal: run.signal,
            noRelease,
            onStep: ({ downloaded, compiled, total, latest }) => {
                const modules = downloaded === 0 ? "" : `, ${String(downloaded)} modules downloaded`;
                const of = total === undefined ? "" : ` of ${String(total)}`;
                tell(`${String(compiled)}${of} packages compiled${modules}: ${latest}`);
            },
        }),
    );
}

/** Lets `work` fill a folder beside the final one, then gives it its name; nothing is left where it fails. */
async function inPartial(
    folder: string,
    entry: ToolEntry,
    source: "release" | "build",
    work: (partial: string) => Promise<void>,
): Promise<void> {
    const partial = await makePartial(path.dirname(folder));
    try {
        await work(partial);
        const binaries = entry.binaries.map(({ name }) => name);
        await install(partial, folder, binaries, source);
    } finally {
        // Compilers that Go has started may write for a moment after it was ended.
        await rm(partial, { recursive: true, force: true, maxRetries: 10 });
    }
}

/** "off", the address of a mirror, or "" for the publishers. */
function releasesOf(env: NodeJS.ProcessEnv): string {
    const value = (env[releasesVariable] ?? "").trim();
    if (value !== "" && value !== "off" && !/^https?:\/\//.test(value)) {
        throw new UserError(`${releasesVariable} is "${value}"`, {
            next: ["set it to off, or to the base address of a mirror: https://mirror.example/releases"],
        });
    }
    return value;
}

function throttled(run: Run, tool: ToolName, phase: ToolProgress["phase"]): (detail: string) => void {
    let last = 0;
    return (detail) => {
        if (Date.now() - last < 500) return;
        last = Date.now();
        run.onProgress?.({ tool, phase, detail });
    };
}

function megabytes(bytes: number): string {
    return (bytes / 1_000_000).toFixed(1);
}
