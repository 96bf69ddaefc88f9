import type { BlobProgress } from "./blobs";

const everyMs = 250;

/** Counts, and tells four times a second. */
export class BlobCounter {
    private objects = 0;
    private bytes = 0;
    private copiedObjects = 0;
    private copiedBytes = 0;
    private toldAt = 0;

    constructor(private readonly tell: ((progress: BlobProgress) => void) | undefined) {}

    /** @param copied whether it had to be copied */
    add(size: number, copied: boolean): void {
        this.objects++;
        this.bytes += size;
        if (copied) {
            this.copiedObjects++;
            this.copiedBytes += size;
        }
        if (this.tell !== undefined && Date.now() - this.toldAt >= everyMs) {
            this.toldAt = Date.now();
            this.tell(this.result());
        }
    }

    result(): BlobProgress {
        const { objects, bytes, copiedObjects, copiedBytes } = this;
        return { objects, bytes, copiedObjects, copiedBytes };
    }
}
