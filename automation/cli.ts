import { CommanderError } from "commander";
import { ExitCode, UserError } from "../lib/errors";
import { createContext } from "./cli-context";
import { buildCommands } from "./commands";
import { plain } from "./render/style";
import { createReporter, renderError, type Reporter } from "./reporter";

/** The only file of this folder that prints errors or ends the process. */

/** Reports what was thrown, and says which exit code it becomes. */
function report(error: unknown, json: boolean, reporter: Reporter | undefined): ExitCode {
    if (error instanceof CommanderError) {
        // Commander has printed it already; its own exit code 1 for wrong use is our 2.
        return error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
    }
    const exitCode = error instanceof UserError ? error.exitCode : ExitCode.failed;
    if (json) {
        const { message, details, next } =
            error instanceof UserError ? error : { message: String(error), details: [], next: [] };
        console.log(JSON.stringify({ kind: "error", message, details, next, exitCode }));
    } else {
        console.error(renderError(error, reporter?.style ?? plain));
    }
    return exitCode;
}

async function main(argv: readonly string[]): Promise<number> {
    const interrupt = new AbortController();
    const onSignal = (): void => {
        if (interrupt.signal.aborted) process.exit(130);
        console.error("stopping after what is under way; once more to end at once");
        interrupt.abort(new UserError("interrupted: what was done is recorded, run the same command again to go on"));
    };
    process.on("SIGINT", onSignal);
    process.on("SIGTERM", onSignal);

    let exitCode: ExitCode = ExitCode.done;
    let json = false;
    let reporter: Reporter | undefined;
    try {
        await buildCommands(async (flags, work) => {
            json = flags.json ?? false;
            reporter = createReporter(json ? "json" : "auto", process.stdout, process.env);
            const interactive = !json && process.stdin.isTTY && process.stdout.isTTY;
            const context = createContext({ reporter, signal: interrupt.signal, interactive });
            exitCode = (await work(context)) ?? ExitCode.done;
        }).parseAsync([...argv]);
    } catch (error) {
        exitCode = report(error, json, reporter);
    }
    return interrupt.signal.aborted ? 130 : exitCode;
}

// Who reads may have had enough, as `anchorage lab status | head` has.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
});

void main(process.argv).then((code) => {
    // Set, not called: what is still being written to a pipe is written to its end.
    process.exitCode = code;
});
