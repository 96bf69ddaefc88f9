import path from "node:path";
import { Worker } from "node:worker_threads";
import { received, type TransportedError } from "./transport";

/**
 * A second thread for work that takes a whole core: packages that are large to load, and what only they can do. The
 * first one goes on with the program meanwhile.
 */

/** What the thread is asked: a function of a module of ours. */
export interface Call {
    readonly id: number;
    /** Absolute path. */
    readonly module: string;
    /** Name of an exported function; absent: the module is only loaded. */
    readonly function?: string;
    readonly args: readonly unknown[];
}

export type Answer =
    { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: TransportedError };

interface Waiting {
    readonly resolve: (result: unknown) => void;
    readonly reject: (error: Error) => void;
}

type Exports = Readonly<Record<string, (...args: never[]) => unknown>>;

let worker: Worker | undefined;
let calls = 0;
const waiting = new Map<number, Waiting>();

/** Loads a module in the thread, so that its first call does not wait for that. @param module absolute path */
export function loadInThread(module: string): void {
    send({ id: (calls += 1), module, args: [] });
}

/**
 * Calls an exported function in the thread. Arguments and result are copied there and back.
 * @param module absolute path
 */
export function callInThread<M extends Exports, F extends keyof M & string>(
    module: string,
    name: F,
    ...args: Parameters<M[F]>
): Promise<Awaited<ReturnType<M[F]>>> {
    return new Promise((resolve, reject) => {
        const id = (calls += 1);
        waiting.set(id, { resolve: resolve as Waiting["resolve"], reject });
        send({ id, module, function: name, args });
    });
}

function send(call: Call): void {
    worker ??= start();
    if (waiting.size > 0) worker.ref();
    worker.postMessage(call);
}

function start(): Worker {
    const started = new Worker(path.join(__dirname, "thread-worker.ts"), {
        execArgv: ["--require", require.resolve("../../../bin/typescript.js")],
    });
    started.on("message", (answer: Answer) => {
        const asked = waiting.get(answer.id);
        waiting.delete(answer.id);
        // With nothing to wait for it keeps nobody from ending.
        if (waiting.size === 0) started.unref();
        if ("error" in answer) asked?.reject(received(answer.error));
        else asked?.resolve(answer.result);
    });
    const fail = (error: Error): void => {
        if (worker === started) worker = undefined;
        for (const { reject } of waiting.values()) reject(error);
        waiting.clear();
    };
    started.on("error", fail);
    started.on("exit", (code) => fail(new Error(`the engine's second thread ended with code ${String(code)}`)));
    started.unref();
    return started;
}
