import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { messageOf } from "./errors";

/**
 * The one door to other programs. Workflows, engines and the lab get an {@link Exec} as an argument,
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

/** Runs a program to its end and returns what it printed. @throws ExecFailure */
export const exec: Exec = async (file, args, options = {}) => {
    // execa is an ES module, and not every command runs another program: imported when first needed.
    const { execa, ExecaError } = await import("execa");
    const running = execa(file, [...args], {
        cwd: options.cwd,
        env: options.env,
        ...(options.input !== undefined ? { input: options.input } : { stdin: options.stdin ? "pipe" : "ignore" }),
        ...(options.stdout === undefined ? {} : { buffer: { stdout: false } }),
        cancelSignal: options.signal,
        timeout: options.timeoutMs,
        ...(options.endsInOrder === true
            ? { detached: true, killSignal: "SIGINT", forceKillAfterDelay: false }
            : { forceKillAfterDelay: 5_000 }),
    });
    const hurry = (): void => {
        running.kill("SIGINT");
    };
    if (options.endsInOrder === true) process.once("exit", hurry);
    const { onLine } = options;
    if (onLine) {
        for (const stream of ["stdout", "stderr"] as const) {
            void (async () => {
                for await (const line of running.iterable({ from: stream })) onLine(line, stream);
            })().catch(() => undefined); // the same failure is thrown by the await below
        }
    }
    try {
        const flows = startFlows(running, options);
        if (running.pid !== undefined) await options.onStart?.(running.pid);
        const ended = await Promise.allSettled([running, ...flows.map(({ done }) => done)]);
        for (const { broken } of flows) if (broken) throw broken;
        const { stdout, stderr } = await running;
        // The process has ended well, and without what it was given, or before all of its output was taken.
        for (const one of ended) if (one.status === "rejected") throw one.reason;
        return { stdout: textOf(stdout), stderr };
    } catch (error) {
        if (!(error instanceof ExecaError)) throw error;
        const stdout = textOf(error.stdout);
        const stderr = textOf(error.stderr);
        const tail = (stderr || stdout).trim().split("\n").slice(-5).join("\n");
        const how =
            error.code === "ENOENT"
                ? "no such program"
                : error.timedOut
                  ? `took longer than ${String(options.timeoutMs)} ms`
                  : error.isCanceled
                    ? "was cancelled"
                    : error.signal
                      ? `was ended by ${error.signal}`
                      : `ended with exit code ${String(error.exitCode)}`;
        throw new ExecFailure(
            `${file} ${how}${tail ? `: ${tail}` : ""}`,
            file,
            error.exitCode,
            stdout,
            stderr,
            error.code,
            { cause: messageOf(error.cause ?? error.shortMessage) },
        );
    } finally {
        process.removeListener("exit", hurry);
    }
};

interface Flowing {
    readonly stdin: Writable | null;
    readonly stdout: Readable | null;
    kill(): boolean;
}

interface Flow {
    readonly done: Promise<void>;
    /** Why the caller's stream failed, where it was that one which failed first. */
    broken: Error | undefined;
}

/** Lets the streams of the caller flow. One that fails of itself ends the process, which would wait for it. */
function startFlows(running: Flowing, { stdin, stdout }: ExecOptions): Flow[] {
    const start = (ours: Readable | Writable, theirs: Readable | Writable, done: Promise<void>): Flow => {
        // It may have failed while the process was being started.
        const flow: Flow = { done, broken: ours.errored ?? undefined };
        if (flow.broken) running.kill();
        let first = true;
        theirs.once("error", () => (first = false));
        ours.once("error", (error) => {
            if (first) flow.broken = error;
            if (first) running.kill();
            first = false;
        });
        return flow;
    };
    return [
        ...(stdin && running.stdin ? [start(stdin, running.stdin, pipeline(stdin, running.stdin))] : []),
        ...(stdout && running.stdout
            ? [start(stdout, running.stdout, pipeline(running.stdout, stdout, { end: false }))]
            : []),
    ];
}

function textOf(output: unknown): string {
    return typeof output === "string" ? output : "";
}
