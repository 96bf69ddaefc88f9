import type { MarkTimes } from "./prune-mark";

/**
 * The registry's content in a backup: objects that never change under their key are kept once for all sets, the few
 * others by each set. Nothing here holds more than a page of keys in memory.
 */
export { copyBlobs, copyBlobsAhead } from "./blobs-copy";
export { pruneBlobs } from "./blobs-prune";
export { restoreBlobs, verifyBlobs } from "./blobs-verify";

/** What a backup set says of the registry's content. */
export interface BlobsPart {
    /** Objects in the set. */
    readonly count: number;
    /** Bytes of them all. */
    readonly bytes: number;
    /** The list of them, `anchorage/sets/<name>/blobs.jsonl.gz`. */
    readonly inventory: InventoryReference;
}

export interface InventoryReference {
    readonly key: string;
    readonly size: number;
    /** Of the compressed list, in hexadecimal. */
    readonly sha256: string;
}

/** One line of the inventory; the lines are in the order of the keys' bytes. */
export interface InventoryLine {
    /** Key in the registry's bucket, below its prefix. */
    readonly key: string;
    readonly size: number;
    /** Of the stored copy. */
    readonly etag: string;
    /** `sha256:...` of its content. */
    readonly digest: string;
    /** Key in the backup bucket. */
    readonly stored: string;
}

export interface BlobProgress {
    /** Objects that were looked at, and their bytes. */
    readonly objects: number;
    readonly bytes: number;
    /** Of these, what had to be copied. */
    readonly copiedObjects: number;
    readonly copiedBytes: number;
}

export interface BlobOptions {
    readonly signal: AbortSignal;
    /** Told several times a second at most. */
    readonly onProgress?: (progress: BlobProgress) => void;
    /** Objects on their way at once. @default 8 */
    readonly concurrency?: number;
}

export interface CopyBlobsOptions extends BlobOptions {
    /**
     * Blobs that the server copied are read back and their digest compared. @default true; false: the content of blobs
     * that never came by here is believed, until `backup verify` reads it
     */
    readonly readBack?: boolean;
}

/** What is wrong with an object of a set, or of the registry's bucket. */
export interface BlobProblem {
    readonly key: string;
    readonly problem: "missing" | "size" | "digest";
    /** A sentence. */
    readonly detail: string;
}

/** What restoring, verifying and pruning need of a set. */
export interface BlobSet {
    readonly name: string;
    readonly inventory: InventoryReference;
}

export interface RestoreBlobsOptions extends BlobOptions {
    /** Blobs that the server copied are read back and their digest compared. @default true */
    readonly readBack?: boolean;
}

export interface PruneBlobsOptions extends BlobOptions {
    /** Every set of the bucket that has an inventory. */
    readonly keep: readonly BlobSet[];
    /** Of the mark that is in the bucket meanwhile. */
    readonly marks?: MarkTimes;
}

export interface PrunedBlobs {
    readonly objects: number;
    readonly bytes: number;
}
