import type { StackOutputs } from "../../config/contract";
import type { ObjectStore } from "../objects/store";
import { pruneBlobs, type BlobProgress, type BlobSet, type PrunedBlobs } from "./blobs";
import type { BackupManifest } from "./manifest";
import { expiredSets, type Expired } from "./retention";
import { listSets, removeSet } from "./sets";
import { requireBackup } from "./stores";
import type { Velero } from "./velero";

export interface PruneOptions {
    readonly outputs: StackOutputs;
    readonly stack: string;
    readonly backups: ObjectStore;
    readonly velero: Pick<Velero, "deleteBackup">;
    readonly signal: AbortSignal;
    readonly now?: number;
    readonly onProgress?: (detail: string) => void;
}

export interface Pruned {
    readonly sets: readonly { readonly name: string; readonly why: string }[];
    readonly blobs: PrunedBlobs;
}

/** The sets of the bucket, and those of the stack that retention no longer keeps. */
export async function findExpired({
    outputs,
    stack,
    backups,
    now = Date.now(),
}: Pick<PruneOptions, "outputs" | "stack" | "backups" | "now">): Promise<{
    readonly sets: readonly BackupManifest[];
    readonly expired: readonly Expired[];
}> {
    const { sets } = await listSets(backups);
    const { registryUrl } = outputs;
    return { sets, expired: expiredSets(sets, { stack, registryUrl }, requireBackup(outputs).retention, now) };
}

/** Deletes the sets that retention no longer keeps, then the blobs that no set needs. Hold the lock meanwhile. */
export async function pruneSets(options: PruneOptions): Promise<Pruned> {
    const { sets, expired } = await findExpired(options);
    for (const { set } of expired) {
        options.signal.throwIfAborted();
        options.onProgress?.(set.name);
        await deleteSet(set, options);
    }
    const gone = new Set(expired.map(({ set }) => set));
    const kept = sets.filter((set) => !gone.has(set));
    const blobs = await pruneUnneeded(kept, options);
    return { sets: expired.map(({ set, why }) => ({ name: set.name, why })), blobs };
}

/**
 * Velero's part first, the manifest last: what a killed command leaves is seen as an incomplete set, and goes with the
 * next one.
 */
export async function deleteSet(
    set: Pick<BackupManifest, "name" | "velero">,
    { velero, backups, onProgress }: Pick<PruneOptions, "velero" | "backups" | "onProgress">,
): Promise<void> {
    await velero.deleteBackup(set.velero.backupName, onProgress ? { onProgress } : {});
    await removeSet(backups, set.name);
}

/** Blobs that none of these sets needs. Refused where the bucket has a set that does not say what it needs. */
export async function pruneUnneeded(
    sets: readonly BackupManifest[],
    { backups, signal, onProgress }: Pick<PruneOptions, "backups" | "signal" | "onProgress">,
): Promise<PrunedBlobs> {
    const keep = sets.flatMap((set): BlobSet[] =>
        set.state === "complete" && set.blobs.kind === "objects"
            ? [{ name: set.name, inventory: set.blobs.inventory }]
            : [],
    );
    const tell = ({ objects }: BlobProgress): void => onProgress?.(`${String(objects)} blobs`);
    return pruneBlobs(backups, { keep, signal, onProgress: tell });
}
