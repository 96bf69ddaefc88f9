/** When a request is tried again. */
export interface RetryPolicy {
    /** Times that a request is sent at most. @default 5 */
    readonly attempts: number;
    /** Milliseconds that the first wait lasts at most; each further one twice as long. @default 200 */
    readonly baseMs: number;
    /** Milliseconds that any wait lasts at most, unless the server asks for more. @default 5,000 */
    readonly capMs: number;
    /** From 0 to 1. @default Math.random */
    readonly random: () => number;
}

export const defaultRetryPolicy: RetryPolicy = { attempts: 5, baseMs: 200, capMs: 5_000, random: Math.random };

/** Statuses that pass: too many requests, and a proxy without a server behind it. Not 500: Harbor's own fault stays. */
const passing = new Set([429, 502, 503, 504]);

export function isPassing(status: number): boolean {
    return passing.has(status);
}

/**
 * Milliseconds until the next attempt: what the server asks for, else a random part of a bound that doubles (full
 * jitter), so that many clients do not come back at once.
 * @param attempt that failed, from 1
 */
export function waitBefore(attempt: number, retryAfterMs: number | undefined, policy: RetryPolicy): number {
    const bound = Math.min(policy.capMs, policy.baseMs * 2 ** (attempt - 1));
    const jitter = policy.random() * bound;
    return retryAfterMs === undefined ? jitter : retryAfterMs + jitter;
}

/** The header Retry-After, seconds or a date, in milliseconds from now; undefined where it says nothing. */
export function parseRetryAfter(text: string | undefined, now: number): number | undefined {
    if (text === undefined) return undefined;
    if (/^\s*\d+\s*$/.test(text)) return Number(text) * 1_000;
    const date = Date.parse(text);
    return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
