import { existsSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { startEarly } from "./process";

/**
 * Starts the engine's process where the command line alone makes it likely that the rehearsal will run: before the
 * rest of the command line is loaded. A wrong guess costs a process that ends with this one, and nothing else.
 */
export function startIfLikely(argv: readonly string[], env: NodeJS.ProcessEnv): void {
    const verb = likelyOperation(argv, env);
    if (verb !== undefined) startEarly(verb);
}

/** @returns what is probably asked of the rehearsal engine first */
export function likelyOperation(argv: readonly string[], env: NodeJS.ProcessEnv): "up" | "preview" | undefined {
    const [verb, ...flags] = argv;
    if (flags.some((flag) => flag === "--help" || flag === "-h")) return undefined;
    const engine = valueOf(flags, "--engine") ?? "auto";
    if (engine !== "rehearsal" && (engine !== "auto" || hasPulumi(env))) return undefined;
    if (verb === "start") return "up";
    const inLab = flags.includes("--lab") || (valueOf(flags, "--stack") ?? valueOf(flags, "-s") ?? "lab") === "lab";
    if (!inLab || (verb !== "up" && verb !== "preview")) return undefined;
    // Who is asked before anything is changed is shown a preview.
    return verb === "up" && (flags.includes("--yes") || flags.includes("-y")) ? "up" : "preview";
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
