import { setTimeout as delay } from "node:timers/promises";
import { hostname } from "node:os";
import { performance } from "node:perf_hooks";
import { z } from "zod";
import { ExitCode, messageOf, UserError } from "../../lib/errors";
import { isSameProcess } from "../../lib/processes";
import type { ObjectStore } from "../objects/store";
import { describeHolder, thisHolder } from "./lease";

/**
 * Stacks that back up into one bucket share its blobs, and no Lease of a cluster keeps them apart. So whoever deletes
 * blobs leaves a mark in the bucket before looking which sets there are, and whoever makes a set begins it before looking
 * for marks: of the two, one sees the other. The one that deletes gives way.
 */

const marksRoot = "anchorage/pruning/";

const mark = z.object({
    user: z.string(),
    host: z.string(),
    pid: z.int(),
    start: z.string().optional(),
    purpose: z.string(),
    since: z.string(),
    /** Another one with each renewal: clocks of two machines need not agree. */
    beat: z.int(),
});

export interface MarkTimes {
    /** Milliseconds between two renewals of a mark. @default 5,000 */
    readonly renewMs?: number;
    /** Milliseconds after which a mark that nobody renews is a dead command's. @default 60,000 */
    readonly deadMs?: number;
}

const defaults = { renewMs: 5_000, deadMs: 60_000 };

/**
 * Does the work while a mark of it is in the bucket. @param check asked again with each renewal: what it throws ends the
 * work @param work is given a function to call before each deletion: it throws where nothing may be deleted any more
 */
export async function whileMarked<T>(
    store: ObjectStore,
    { renewMs = defaults.renewMs, deadMs = defaults.deadMs }: MarkTimes,
    check: () => Promise<void>,
    work: (requireMarked: () => void) => Promise<T>,
): Promise<T> {
    const { id, ...holder } = thisHolder("deletes blobs that no backup needs");
    const key = `${marksRoot}${id}.json`;
    let writtenAt = 0;
    const write = async (beat: number): Promise<void> => {
        await store.write(key, `${JSON.stringify({ ...holder, beat })}\n`);
        writtenAt = performance.now();
    };
    let refused: UserError | undefined;
    const ended = new AbortController();
    const renew = async (): Promise<void> => {
        for (let beat = 1; ; beat++) {
            await delay(renewMs, undefined, { signal: ended.signal }).catch(() => undefined);
            if (ended.signal.aborted) return;
            try {
                await check();
                await write(beat);
            } catch (error) {
                if (error instanceof UserError && error.exitCode === ExitCode.refused) {
                    refused = error;
                    return;
                }
                // The server did not answer: the next time it may. Until then the mark grows old.
            }
        }
    };
    const requireMarked = (): void => {
        if (refused !== undefined) throw refused;
        // Well before the others take it for dead, so that what was asked for by then has come to its end.
        if (performance.now() - writtenAt <= deadMs / 3) return;
        throw new UserError("blobs are deleted no further: the mark that says so could not be renewed", {
            details: [`${key} in ${store.where}: a backup may count on them by now`],
            next: ["npx anchorage backup prune, once the object store answers again"],
        });
    };
    await write(0);
    let renewing: Promise<void> = Promise.resolve();
    try {
        await check();
        renewing = renew();
        return await work(requireMarked);
    } finally {
        ended.abort();
        await renewing;
        // One that stays is seen to be dead.
        await store.remove([key]).catch(() => undefined);
    }
}

export interface AwaitPruningOptions extends MarkTimes {
    readonly signal: AbortSignal;
    readonly onProgress?: (detail: string) => void;
    /** Milliseconds between two looks. @default 1,000 */
    readonly lookEveryMs?: number;
}

/**
 * Waits until nobody deletes blobs from a bucket. Call it once the set is begun, which makes them give way: it takes some
 * seconds. Marks of killed commands are taken away: at once on their machine, elsewhere when nobody has renewed them.
 */
export async function awaitPruning(store: ObjectStore, options: AwaitPruningOptions): Promise<void> {
    const { signal, onProgress, lookEveryMs = 1_000, deadMs = defaults.deadMs } = options;
    const seen = new Map<string, { readonly text: string; readonly at: number }>();
    for (;;) {
        const alive: string[] = [];
        for await (const { key } of store.list(marksRoot)) {
            const text = await store.readText(key);
            if (text === undefined) continue;
            const before = seen.get(key);
            if (before?.text !== text) seen.set(key, { text, at: performance.now() });
            const unchangedMs = before?.text === text ? performance.now() - before.at : 0;
            const holder = readMark(text);
            if (unchangedMs > deadMs || (holder !== undefined && isDeadHere(holder))) await store.remove([key]);
            else alive.push(holder === undefined ? key : describeHolder({ id: key, ...holder }));
        }
        const [first] = alive;
        if (first === undefined) return;
        onProgress?.(`waits for ${first}`);
        await delay(lookEveryMs, undefined, { signal }).catch((error: unknown) => {
            signal.throwIfAborted();
            throw new Error(messageOf(error), { cause: error });
        });
    }
}

type Mark = Omit<Parameters<typeof describeHolder>[0], "id">;

function readMark(text: string): Mark | undefined {
    try {
        const { start, ...rest } = mark.parse(JSON.parse(text));
        return { ...rest, ...(start === undefined ? {} : { start }) };
    } catch {
        return undefined; // of a newer version: it is dead when nobody renews it
    }
}

/** Of another machine's process nothing is known. */
function isDeadHere({ host, pid, start }: Mark): boolean {
    return host === hostname() && !isSameProcess(pid, start);
}
