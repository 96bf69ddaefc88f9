import { fork, type ChildProcess } from "node:child_process";
import { Socket } from "node:net";
import path from "node:path";
import type { Verb } from "./deployment";

/** What a process for an update can do before it is told which stack it is for. */
export interface Preparation {
    /** What the program will load, as absolute paths. */
    readonly modules: readonly string[];
    /** Load what makes certificates, too. */
    readonly certificates: boolean;
}

/** One that was started before anyone asked for it. */
let spare: ChildProcess | undefined;
let modules: readonly string[] = [];

/** The process for one operation (child.ts). It loads what that needs while it waits to be told which stack it is. */
export function engineProcess(verb: Verb): ChildProcess {
    if (verb !== "up" && verb !== "preview") return start("without a program", []);
    const early = spare;
    spare = undefined;
    if (early?.connected !== true) return start("update", modules);
    hold(early, "ref");
    return early;
}

/** Whether this process waits for that one: it does so for the process, for what it says, and for its two pipes. */
function hold(child: ChildProcess, how: "ref" | "unref"): void {
    child[how]();
    child.channel?.[how]();
    for (const pipe of [child.stdout, child.stderr]) if (pipe instanceof Socket) pipe[how]();
}

/**
 * Starts the process for an update that will probably come: it loads Pulumi's SDK and the program's parts, for a second,
 * while this process reads the command line and the stack. One that nobody takes ends with this process.
 * @param preparation default: as for the one before
 */
export function startEarly(preparation: Preparation = { modules, certificates: false }): void {
    modules = preparation.modules;
    const child = start(preparation.certificates ? "first update" : "update", modules);
    child.on("error", () => undefined); // it is started again, and then told, where it is needed
    hold(child, "unref");
    spare = child;
}

/** What a process is started for. */
export type Purpose = "update" | "first update" | "without a program";

function start(purpose: Purpose, preloaded: readonly string[]): ChildProcess {
    return fork(path.join(__dirname, "child.ts"), [purpose, ...preloaded], {
        // Most of what a program makes lives until its end: collected in larger portions, it is copied less often.
        execArgv: ["--max-semi-space-size=64", "--require", require.resolve("../../../bin/typescript.js")],
        stdio: ["ignore", "pipe", "pipe", "ipc"],
        detached: true, // a Ctrl-C on the terminal must not reach it: it is told to stop instead
    });
}
