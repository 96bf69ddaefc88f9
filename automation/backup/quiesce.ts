import type { HarborClient } from "../../harbor/client/client";
import type { CallOptions } from "../../harbor/client/deadline";
import type { Worker } from "../../harbor/client/jobservice";
import { messageOf, UserError } from "../../lib/errors";
import { waitFor } from "../../lib/wait";
import type { Pending } from "./pending";

/**
 * Brings a Harbor to rest, and back. The order is Harbor's own: in read-only mode its queues can be neither paused nor
 * resumed, and jobs that run go on all the same. What is switched is on record before it is.
 */

/** As much of the client as this needs. */
export type QuiesceHarbor = Pick<HarborClient, "jobservice" | "configurations" | "system">;

/** Schedules begin jobs in the other queues: it is paused before them, and resumed after them. */
const scheduler = "SCHEDULER";
export const garbageCollection = "GARBAGE_COLLECTION";

export interface IdleOptions {
    readonly signal: AbortSignal;
    /** Milliseconds that the jobs which run have to end. @default 15 minutes */
    readonly timeoutMs?: number;
    /** Milliseconds between two looks. @default 500 */
    readonly intervalMs?: number;
    readonly onProgress?: (detail: string) => void;
}

type Switched = Omit<Pending, "by">;

const nothing: Switched = { readOnly: false, queues: [], workloads: false };

export class Quiesce {
    private switched: Switched;
    private readOnlySince: number | undefined;
    /** Milliseconds since 1970 between which nobody could change anything; set once it is over. */
    window: { readonly beganAt: number; readonly endedAt: number } | undefined;

    /**
     * @param record keeps on record what is switched, before it is and once it no longer is
     * @param left what is switched already, by a command that was killed
     * @param fence throws where somebody else may be at work by now, who puts back what is on record
     */
    constructor(
        private readonly harbor: QuiesceHarbor,
        private readonly record: (switched: Switched) => Promise<void>,
        left: Switched = nothing,
        private readonly fence: () => void = () => undefined,
        private readonly now: () => number = Date.now,
    ) {
        this.switched = left;
    }

    /** Pauses the queues that nobody has paused. @returns their names; those that were paused stay so afterwards */
    async pauseQueues(options: CallOptions): Promise<readonly string[]> {
        const queues = await this.harbor.jobservice.queues(options);
        const ours = queues.filter(({ paused }) => !paused).map(({ job_type }) => job_type);
        ours.sort((a, b) => Number(b === scheduler) - Number(a === scheduler));
        await this.note({ queues: ours });
        for (const name of ours) await this.harbor.jobservice.act(name, "pause", options);
        return ours;
    }

    /** Waits until no worker has a job. @throws UserError that names the jobs that do not end */
    async untilIdle({ signal, timeoutMs = 15 * 60_000, intervalMs = 500, onProgress }: IdleOptions): Promise<void> {
        let busy: readonly Worker[] = [];
        let idleLooks = 0;
        const look = async (): Promise<true | undefined> => {
            busy = await this.harbor.jobservice.busyWorkers({ signal });
            if (busy.length > 0) onProgress?.(busy.map(describeJob).join(", "));
            // A job that was taken from its queue right before the pause shows up a moment later.
            idleLooks = busy.length === 0 ? idleLooks + 1 : 0;
            return idleLooks >= 2 ? true : undefined;
        };
        const what = "the jobs that run to end";
        try {
            await waitFor(look, { what, timeoutMs, intervalMs, signal });
        } catch (error) {
            signal.throwIfAborted();
            if (busy.length === 0 || !(error instanceof UserError)) throw error;
            const minutes = String(Math.round(timeoutMs / 60_000));
            throw new UserError(`jobs of Harbor did not end within ${minutes} minutes`, {
                details: busy.map(describeJob),
                next: ["wait for their end, or stop them in the portal (Job Service Dashboard), then run it again"],
                cause: error,
            });
        }
    }

    /** @throws UserError where Harbor does not let it be switched */
    async readOnlyOn(options: CallOptions): Promise<void> {
        await this.note({ readOnly: true });
        this.readOnlySince = this.now();
        await this.harbor.configurations.setReadOnly(true, options);
        if ((await this.harbor.system.info(options)).read_only === true) return;
        throw new UserError("Harbor took the setting read_only, and is not read-only");
    }

    /** Does nothing where it was not switched by this. */
    async readOnlyOff(options: CallOptions): Promise<void> {
        if (!this.switched.readOnly) return;
        this.fence();
        await this.harbor.configurations.setReadOnly(false, options);
        if (this.readOnlySince !== undefined) this.window = { beganAt: this.readOnlySince, endedAt: this.now() };
        this.readOnlySince = undefined;
        await this.note({ readOnly: false });
    }

    /**
     * Resumes the queues that this paused; tries each one. @param but queues that stay paused
     * @throws UserError that names those which are still paused
     */
    async resumeQueues(options: CallOptions, but: readonly string[] = []): Promise<void> {
        this.fence();
        const failed = new Map<string, unknown>();
        const wanted = this.switched.queues.filter((name) => !but.includes(name));
        wanted.sort((a, b) => Number(a === scheduler) - Number(b === scheduler));
        for (const name of wanted) {
            try {
                await this.harbor.jobservice.act(name, "resume", options);
            } catch (error) {
                failed.set(name, error);
            }
        }
        if (wanted.length > 0) {
            await this.note({ queues: this.switched.queues.filter((name) => but.includes(name) || failed.has(name)) });
        }
        const [first] = failed.values();
        if (first === undefined) return;
        throw new UserError(`queues of Harbor are still paused: ${[...failed.keys()].join(", ")}`, {
            details: [...new Set([...failed.values()].map(messageOf))],
            next: ["npx anchorage backup unlock resumes them"],
            cause: first,
        });
    }

    /** All back, in Harbor's order: the queues cannot be resumed in read-only mode. */
    async putBack(options: CallOptions): Promise<void> {
        await this.readOnlyOff(options);
        await this.resumeQueues(options);
    }

    private async note(change: Partial<Switched>): Promise<void> {
        const switched = { ...this.switched, ...change };
        await this.record(switched);
        this.switched = switched;
    }
}

/** `GARBAGE_COLLECTION since 2026-11-23T14:28:31Z` */
function describeJob({ job_name, start_at }: Worker): string {
    return `${job_name ?? "a job"}${start_at === undefined ? "" : ` since ${start_at}`}`;
}

/**
 * Why read-only mode cannot be switched, if it cannot: asked before anything is touched.
 * @throws UserError
 */
export async function requireSwitchable(harbor: QuiesceHarbor, options: CallOptions): Promise<void> {
    const { read_only: item } = await harbor.configurations.get(options);
    if (item?.value === true) {
        throw new UserError("Harbor is read-only already, and no backup did that", {
            next: ["ask who set it; then lift it in the portal: Administration, Configuration, System Settings"],
        });
    }
    if (item?.editable !== false) return;
    throw new UserError("Harbor's settings cannot be changed: CONFIG_OVERWRITE_JSON on its core sets them", {
        details: ["read-only mode, without which images and database do not fit together, cannot be switched"],
        next: ["remove CONFIG_OVERWRITE_JSON from core.extraEnvVars of the chart's values, then: npx anchorage up"],
    });
}
