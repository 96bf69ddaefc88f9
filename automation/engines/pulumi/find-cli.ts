import { constants } from "node:fs";
import { access, readdir, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { codeOf, ExitCode, messageOf, UserError } from "../../../lib/errors";
import type { Exec } from "../../../lib/exec";

/** A pulumi CLI that runs and is new enough. */
export interface PulumiCli {
    /** Absolute path. */
    readonly path: string;
    /** `3.259.0` */
    readonly version: string;
}

export interface CliSearch {
    readonly cli?: PulumiCli;
    /** One line for each CLI that was found and cannot be used. */
    readonly rejected: readonly string[];
}

export interface FindCliTools {
    readonly exec: Exec;
    readonly env: NodeJS.ProcessEnv;
    /** @default the user's home folder */
    readonly home?: string;
}

/**
 * The oldest CLI that works with the SDK that package.json pins: of the same version. Newer ones speak to
 * older SDKs. PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK, the SDK's own variable, turns the check off.
 */
export const minimumCliVersion = "3.241.0";

/**
 * Has the official npm package `pulumi` (3.265.0, its first line of versions that carries the CLI) download
 * the CLI into `versions` of the user's Pulumi home, where {@link findPulumiCli} looks.
 */
export const installCommand = "npx --yes pulumi@3.265.0 version";

/** How to get a CLI, as next steps of an error. */
export const howToInstall: readonly string[] = [
    `install the pulumi CLI: ${installCommand}   (or see https://www.pulumi.com/docs/install/)`,
];

/** Milliseconds for `pulumi version`; it needs no network. */
const versionTimeout = 30_000;

/**
 * The CLI that this project uses: the one that ANCHORAGE_PULUMI names, else the first usable one on PATH, in
 * the user's Pulumi home (`$PULUMI_HOME` or ~/.pulumi), and among the versions that the official npm package or the
 * Automation API installed there, newest first. Downloads nothing.
 *
 * @throws UserError (exit code 2) when ANCHORAGE_PULUMI names something that cannot be used
 */
export async function findPulumiCli(tools: FindCliTools): Promise<CliSearch> {
    const given = tools.env["ANCHORAGE_PULUMI"];
    if (given) {
        const outcome = await probe(path.resolve(given), tools);
        if (typeof outcome !== "string") return { cli: outcome, rejected: [] };
        throw new UserError(`ANCHORAGE_PULUMI names no usable pulumi CLI: ${outcome}`, {
            next: ["set it to the path of a pulumi CLI, or unset it"],
            exitCode: ExitCode.usage,
        });
    }
    const rejected: string[] = [];
    for await (const candidate of candidates(tools)) {
        const outcome = await probe(candidate, tools);
        if (typeof outcome !== "string") return { cli: outcome, rejected };
        rejected.push(outcome);
    }
    return { rejected };
}

async function* candidates({ env, home = homedir() }: FindCliTools): AsyncGenerator<string> {
    const seen = new Set<string>();
    const program = process.platform === "win32" ? "pulumi.exe" : "pulumi";
    const pulumiHome = env["PULUMI_HOME"] ? path.resolve(env["PULUMI_HOME"]) : path.join(home, ".pulumi");
    const folders = (env["PATH"] ?? "").split(path.delimiter).filter((folder) => path.isAbsolute(folder));
    for (const folder of [...folders, path.join(pulumiHome, "bin"), ...(await installedVersions(pulumiHome))]) {
        const file = path.join(folder, program);
        const real = await executable(file);
        if (real === undefined || seen.has(real)) continue;
        seen.add(real);
        // The npm package's own `pulumi` is a script that downloads the CLI when it is first run. Nobody asked
        // for that; what it has downloaded before is found among the versions.
        if (real.split(path.sep).includes("node_modules")) continue;
        yield file;
    }
}

/** The `bin` folders below `versions`, newest first. */
async function installedVersions(pulumiHome: string): Promise<string[]> {
    const folder = path.join(pulumiHome, "versions");
    let names: string[];
    try {
        names = await readdir(folder);
    } catch (error) {
        if (codeOf(error) === "ENOENT") return [];
        throw error;
    }
    const semver = await import("semver");
    return semver.rsort(names.filter((name) => semver.valid(name))).map((name) => path.join(folder, name, "bin"));
}

async function executable(file: string): Promise<string | undefined> {
    try {
        await access(file, constants.X_OK);
        return await realpath(file);
    } catch {
        return undefined; // not there, or not ours to run: no candidate
    }
}

/** The CLI, or why it cannot be used. */
async function probe(file: string, { exec, env }: FindCliTools): Promise<PulumiCli | string> {
    let stdout: string;
    try {
        ({ stdout } = await exec(file, ["version"], {
            env: { PULUMI_SKIP_UPDATE_CHECK: "true" },
            timeoutMs: versionTimeout,
        }));
    } catch (error) {
        return messageOf(error);
    }
    const semver = await import("semver");
    const version = semver.parse(stdout.trim());
    if (version === null) return `${file} says its version is ${JSON.stringify(stdout.trim())}`;
    const cli = { path: file, version: version.version };
    if (env["PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK"]) return cli;
    // A development build counts as its release: 3.242.0-dev.0 is newer than 3.241.0 anyway.
    if (semver.lt(version, minimumCliVersion)) {
        return `${file} is version ${version.version}, and ${minimumCliVersion} or newer is needed`;
    }
    return cli;
}
