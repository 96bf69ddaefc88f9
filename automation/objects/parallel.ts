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
