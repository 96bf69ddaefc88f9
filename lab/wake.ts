import { setTimeout as delay } from "node:timers/promises";

/** Milliseconds in which changes count as one: a rollout has dozens of them. */
const togetherMs = 150;

/** Lets a loop that looks at the cluster sleep until something has changed. */
export class Wake {
    private pending = false;
    private wake: (() => void) | undefined;

    /** Something has changed. */
    readonly up = (): void => {
        this.pending = true;
        this.wake?.();
    };

    /** Until something has changed since the last time, at most so many milliseconds, or until the signal is aborted. */
    async wait(mostMs: number, signal: AbortSignal): Promise<void> {
        if (!this.pending) {
            const over = new AbortController();
            const changed = new Promise<void>((resolve) => (this.wake = resolve));
            const timer = delay(mostMs, undefined, { signal: AbortSignal.any([signal, over.signal]) });
            await Promise.race([changed, timer.catch(() => undefined)]);
            over.abort();
            this.wake = undefined;
        }
        if (this.pending) await delay(togetherMs, undefined, { signal }).catch(() => undefined);
        this.pending = false;
    }
}
