/**
 * Runs work on each item, so many at once; takes an item only when there is a hand for it, so that memory does not
 * grow with their number. The first failure ends the taking; what is under way is waited for.
 */
export async function inParallel<T>(
    items: AsyncIterable<T> | Iterable<T>,
    atOnce: number,
    signal: AbortSignal,
    work: (item: T) => Promise<void>,
): Promise<void> {
    const running = new Set<Promise<void>>();
    const failures: unknown[] = [];
    try {
        for await (const item of items) {
            const one: Promise<void> = work(item)
                .catch((error: unknown) => {
                    failures.push(error);
                })
                .finally(() => running.delete(one));
            running.add(one);
            if (running.size >= atOnce) await Promise.race(running);
            if (failures.length > 0 || signal.aborted) break;
        }
    } finally {
        await Promise.all(running);
    }
    signal.throwIfAborted();
    if (failures.length > 0) throw failures[0];
}

/**
 * {@link inParallel} with results, in the order of the items. @param ahead results at most that wait for an earlier one,
 * so that one slow item does not stop the others
 */
export async function* mapInOrder<T, R>(
    items: AsyncIterable<T> | Iterable<T>,
    { atOnce, ahead, signal }: { readonly atOnce: number; readonly ahead: number; readonly signal: AbortSignal },
    work: (item: T) => R | Promise<R>,
): AsyncIterable<R> {
    const running = new Set<Promise<unknown>>();
    const waiting: Turn<R>[] = [];
    const failures: unknown[] = [];
    try {
        for await (const item of items) {
            signal.throwIfAborted();
            const result = work(item);
            const turn = { result, settled: !(result instanceof Promise) };
            if (result instanceof Promise) {
                const one: Promise<unknown> = result
                    .catch((error: unknown) => failures.push(error)) // thrown where its turn comes
                    .finally(() => {
                        turn.settled = true;
                        running.delete(one);
                    });
                running.add(one);
            }
            waiting.push(turn);
            // What could go on is not kept: thousands of results live long enough for the heap to grow.
            while (waiting[0]?.settled === true || failures.length > 0 || waiting.length >= ahead) {
                const first = waiting.shift();
                if (first === undefined) break;
                yield await first.result;
            }
            if (running.size >= atOnce) await Promise.race(running);
        }
        for (const { result } of waiting) yield await result;
    } finally {
        await Promise.all(running);
    }
}

interface Turn<R> {
    readonly result: R | Promise<R>;
    settled: boolean;
}
