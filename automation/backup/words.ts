/** Amounts in a few words. */

export interface Copied {
    readonly copiedObjects: number;
    readonly copiedBytes: number;
}

export function copied({ copiedObjects, copiedBytes }: Copied): string {
    return copiedObjects === 0 ? "nothing to copy" : `${String(copiedObjects)} copied, ${mebibytes(copiedBytes)}`;
}

export function gibibytes(bytes: number): string {
    return `${(bytes / 1_073_741_824).toFixed(1)} GiB`;
}

export function mebibytes(bytes: number): string {
    return `${(bytes / 1_048_576).toFixed(1)} MiB`;
}
