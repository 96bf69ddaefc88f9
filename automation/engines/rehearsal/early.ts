import { existsSync, readdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { anchorageHome } from "../../../lib/home";
import { startEarly } from "./process";

/** What is probably asked of the rehearsal engine: the first `up` of a stack makes its certificates. */
type Likely = "first up" | "update";

/**
 * Starts the engine's process where the command line alone makes it likely that the rehearsal will run: before the
 * rest of the command line is loaded. A wrong guess costs a process that ends with this one, and nothing else.
 * @param modules what the program will load, as absolute paths
 */
export function startIfLikely(argv: readonly string[], env: NodeJS.ProcessEnv, modules: readonly string[]): void {
    const likely = likelyOperation(argv, env);
    if (likely !== undefined) startEarly({ modules, certificates: likely === "first up" });
}

/** @param home where the records of stacks lie */
export function likelyOperation(
    argv: readonly string[],
    env: NodeJS.ProcessEnv,
    home: string = anchorageHome(),
): Likely | undefined {
    const [verb, ...flags] = argv;
    if (flags.some((flag) => flag === "--help" || flag === "-h")) return undefined;
    const engine = valueOf(flags, "--engine") ?? "auto";
    if (engine !== "rehearsal" && (engine !== "auto" || hasPulumi(env))) return undefined;
    const stack = valueOf(flags, "--stack") ?? valueOf(flags, "-s") ?? "lab";
    const rehearsed = flags.includes("--lab");
    const inLab = rehearsed || stack === "lab" || verb === "start";
    if (!inLab || (verb !== "up" && verb !== "preview" && verb !== "start")) return undefined;
    // Who is asked before anything is changed is shown a preview, and so is a stack that is there.
    const atOnce = verb === "start" || (verb === "up" && (flags.includes("--yes") || flags.includes("-y")));
    return atOnce && !hasRecord(rehearsed ? `${stack}@` : `${stack}.`, home) ? "first up" : "update";
}

/** Bytes that a record of no resources has at most, as `destroy` leaves it; one of a stack that is up has a hundred times as many. */
const emptyRecord = 1024;

/** A glance only, at the records of all projects and labs. @param name how that of the stack begins (recordName) */
function hasRecord(name: string, home: string): boolean {
    const folder = path.join(home, "state");
    if (!existsSync(folder)) return false;
    const records = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => {
        const base = path.basename(file);
        return base.startsWith(name) && base.endsWith(".json");
    });
    return records.some((file) => statSync(path.join(folder, file)).size > emptyRecord);
}

function valueOf(flags: readonly string[], name: string): string | undefined {
    const at = flags.indexOf(name);
    if (at >= 0) return flags[at + 1];
    return flags.find((flag) => flag.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** A glance only: engines/select.ts looks properly. */
function hasPulumi(env: NodeJS.ProcessEnv): boolean {
    const home = env["PULUMI_HOME"] ?? path.join(homedir(), ".pulumi");
    const folders = [...(env["PATH"] ?? "").split(path.delimiter), path.join(home, "bin")];
    return folders.some((folder) => existsSync(path.join(folder, "pulumi")));
}
