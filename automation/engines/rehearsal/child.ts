import { setMaxListeners } from "node:events";
import { loadCertificates } from "./kinds/tls/in-thread";
import { runOperation } from "./operation";
import type { Purpose } from "./process";
import type { FromChild, OperationRequest, ToChild } from "./protocol";
import { transported } from "./transport";

/**
 * The process in which one operation of the rehearsal engine runs. Pulumi's runtime is global to a process,
 * and a program may do anything: so each operation has its own. It ends in order when it is told to stop, and
 * when the engine's process is gone.
 */
const abort = new AbortController();
const hurry = new AbortController();
// Every resource that is waited for listens.
setMaxListeners(0, abort.signal, hurry.signal);

/** Whether it was told what to do. */
let begun = false;

/** Told when it was told to stop. */
const stopping = "stopping: what is under way is seen through, nothing new begins";

/** Milliseconds that objects still have to become ready once we are told to stop. */
const patience = 15_000;

function stop(): void {
    abort.abort();
    void send({ kind: "event", event: { kind: "diagnostic", severity: "info", message: stopping } });
    setTimeout(() => hurry.abort(), patience).unref();
}

process.on("message", (message: ToChild) => {
    if (message.kind === "stop") stop();
    else void run(message);
});
process.on("disconnect", () => {
    if (!begun) process.exit(0);
    abort.abort();
    hurry.abort();
});
process.on("SIGINT", stop);
process.on("SIGTERM", stop);

// What the operation will need, while the engine's process still reads the command line.
prepare(process.argv[2] as Purpose, process.argv.slice(3));

function prepare(purpose: Purpose, modules: readonly string[]): void {
    if (purpose === "without a program") return;
    /* oxlint-disable typescript/no-require-imports -- a refresh or a destroy does without Pulumi's SDK */
    require("./program");
    if (purpose === "first update") loadCertificates();
    for (const module of modules) require(module);
    require("./kinds/kubernetes");
    /* oxlint-enable typescript/no-require-imports */
}

async function run(request: OperationRequest): Promise<void> {
    begun = true;
    try {
        const result = await runOperation({
            ...request,
            onEvent: (event) => void send({ kind: "event", event }),
            signal: abort.signal,
            hurry: hurry.signal,
        });
        await send({ kind: "result", result });
    } catch (error) {
        await send({ kind: "error", error: transported(error) });
    }
    // A program may have left servers or timers behind.
    process.exit(0);
}

function send(message: FromChild): Promise<void> {
    return new Promise((resolve) => {
        if (!process.connected || process.send === undefined) resolve();
        else process.send(message, undefined, {}, () => resolve());
    });
}
