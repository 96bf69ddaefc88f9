import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { messageOf } from "./errors";

/**
 * The one door to other programs: Node's own, since the field's library for this (execa) takes a sixth of a second to load,
 * which every `up` would wait for. Workflows, engines and the lab get an {@link Exec} as an argument,
 * so that a test hands in a fake that throws on a command that it does not know.
 */
export type Exec = (file: string, args: readonly string[], options?: ExecOptions) => Promise<ExecResult>;

export interface ExecOptions {
    readonly cwd?: string;
    /** Added to this process's environment. */
    readonly env?: Readonly<Record<string, string>>;
    /** Written to standard input, which is closed afterwards. Secrets go here, never into `args`. */
    readonly input?: string;
    /** Streamed to standard input, which is closed at its end. Its error ends the process, and is the one thrown. */
    readonly stdin?: Readable;
    /**
     * Gets standard output as bytes, at its own pace, in place of {@link ExecResult.stdout}. It is left open: what arrived
     * is whole only once the process has ended well. Its error ends the process, and is the one thrown.
     */
    readonly stdout?: Writable;
    /** Ends the process (SIGTERM, SIGKILL after 5 s) when it is aborted. */
    readonly signal?: AbortSignal;
    /**
     * For a program that must end its own work in order: it runs in a process group of its own, so that a
     * Ctrl-C on the terminal does not reach it as well, gets one SIGINT when `signal` is aborted, is then
     * waited for as long as it takes, and gets a second one only if this process exits before.
     * @default false
     */
    readonly endsInOrder?: boolean;
    /** Milliseconds. @default no limit */
    readonly timeoutMs?: number;
    /** Called once with the process's number; the end of the program is waited for in any case. */
    readonly onStart?: (pid: number) => Promise<void> | void;
    /** Called with every complete line as it arrives. */
    readonly onLine?: (line: string, stream: "stdout" | "stderr") => void;
}

export interface ExecResult {
    readonly stdout: string;
    readonly stderr: string;
}

/** A program that could not be started, ended with a code other than 0, or was ended by a signal. */
export class ExecFailure extends Error {
    constructor(
        message: string,
        readonly file: string,
        readonly exitCode: number | undefined,
        readonly stdout: string,
        readonly stderr: string,
        /** `ENOENT` when there is no such program. */
        readonly code: string | undefined,
        options: ErrorOptions,
    ) {
        super(message, options);
        this.name = "ExecFailure";
    }
}

/** Runs a program to its end and returns what it printed, without the last line's end. @throws ExecFailure */
export const exec: Exec = async (file, args, options = {}) => {
    const { signal, endsInOrder = false } = options;
    if (signal?.aborted === true) throw failure(file, { how: "was cancelled" });
    const child = spawn(file, args, {
        cwd: options.cwd,
        env: { ...process.env, ...options.env },
        stdio: [options.input === undefined && !options.stdin ? "ignore" : "pipe", "pipe", "pipe"],
        detached: endsInOrder,
    });
    const ending = new Ending(child, endsInOrder);
    const onAbort = (): void => ending.stop("was cancelled");
    signal?.addEventListener("abort", onAbort, { once: true });
    const timer =
        options.timeoutMs === undefined
            ? undefined
            : setTimeout(() => ending.stop(`took longer than ${String(options.timeoutMs)} ms`), options.timeoutMs);
    try {
        const printed = { stdout: options.stdout ? () => "" : textOf(child.stdout), stderr: textOf(child.stderr) };
        const { onLine } = options;
        for (const stream of ["stdout", "stderr"] as const) {
            const input = child[stream];
            if (onLine && input) createInterface({ input }).on("line", (line) => onLine(line, stream));
        }
        // One that does not read its input says why by its exit code.
        child.stdin?.on("error", () => undefined);
        if (options.input !== undefined) child.stdin?.end(options.input);
        const flows = startFlows(child, options);
        if (child.pid !== undefined) await options.onStart?.(child.pid);
        const flowed = await Promise.allSettled([ending.ended, ...flows.map(({ done }) => done)]);
        for (const { broken } of flows) if (broken) throw broken;
        const end = await ending.ended;
        const [stdout, stderr] = [printed.stdout(), printed.stderr()];
        if (end.how !== undefined) throw failure(file, end, stdout, stderr);
        // The process has ended well, and without what it was given, or before all of its output was taken.
        for (const one of flowed) if (one.status === "rejected") throw one.reason;
        return { stdout, stderr };
    } finally {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
    }
};

