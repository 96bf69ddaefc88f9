import { inParallel } from "../objects/parallel";
import { ObjectStoreError } from "../objects/errors";
import type { ObjectStore } from "../objects/store";
import type { BlobOptions, BlobProblem } from "./blobs";
import { isShared, keyOfShared, kindOf } from "./blobs-keys";
import { transfer } from "./blobs-transfer";

const defaultConcurrency = 8;

export interface RepairedBlobs {
    /** Keys in the backup bucket that are whole again, for all sets. */
    readonly repaired: readonly string[];
    /** What is still wrong. */
    readonly left: readonly BlobProblem[];
}

/**
 * Copies damaged and lost blobs anew from the registry's bucket, where it still has them: named after their content, they
 * are what they were, or are not taken. What a set keeps for itself (which digest a tag had) is in no other place.
 */
export async function repairBlobs(
    backups: ObjectStore,
    problems: readonly BlobProblem[],
    registry: ObjectStore,
    { signal, concurrency = defaultConcurrency }: BlobOptions,
): Promise<RepairedBlobs> {
    const repaired: string[] = [];
    const left: BlobProblem[] = [];
    await inParallel(problems, concurrency, signal, async (problem) => {
        const why = await repair(backups, problem.key, registry, signal);
        if (why === undefined) repaired.push(problem.key);
        else left.push({ ...problem, detail: `${problem.detail}; ${why}` });
    });
    return { repaired: repaired.sort(), left };
}

/** @returns why it could not be repaired */
async function repair(
    backups: ObjectStore,
    stored: string,
    registry: ObjectStore,
    signal: AbortSignal,
): Promise<string | undefined> {
    if (!isShared(stored)) return "it is in no other place";
    const key = keyOfShared(stored);
    const kind = kindOf(key);
    if (kind.kind !== "shared") return "it is in no other place";
    try {
        const found = await registry.head(key);
        if (found === undefined) return "the registry has it no longer";
        const { sha256 } = kind;
        const task = { from: registry, fromKey: key, to: backups, toKey: stored, size: found.size, sha256 };
        await transfer({ ...task, readBack: true, signal });
        return undefined;
    } catch (error) {
        if (!(error instanceof ObjectStoreError) || (error.kind !== "mismatch" && error.kind !== "truncated"))
            throw error;
        return "the registry's is damaged as well";
    }
}
