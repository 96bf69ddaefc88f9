import { fork, type ChildProcess } from "node:child_process";
import { Socket } from "node:net";
import path from "node:path";
import type { Verb } from "./deployment";

/** One that was started before anyone asked for it. */
let spare: { readonly verb: Verb; readonly child: ChildProcess } | undefined;

/** The process for one operation (child.ts). It loads what that needs while it waits to be told which stack it is. */
export function engineProcess(verb: Verb): ChildProcess {
    const early = spare;
    spare = undefined;
    if (early?.verb !== verb || !early.child.connected) {
        early?.child.disconnect();
        return start(verb);
    }
    hold(early.child, "ref");
    return early.child;
}

/** Whether this process waits for that one: it does so for the process, for what it says, and for its two pipes. */
function hold(child: ChildProcess, how: "ref" | "unref"): void {
    child[how]();
    child.channel?.[how]();
    for (const pipe of [child.stdout, child.stderr]) if (pipe instanceof Socket) pipe[how]();
}

/**
 * Starts the process for an operation that will probably come: it loads Pulumi's SDK, for a second, while this process
 * reads the command line and the stack. One that nobody takes ends with this process.
 */
export function startEarly(verb: Verb): void {
    const child = start(verb);
    child.on("error", () => undefined); // it is started again, and then told, where it is needed
    hold(child, "unref");
    spare = { verb, child };
}

function start(verb: Verb): ChildProcess {
    return fork(path.join(__dirname, "child.ts"), [verb], {
        // Most of what a program makes lives until its end: collected in larger portions, it is copied less often.
        execArgv: ["--max-semi-space-size=64", "--require", require.resolve("../../../bin/typescript.js")],
        stdio: ["ignore", "pipe", "pipe", "ipc"],
        detached: true, // a Ctrl-C on the terminal must not reach it: it is told to stop instead
    });
}
