import { UserError } from "../lib/errors";
import type { EngineEvent } from "./engine";
import { duration, styleFor, type Style } from "./render/style";
import { operationWord, shortType } from "./render/tree";

/**
 * How a verb talks while it works. A terminal gets live progress (listr2), a pipe gets plain lines,
 * `--json` gets one JSON object a line.
 */
export interface Reporter {
    readonly style: Style;
    /** A titled piece of work; `update` replaces the detail that is shown beside the title. */
    step<T>(title: string, work: (update: (detail: string) => void) => Promise<T>): Promise<T>;
    /** A line for a person; `--json` leaves it out. */
    line(text?: string): void;
    warn(text: string): void;
    /** An object for a machine; only `--json` prints it. */
    event(event: object): void;
}

/** Where a reporter writes to: `process.stdout` in the CLI, a collector in tests. */
export interface Sink {
    readonly isTTY?: boolean;
    write(text: string): void;
}

export function createReporter(
    kind: "auto" | "json",
    out: Sink,
    env: NodeJS.ProcessEnv,
    now: () => number = Date.now,
): Reporter {
    if (kind === "json") return jsonReporter(out, now);
    const style = styleFor(out, env);
    return out.isTTY === true && !env["CI"] ? terminalReporter(out, style) : lineReporter(out, style, now);
}

function terminalReporter(out: Sink, style: Style): Reporter {
    return {
        style,
        async step<T>(title: string, work: (update: (detail: string) => void) => Promise<T>): Promise<T> {
            const { Listr } = await import("listr2");
            const results: T[] = [];
            await new Listr(
                [
                    {
                        title,
                        task: async (_context, task) => {
                            const began = Date.now();
                            results.push(
                                await work((detail) => {
                                    task.output = detail;
                                }),
                            );
                            task.title = `${title} ${style("dim", `(${duration(Date.now() - began)})`)}`;
                        },
                        rendererOptions: { outputBar: 1 },
                    },
                ],
                { registerSignalListeners: false, rendererOptions: { showErrorMessage: false, collapseErrors: false } },
            ).run();
            return results[0] as T;
        },
        line: (text = "") => {
            out.write(`${text}\n`);
        },
        warn: (text) => {
            out.write(`${style("yellow", "warning")} ${text}\n`);
        },
        event: () => undefined,
    };
}

/** Milliseconds between two lines of detail of one step in a log. */
const detailInterval = 15_000;

function lineReporter(out: Sink, style: Style, now: () => number): Reporter {
    return {
        style,
        async step(title, work) {
            const began = now();
            let told = began;
            out.write(`… ${title}\n`);
            try {
                const value = await work((detail) => {
                    if (now() - told < detailInterval) return;
                    told = now();
                    out.write(`  ${detail}\n`);
                });
                out.write(`${style("green", "✔")} ${title} (${duration(now() - began)})\n`);
                return value;
            } catch (error) {
                out.write(`${style("red", "✖")} ${title} (${duration(now() - began)})\n`);
                throw error;
            }
        },
        line: (text = "") => {
            out.write(`${text}\n`);
        },
        warn: (text) => {
            out.write(`${style("yellow", "warning")} ${text}\n`);
        },
        event: () => undefined,
    };
}

function jsonReporter(out: Sink, now: () => number): Reporter {
    return eventReporter((event) => {
        out.write(`${JSON.stringify(event)}\n`);
    }, now);
}

/** Tells a program all that happens, as objects with their time; lines for a person are left out. */
export function eventReporter(tell: (event: object) => void, now: () => number = Date.now): Reporter {
    const emit = (event: object): void => {
        tell({ time: new Date(now()).toISOString(), ...event });
    };
    return {
        style: (_colour, text) => text,
        async step(title, work) {
            const began = now();
            emit({ kind: "step", phase: "started", title });
            try {
                const value = await work((detail) => {
                    emit({ kind: "step", phase: "progress", title, detail });
                });
                emit({ kind: "step", phase: "done", title, elapsedMs: now() - began });
                return value;
            } catch (error) {
                emit({ kind: "step", phase: "failed", title, elapsedMs: now() - began });
                throw error;
            }
        },
        line: () => undefined,
        warn: (text) => {
            emit({ kind: "diagnostic", severity: "warning", message: text });
        },
        event: emit,
    };
}

/** What is shown beside a step's title while an engine works; undefined for what is not worth a line. */
export function eventDetail(event: EngineEvent, style: Style): string | undefined {
    if (event.kind === "diagnostic") return event.severity === "info" ? event.message : undefined;
    const subject = `${event.name} (${shortType(event.type)})`;
    switch (event.phase) {
        case "started":
            return `${subject} …`;
        case "done":
            return `${subject} ${operationWord(event.op, "done", style)}`;
        case "failed":
            return `${subject} ${style("red", "failed")}`;
        case "skipped":
            return `${subject} skipped: something that it depends on failed`;
    }
}

/** An error as it is shown: the text of a {@link UserError}, the stack of everything else. */
export function renderError(error: unknown, style: Style): string {
    if (error instanceof UserError) return `${style("red", "error")} ${error.render()}`;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `${style("red", "error")} this is a defect of anchorage, please report it (with ANCHORAGE_DEBUG=1 its lines are those of the sources)\n${text}`;
}
