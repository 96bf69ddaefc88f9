import { EventEmitter, setMaxListeners } from "node:events";
import { HarborError } from "./errors";

/** What every call of the client takes. */
export interface CallOptions {
    /** Ends the call. */
    readonly signal?: AbortSignal;
    /** Milliseconds for the whole call, with all pages and all further attempts. @default the client's */
    readonly timeoutMs?: number;
}

/** The time that a whole call has, however many requests it is made of, and who may end it before. */
export class Deadline {
    readonly #end: number;
    readonly #signal: AbortSignal | undefined;
    readonly #milliseconds: number;

    constructor({ signal, timeoutMs }: CallOptions, defaultMs: number) {
        this.#milliseconds = timeoutMs ?? defaultMs;
        this.#end = Date.now() + this.#milliseconds;
        this.#signal = signal;
        // Many requests at once may listen to one Ctrl-C: that is no leak.
        if (signal) setMaxListeners(0, signal);
    }

    /** Milliseconds that are left. */
    get left(): number {
        return this.#end - Date.now();
    }

    /** Throws what the caller's signal was aborted with. */
    throwIfAborted(): void {
        this.#signal?.throwIfAborted();
    }

    expired(endpoint: string, cause?: unknown): HarborError {
        return new HarborError(`${endpoint}: not done within ${seconds(this.#milliseconds)}`, {
            kind: "timeout",
            endpoint,
            next: ["npx anchorage status shows which workloads are not ready"],
            cause,
        });
    }

    /**
     * Runs `work` with an emitter of "abort", which undici takes as a signal: it comes when `limitMs` are over, when the
     * whole call's time is up, or from the caller. An AbortSignal for each request would take a fifth of its time.
     */
    async within<T>(endpoint: string, limitMs: number, work: (abort: EventEmitter) => Promise<T>): Promise<T> {
        this.throwIfAborted();
        const { left } = this;
        if (left <= 0) throw this.expired(endpoint);
        const abort = new EventEmitter();
        let aborted = false;
        const onAbort = (): void => {
            aborted = true;
            abort.emit("abort");
        };
        const timer = setTimeout(onAbort, Math.min(left, limitMs));
        this.#signal?.addEventListener("abort", onAbort, { once: true });
        try {
            return await work(abort);
        } catch (error) {
            this.throwIfAborted();
            // Set by the callback above, which the compiler does not see.
            if (!(aborted as boolean)) throw error;
            if (left <= limitMs) throw this.expired(endpoint, error);
            throw new HarborError(`${endpoint}: no answer within ${seconds(limitMs)}`, {
                kind: "timeout",
                endpoint,
                next: ["npx anchorage status shows which workloads are not ready"],
                cause: error,
            });
        } finally {
            clearTimeout(timer);
            this.#signal?.removeEventListener("abort", onAbort);
        }
    }

    /** Waits, unless the caller ends it before. */
    async pause(milliseconds: number): Promise<void> {
        const { setTimeout: delay } = await import("node:timers/promises");
        try {
            await delay(milliseconds, undefined, this.#signal ? { signal: this.#signal } : {});
        } catch (error) {
            this.throwIfAborted();
            throw error;
        }
    }
}

function seconds(milliseconds: number): string {
    return milliseconds < 1_000 ? `${String(milliseconds)} ms` : `${String(Math.round(milliseconds / 1_000))} s`;
}
