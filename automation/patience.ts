import { setTimeout as delay } from "node:timers/promises";
import { HeldError } from "../lib/errors";
import type { Reporter } from "./reporter";

export interface Patience {
    /** Seconds that somebody else's work is waited for. 0 refuses at once. */
    readonly lockTimeout: number;
    readonly reporter: Pick<Reporter, "warn">;
    readonly signal: AbortSignal;
    /** Milliseconds. @default Date.now */
    readonly now?: () => number;
    /** @default a timer that the signal ends */
    readonly pause?: (milliseconds: number) => Promise<void>;
}

const [firstPauseMs, longestPauseMs] = [1_000, 30_000];

/**
 * Does `work` again, with longer and longer pauses, while somebody else holds what it needs. Says once who that is.
 * @throws HeldError after that time; all else at once
 */
export async function withPatience<T>(work: () => Promise<T>, patience: Patience): Promise<T> {
    const { lockTimeout, reporter, signal, now = Date.now } = patience;
    const pause = patience.pause ?? ((milliseconds) => delay(milliseconds, undefined, { signal }));
    const end = now() + lockTimeout * 1000;
    let told = "";
    for (let attempt = 0; ; attempt++) {
        try {
            return await work();
        } catch (error) {
            const left = end - now();
            if (!(error instanceof HeldError) || left <= 0) throw error;
            if (error.message !== told)
                reporter.warn(`${error.message}; waiting, at most ${String(Math.ceil(left / 1000))} s`);
            told = error.message;
            // Two that wait for the same one do not come back at the same moment.
            const most = Math.min(longestPauseMs, firstPauseMs * 2 ** attempt);
            await pause(Math.min(left, most * (0.5 + Math.random() / 2)));
            signal.throwIfAborted();
        }
    }
}
