import { ObjectStoreError } from "../objects/errors";
import { drain, mergeSorted, sideBySide } from "../objects/merge";
import { mapInOrder } from "../objects/parallel";
import type { ObjectStore, StoredObject } from "../objects/store";
import type { BlobProgress, BlobsPart, CopyBlobsOptions, InventoryLine } from "./blobs";
import { Spool, writeInventory } from "./blobs-inventory";
import { contentRoot, keyOfShared, kindOf, linkRoot, ownKey, sharedKey } from "./blobs-keys";
import { BlobProblems } from "./blobs-problems";
import { BlobCounter } from "./blobs-progress";
import { transfer } from "./blobs-transfer";

const defaultConcurrency = 8;
/** Milliseconds after which nobody goes on with an upload in parts. */
const abandonedAfterMs = 24 * 3_600_000;
/** Results that may wait for a large object before them. */
const ahead = 512;

/**
 * Before Harbor is read-only: copies what never changes under its key, so that the pass after it has little to do. What
 * the registry deletes meanwhile is not missed. Goes on where an interrupted one was.
 */
export async function copyBlobsAhead(
    source: ObjectStore,
    target: ObjectStore,
    options: CopyBlobsOptions,
): Promise<BlobProgress> {
    // Younger ones may be of another stack that is backing up into the same bucket.
    await target.abandonUploads("anchorage/", abandonedAfterMs);
    const pass = new Pass(source, target, undefined, options);
    for (const root of [linkRoot, contentRoot]) await drain(pass.shared(root));
    pass.end();
    return pass.counter.result();
}

/**
 * The set's own pass, garbage collection being paused: copies what is not there yet, and writes the inventory. Links
 * are listed before the contents that they lead to, tags before links: what is pushed meanwhile is in the set as a
 * whole or, where its tag came too late, without a way to it; never half.
 */
export async function copyBlobs(
    source: ObjectStore,
    target: ObjectStore,
    setName: string,
    options: CopyBlobsOptions,
): Promise<BlobsPart & BlobProgress> {
    const pass = new Pass(source, target, setName, options);
    const spools = await Promise.all([Spool.open(), Spool.open(), Spool.open()]);
    const [tags, links, contents] = spools;
    try {
        await tags.write(pass.own(linkRoot));
        await links.write(pass.shared(linkRoot));
        await contents.write(pass.shared(contentRoot, { withOwn: true }));
        pass.end();
        const lines = mergeSorted([contents.read(), links.read(), tags.read()]);
        const inventory = await writeInventory(target, setName, lines);
        const { objects: count, bytes, ...copied } = pass.counter.result();
        return { count, bytes, inventory, objects: count, ...copied };
    } finally {
        await Promise.all(spools.map((spool) => spool.close()));
    }
}

/** One walk through the registry's bucket. */
class Pass {
    readonly counter: BlobCounter;
    private readonly problems = new BlobProblems();

    constructor(
        private readonly source: ObjectStore,
        private readonly target: ObjectStore,
        /** Absent: the pass before the set's own. */
        private readonly set: string | undefined,
        private readonly options: CopyBlobsOptions,
    ) {
        this.counter = new BlobCounter(options.onProgress);
    }

    /** Copies what is shared and not there yet. @param withOwn what somebody else put beside it, too */
    async *shared(root: string, { withOwn = false } = {}): AsyncIterable<InventoryLine> {
        yield* this.each(sharedSideBySide(this.source, this.target, root), ({ left, right }) => {
            if (left === undefined) return undefined;
            const kind = kindOf(left.key);
            if (kind.kind === "own" && withOwn) return this.copyOwn(left);
            if (kind.kind !== "shared") return undefined;
            const stored = sharedKey(left.key);
            // Named after its content: of one size it is the same.
            if (right?.size !== left.size) return this.copy(left, stored, kind.sha256);
            this.counter.add(left.size, false);
            return lineOf(left, stored, right.etag, kind.sha256);
        });
    }

    /** Copies what the set keeps for itself. */
    async *own(root: string): AsyncIterable<InventoryLine> {
        yield* this.each(this.source.list(root), (object) =>
            kindOf(object.key).kind === "own" ? this.copyOwn(object) : undefined,
        );
    }

    /** @throws UserError that names the objects that could not be copied */
    end(): void {
        this.problems.throwIfAny(`of ${this.source.where} could not be copied`, [
            "push these images again, or delete them from Harbor and collect garbage; then run the command again",
        ]);
    }

    private async *each<T>(
        items: AsyncIterable<T>,
        work: (item: T) => InventoryLine | undefined | Promise<InventoryLine | undefined>,
    ): AsyncIterable<InventoryLine> {
        const { signal, concurrency = defaultConcurrency } = this.options;
        for await (const line of mapInOrder(items, { atOnce: concurrency, ahead, signal }, work)) {
            if (line !== undefined) yield line;
            if (this.problems.tooMany) this.end();
        }
    }

    private copyOwn(object: StoredObject): Promise<InventoryLine | undefined> {
        if (this.set === undefined) throw new Error("only a set has objects of its own");
        return this.copy(object, ownKey(this.set, object.key), undefined);
    }

    private async copy(
        object: StoredObject,
        stored: string,
        sha256: string | undefined,
    ): Promise<InventoryLine | undefined> {
        const { source, target, options } = this;
        const task = { from: source, fromKey: object.key, to: target, toKey: stored, size: object.size };
        const expected = sha256 === undefined ? {} : { sha256 };
        try {
            const { readBack = true, signal } = options;
            const copied = await transfer({ ...task, ...expected, readBack, signal });
            this.counter.add(copied.size, true);
            return lineOf({ key: object.key, size: copied.size }, stored, copied.etag, copied.sha256);
        } catch (error) {
            // Before the set's own pass nothing holds garbage collection back.
            if (this.set === undefined && isMissing(error)) return undefined;
            this.problems.note(object.key, error);
            return undefined;
        }
    }
}

/** What is kept for all sets and not in the backup bucket yet, as far as can be seen without reading it. */
export async function* missingBlobs(source: ObjectStore, target: ObjectStore): AsyncIterable<StoredObject> {
    for (const root of [linkRoot, contentRoot]) {
        for await (const { left, right } of sharedSideBySide(source, target, root))
            if (left !== undefined && kindOf(left.key).kind === "shared" && right?.size !== left.size) yield left;
    }
}

/** The registry's bucket beside what is kept of it for all sets. */
function sharedSideBySide(
    source: ObjectStore,
    target: ObjectStore,
    root: string,
): AsyncIterable<{ readonly left?: StoredObject; readonly right?: StoredObject }> {
    return sideBySide(source.list(root), underOwnKeys(target.list(sharedKey(root))));
}

/** What is kept for all sets, under its keys in the registry's bucket. */
async function* underOwnKeys(objects: AsyncIterable<StoredObject>): AsyncIterable<StoredObject> {
    for await (const { key, ...rest } of objects) yield { key: keyOfShared(key), ...rest };
}

function lineOf(
    { key, size }: { readonly key: string; readonly size: number },
    stored: string,
    etag: string,
    sha256: string,
): InventoryLine {
    return { key, size, etag, digest: `sha256:${sha256}`, stored };
}

function isMissing(error: unknown): boolean {
    return error instanceof ObjectStoreError && error.kind === "missing";
}
