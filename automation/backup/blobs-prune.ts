import { ExitCode, UserError } from "../../lib/errors";
import { mergeSorted, sideBySide } from "../objects/merge";
import type { ObjectStore, StoredObject } from "../objects/store";
import type { InventoryLine, PruneBlobsOptions, PrunedBlobs } from "./blobs";
import { readInventory } from "./blobs-inventory";
import { BlobCounter } from "./blobs-progress";
import { keyOfShared, setsRoot, sharedKey } from "./blobs-keys";
import { whileMarked } from "./prune-mark";

/** Deleted in one request, after which it is asked again whether anything may be. */
const keysAtOnce = 500;

/**
 * Deletes what is kept for all sets and no set names any longer. Refused where the bucket has a set that is not among
 * them: one that is being made names nothing yet; ends where one is begun meanwhile. An error on the way leaves what is
 * needed in its place.
 */
export async function pruneBlobs(target: ObjectStore, options: PruneBlobsOptions): Promise<PrunedBlobs> {
    const { keep, signal, marks = {} } = options;
    const known = new Set(keep.map(({ name }) => name));
    const counter = new BlobCounter(options.onProgress);
    const unnamed = async function* (requireMarked: () => void): AsyncIterable<string> {
        const named = mergeSorted(keep.map((set) => onlyShared(readInventory(target, set))));
        for await (const { left, right } of sideBySide(named, shared(target))) {
            signal.throwIfAborted();
            if (left !== undefined || right === undefined) continue;
            requireMarked();
            counter.add(right.size, false);
            yield sharedKey(right.key);
        }
    };
    const check = (): Promise<void> => requireAllSets(target, known);
    await whileMarked(target, marks, check, async (requireMarked) => {
        for await (const batch of batchesOf(unnamed(requireMarked), keysAtOnce)) {
            requireMarked();
            await target.remove(batch);
        }
    });
    const { objects, bytes } = counter.result();
    return { objects, bytes };
}

async function requireAllSets(target: ObjectStore, known: ReadonlySet<string>): Promise<void> {
    const unknown = (await target.folders(setsRoot)).filter((name) => !known.has(name));
    if (unknown.length === 0) return;
    throw new UserError(`nothing can be pruned while backup ${unknown.join(", ")} is incomplete`, {
        details: ["it does not say yet which blobs it needs"],
        next: unknown.map((name) => `npx anchorage backup delete ${name}, if no backup is running`),
        exitCode: ExitCode.refused,
    });
}

async function* onlyShared(lines: AsyncIterable<InventoryLine>): AsyncIterable<InventoryLine> {
    for await (const line of lines) if (line.stored === sharedKey(line.key)) yield line;
}

async function* shared(target: ObjectStore): AsyncIterable<StoredObject> {
    for await (const { key, ...rest } of target.list(sharedKey(""))) yield { key: keyOfShared(key), ...rest };
}

async function* batchesOf(keys: AsyncIterable<string>, size: number): AsyncIterable<string[]> {
    let batch: string[] = [];
    for await (const key of keys) {
        batch.push(key);
        if (batch.length < size) continue;
        yield batch;
        batch = [];
    }
    if (batch.length > 0) yield batch;
}
