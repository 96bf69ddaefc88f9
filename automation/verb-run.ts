import { Readable } from "node:stream";
import type { Context } from "./context";
import { eventReporter, type Reporter } from "./reporter";

/** What happens while a verb runs: the same objects that `--json` prints, a line each. */
export interface VerbEvent {
    /** RFC 3339. */
    readonly time: string;
    /** `step`, `resource`, `diagnostic`, `result`, and what a workflow has of its own. */
    readonly kind: string;
    readonly [key: string]: unknown;
}

/**
 * A verb that runs. Its events come by `for await (const event of run)`, which ends when the verb does; nobody has to
 * read them. A verb that fails ends its events, too: `result` says why.
 */
export interface VerbRun extends AsyncIterable<VerbEvent> {
    /**
     * The event of kind `result`. @throws UserError with what is wrong, details, what to run next and the exit code that the
     * CLI would have had; the signal's reason after an abort
     */
    readonly result: Promise<VerbEvent>;
}

export interface RunOptions {
    /** Ends the verb in order: what is under way is seen through or undone. */
    readonly signal?: AbortSignal;
    /** Gets every event as well, at once. */
    readonly onEvent?: (event: VerbEvent) => void;
}

/** Starts a verb with a context that tells its events. */
export function startVerb(
    verb: (context: Context) => Promise<unknown>,
    createContext: (options: { reporter: Reporter; signal: AbortSignal; interactive: boolean }) => Context,
    { signal = new AbortController().signal, onEvent }: RunOptions,
): VerbRun {
    // It keeps what nobody has read yet: a verb never waits for a reader.
    const events = new Readable({ objectMode: true, read: () => undefined });
    let last: VerbEvent | undefined;
    const reporter = eventReporter((told) => {
        const event = told as VerbEvent;
        if (event.kind === "result") last = event;
        onEvent?.(event);
        events.push(event);
    });
    const run = async (): Promise<VerbEvent> => {
        try {
            signal.throwIfAborted();
            await verb(createContext({ reporter, signal, interactive: false }));
            if (last === undefined) throw new Error("the verb ended without a result");
            return last;
        } finally {
            events.push(null);
        }
    };
    const result = run();
    result.catch(() => undefined); // thrown where it is awaited
    return { result, [Symbol.asyncIterator]: () => events[Symbol.asyncIterator]() as AsyncIterator<VerbEvent> };
}
