import { fork, type ChildProcess } from "node:child_process";
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
    early.child.ref();
    early.child.channel?.ref();
    return early.child;
}

/**
 * Starts the process for an operation that will probably come: it loads Pulumi's SDK, for a second, while this process
 * reads the command line and the stack. One that nobody takes ends with this process.
 */
export function startEarly(verb: Verb): void {
    const child = start(verb);
    child.on("error", () => undefined); // it is started again, and then told, where it is needed
    child.unref();
    child.channel?.unref();
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
