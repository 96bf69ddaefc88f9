import { sideBySide } from "../objects/merge";
import { inParallel } from "../objects/parallel";
import type { ObjectStore } from "../objects/store";
import type { BlobOptions, BlobProblem, BlobProgress, BlobSet, InventoryLine, RestoreBlobsOptions } from "./blobs";
import { readInventory } from "./blobs-inventory";
import { kindOf, registryRoot } from "./blobs-keys";
import { BlobProblems } from "./blobs-problems";
import { BlobCounter } from "./blobs-progress";
import { hashOf, transfer } from "./blobs-transfer";

const defaultConcurrency = 8;

/**
 * Reads every object of a set to its end and compares its digest. @returns what is wrong, a thousand at most
 * @throws where the inventory itself is damaged, or the object store does not answer
 */
export async function verifyBlobs(
    target: ObjectStore,
    set: BlobSet,
    { signal, onProgress, concurrency = defaultConcurrency }: BlobOptions,
): Promise<readonly BlobProblem[]> {
    const problems = new BlobProblems();
    const counter = new BlobCounter(onProgress);
    await inParallel(readInventory(target, set), concurrency, signal, async (line) => {
        if (problems.tooMany) return;
        try {
            const { size, sha256 } = await hashOf(target, line.stored, line.size);
            if (size !== line.size) problems.add(unequal(target, line, "size", `${String(size)} bytes`));
            else if (`sha256:${sha256}` !== line.digest)
                problems.add(unequal(target, line, "digest", `digest sha256:${sha256}`));
        } catch (error) {
            problems.note(line.stored, error);
        }
        counter.add(line.size, false);
    });
    return problems.found;
}

function unequal(
    { where }: ObjectStore,
    { stored, size, digest }: InventoryLine,
    problem: "size" | "digest",
    has: string,
): BlobProblem {
    const wanted = problem === "size" ? String(size) : digest;
    return { key: stored, problem, detail: `${stored} in ${where} has ${has} in place of ${wanted}` };
}

/**
 * Brings back what the registry's bucket lacks of a set, or has otherwise. Deletes nothing: content that the database
 * does not know of is in nobody's way, and garbage collection takes it. Goes on where an interrupted one was.
 * @throws UserError that names the objects that could not be brought back, the others being back
 */
export async function restoreBlobs(
    target: ObjectStore,
    set: BlobSet,
    registry: ObjectStore,
    { signal, onProgress, readBack = true, concurrency = defaultConcurrency }: RestoreBlobsOptions,
): Promise<BlobProgress> {
    await registry.abandonUploads(registryRoot);
    const problems = new BlobProblems();
    const counter = new BlobCounter(onProgress);
    const pairs = sideBySide(readInventory(target, set), registry.list(registryRoot));
    await inParallel(pairs, concurrency, signal, async ({ left: line, right: there }) => {
        if (line === undefined || problems.tooMany) return;
        const { key, size, stored, digest } = line;
        if (there?.size === size && (kindOf(key).kind === "shared" || there.etag === line.etag)) {
            counter.add(size, false);
            return;
        }
        const sha256 = digest.replace("sha256:", "");
        try {
            await transfer({ from: target, fromKey: stored, to: registry, toKey: key, size, sha256, readBack, signal });
            counter.add(size, true);
        } catch (error) {
            problems.note(stored, error);
        }
    });
    problems.throwIfAny(`of backup ${set.name} could not be brought back`, [
        `npx anchorage backup verify ${set.name} shows what is damaged; restore an older backup for the rest`,
    ]);
    return counter.result();
}
