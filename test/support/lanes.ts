import { cpus } from "node:os";

export interface Lanes {
    /** Tasks at once, whatever else the machine does. */
    readonly least: number;
    /** Tasks at once where it has time for them. */
    readonly most: number;
    /** Asked every time that much has passed: whether the machine has time for one more. */
    readonly hasTime: () => boolean;
    readonly everyMs: number;
    /** Aborted: none begins any more. */
    readonly signal: AbortSignal;
}

/**
 * Works on the tasks in their order, several at once: `least`, and more, up to `most`, while the machine has time for them.
 * What waits for a cluster leaves processors idle, the more the faster they are; a lane more where they are not takes as much
 * from the others.
 */
export async function inLanes<T>(
    tasks: readonly T[],
    work: (task: T) => Promise<void>,
    { least, most, hasTime, everyMs, signal }: Lanes,
): Promise<void> {
    const waiting = [...tasks];
    let running = 0;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
        const begin = (lanes: number): void => {
            while (running < lanes && waiting.length > 0 && !signal.aborted) {
                running += 1;
                const task = waiting.shift() as T;
                work(task).then(() => {
                    running -= 1;
                    begin(least);
                }, reject);
            }
            if (running === 0) resolve();
        };
        timer = setInterval(() => {
            if (hasTime() && running < most) begin(running + 1);
        }, everyMs);
        begin(least);
    }).finally(() => {
        clearInterval(timer);
    });
}

/** Share of all processors' time, 0 to 1, in which they had nothing to do since it was last asked. */
export function idleShare(): () => number {
    let before = processorTimes();
    return () => {
        const now = processorTimes();
        const all = now.all - before.all;
        const idle = now.idle - before.idle;
        before = now;
        return all > 0 ? idle / all : 0;
    };
}

function processorTimes(): { readonly all: number; readonly idle: number } {
    const times = cpus().map(({ times }) => times);
    return {
        all: times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0),
        idle: times.reduce((sum, { idle }) => sum + idle, 0),
    };
}
