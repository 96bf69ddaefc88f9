import { compareKeys } from "./keys";

interface Keyed {
    readonly key: string;
}

/** Walks two sorted listings side by side: each key once, with what either has of it. */
export async function* sideBySide<A extends Keyed, B extends Keyed>(
    left: AsyncIterable<A>,
    right: AsyncIterable<B>,
): AsyncIterable<{ readonly left?: A; readonly right?: B }> {
    const lefts = left[Symbol.asyncIterator]();
    const rights = right[Symbol.asyncIterator]();
    try {
        let [a, b] = await Promise.all([lefts.next(), rights.next()]);
        while (a.done !== true || b.done !== true) {
            const order = a.done === true ? 1 : b.done === true ? -1 : compareKeys(a.value.key, b.value.key);
            yield {
                ...(order <= 0 && a.done !== true ? { left: a.value } : {}),
                ...(order >= 0 && b.done !== true ? { right: b.value } : {}),
            };
            if (order <= 0) a = await lefts.next();
            if (order >= 0) b = await rights.next();
        }
    } finally {
        await Promise.all([lefts.return?.(), rights.return?.()]);
    }
}

/** Many sorted lists as one; of equal keys the first list's. Their number is held in memory, not their length. */
export async function* mergeSorted<T extends Keyed>(lists: readonly AsyncIterable<T>[]): AsyncIterable<T> {
    const heads = await Promise.all(
        lists.map(async (list) => {
            const iterator = list[Symbol.asyncIterator]();
            return { iterator, item: await iterator.next() };
        }),
    );
    try {
        for (;;) {
            let least: T | undefined;
            for (const { item } of heads) {
                if (item.done === true) continue;
                if (least === undefined || compareKeys(item.value.key, least.key) < 0) least = item.value;
            }
            if (least === undefined) return;
            yield least;
            for (const head of heads) {
                if (head.item.done !== true && head.item.value.key === least.key) {
                    head.item = await head.iterator.next();
                }
            }
        }
    } finally {
        for (const { iterator } of heads) await iterator.return?.();
    }
}

/** Walks to the end, for what happens on the way. */
export async function drain(items: AsyncIterable<unknown>): Promise<void> {
    const iterator = items[Symbol.asyncIterator]();
    while ((await iterator.next()).done !== true);
}
