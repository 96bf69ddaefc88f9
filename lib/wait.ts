import { setTimeout as delay } from "node:timers/promises";
import { UserError } from "./errors";

export interface WaitOptions {
    /** What is waited for, as it stands in the error: "the API server to answer". */
    readonly what: string;
    /** Milliseconds until it is given up. */
    readonly timeoutMs: number;
    /** Milliseconds between two looks. @default 100 */
    readonly intervalMs?: number;
    readonly signal?: AbortSignal;
    /** Asked when the time is up: the last state, a log's tail. */
    readonly describe?: () => string | Promise<string>;
}

/**
 * Looks again and again until `look` returns something other than undefined, and returns that.
 * What `look` throws ends the wait. @throws UserError when the time is up
 */
export async function waitFor<T>(look: () => T | undefined | Promise<T | undefined>, options: WaitOptions): Promise<T> {
    const deadline = Date.now() + options.timeoutMs;
    for (;;) {
        options.signal?.throwIfAborted();
        const found = await look();
        if (found !== undefined) return found;
        if (Date.now() >= deadline) {
            const state = await options.describe?.();
            throw new UserError(
                `waited ${String(Math.round(options.timeoutMs / 1000))} s for ${options.what}, in vain`,
                { details: state === undefined ? [] : [state] },
            );
        }
        await delay(options.intervalMs ?? 100, undefined, { signal: options.signal });
    }
}
