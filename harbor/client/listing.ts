import type { Deadline } from "./deadline";
import type { Transport, Call, Answer } from "./transport";

/** Items on a page: the most that Harbor gives (422 above). */
export const pageSize = 100;

export interface ListOptions {
    /** Pages that are fetched at once. @default 4 */
    readonly concurrency?: number;
}

interface Page<T> {
    readonly items: readonly T[];
    /** Items of all pages, where the answer says so. */
    readonly total: number | undefined;
}

/**
 * A list of Harbor's, page by page. The first page says how many items there are; the further ones are fetched
 * some at a time, and come in order. What is made or deleted meanwhile may be missed or come twice, as in every list
 * by page number.
 */
export class Listing<T> implements AsyncIterable<T> {
    constructor(
        private readonly transport: Transport,
        private readonly call: Call,
        private readonly read: (answer: Answer) => readonly T[],
        /** The time for all pages together; begins with the first one. */
        private readonly begin: () => Deadline,
        private readonly options: ListOptions = {},
    ) {}

    async *[Symbol.asyncIterator](): AsyncIterator<T> {
        for await (const page of this.pages()) yield* page;
    }

    async toArray(): Promise<T[]> {
        const items: T[] = [];
        for await (const page of this.pages()) for (const item of page) items.push(item);
        return items;
    }

    /** How many items there are; fetches one of them at most. */
    async total(): Promise<number> {
        const { items, total } = await this.fetch(1, this.begin(), 1);
        return total ?? items.length;
    }

    /** The pages in order; up to `concurrency` of them under way, and as many again that wait for their turn. */
    async *pages(): AsyncGenerator<readonly T[]> {
        const concurrency = Math.max(1, this.options.concurrency ?? 4);
        const deadline = this.begin();
        const first = await this.fetch(1, deadline);
        yield first.items;
        let total = first.total;
        let last = first.items.length;
        let next = 2;
        let underWay = 0;
        let ended = false;
        const inOrder: Promise<Page<T>>[] = [];
        // Without a total, one page at a time until one is not full.
        const isThere = (): boolean =>
            total === undefined ? last === pageSize && inOrder.length === 0 : (next - 1) * pageSize < total;
        const fill = (): void => {
            while (!ended && isThere() && underWay < concurrency && inOrder.length < 2 * concurrency) {
                underWay++;
                const page = this.fetch(next++, deadline);
                inOrder.push(page);
                // One page is not to keep the others waiting: the next one begins as soon as any is there. A failure is
                // thrown below, in its turn; no page begins after it.
                page.then(
                    (answer) => {
                        underWay--;
                        total = answer.total ?? total;
                        if (total !== undefined) fill();
                    },
                    () => (ended = true),
                );
            }
        };
        try {
            for (;;) {
                fill();
                const current = await inOrder.shift();
                if (current === undefined) return;
                last = current.items.length;
                yield current.items;
            }
        } finally {
            ended = true;
        }
    }

    private async fetch(page: number, deadline: Deadline, size = pageSize): Promise<Page<T>> {
        const query = { ...this.call.query, page, page_size: size };
        const answer = await this.transport.send({ ...this.call, query }, deadline);
        const total = Number(answer.header("x-total-count") ?? "none");
        return { items: this.read(answer), total: Number.isInteger(total) ? total : undefined };
    }
}