/** How a program ended. `how` in words where it did not end well. */
interface End {
    readonly how?: string;
    readonly exitCode?: number | undefined;
    readonly error?: NodeJS.ErrnoException;
}

/** What still runs, and how it is ended when this process exits before. */
const running = new Map<ChildProcess, NodeJS.Signals>();
process.on("exit", () => {
    for (const [child, signal] of running) child.kill(signal);
});

/** Milliseconds that a program has to end by itself once it is told to. */
const patience = 5_000;

/** The end of a program, by itself or because it was stopped. */
class Ending {
    readonly ended: Promise<End>;
    private stopped: string | undefined;
    private force: NodeJS.Timeout | undefined;

    constructor(
        private readonly child: ChildProcess,
        private readonly inOrder: boolean,
    ) {
        running.set(child, inOrder ? "SIGINT" : "SIGTERM");
        this.ended = new Promise<End>((resolve) => {
            // Once it runs, an error is one of a signal that did not reach it.
            child.on("error", (error: NodeJS.ErrnoException) => {
                if (child.pid === undefined)
                    resolve({ how: error.code === "ENOENT" ? "no such program" : "could not be started", error });
            });
            child.once("close", (exitCode, signal) => {
                resolve(this.describe(exitCode ?? undefined, signal ?? undefined));
            });
        }).finally(() => {
            running.delete(child);
            clearTimeout(this.force);
        });
    }

    /** Tells it to end. @param why as the error has it */
    stop(why: string): void {
        this.stopped ??= why;
        if (this.inOrder) {
            this.child.kill("SIGINT");
            return;
        }
        this.child.kill("SIGTERM");
        this.force ??= setTimeout(() => this.child.kill("SIGKILL"), patience);
    }

    private describe(exitCode: number | undefined, signal: NodeJS.Signals | undefined): End {
        if (this.stopped !== undefined) return { how: this.stopped, exitCode };
        if (signal !== undefined) return { how: `was ended by ${signal}` };
        return exitCode === 0 ? {} : { how: `ended with exit code ${String(exitCode)}`, exitCode };
    }
}

function failure(file: string, end: End, stdout = "", stderr = ""): ExecFailure {
    const tail = (stderr || stdout).trim().split("\n").slice(-5).join("\n");
    const what = `${file} ${end.how ?? ""}`;
    return new ExecFailure(`${what}${tail ? `: ${tail}` : ""}`, file, end.exitCode, stdout, stderr, end.error?.code, {
        cause: end.error === undefined ? what : messageOf(end.error),
    });
}

interface Flow {
    readonly done: Promise<void>;
    /** Why the caller's stream failed, where it was that one which failed first. */
    broken: Error | undefined;
}

/** Lets the streams of the caller flow. One that fails of itself ends the process, which would wait for it. */
function startFlows(child: ChildProcess, { stdin, stdout }: ExecOptions): Flow[] {
    const start = (ours: Readable | Writable, theirs: Readable | Writable, done: Promise<void>): Flow => {
        // It may have failed while the process was being started.
        const flow: Flow = { done, broken: ours.errored ?? undefined };
        if (flow.broken) child.kill();
        let first = true;
        theirs.once("error", () => (first = false));
        ours.once("error", (error) => {
            if (first) flow.broken = error;
            if (first) child.kill();
            first = false;
        });
        return flow;
    };
    return [
        ...(stdin && child.stdin ? [start(stdin, child.stdin, pipeline(stdin, child.stdin))] : []),
        ...(stdout && child.stdout
            ? [start(stdout, child.stdout, pipeline(child.stdout, stdout, { end: false }))]
            : []),
    ];
}

/** Collects a stream. @returns what came until it is asked, without the last line's end */
function textOf(stream: Readable | null): () => string {
    const chunks: Buffer[] = [];
    stream?.on("data", (chunk: Buffer) => chunks.push(chunk));
    return () =>
        Buffer.concat(chunks)
            .toString("utf8")
            .replace(/\r?\n$/, "");
}
