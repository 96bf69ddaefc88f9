const ascii = /^[\x00-\x7f]*$/;

/** In the order of their bytes, in which S3 lists; JavaScript's own order is another beyond ASCII. */
export function compareKeys(a: string, b: string): number {
    if (a === b) return 0;
    if (ascii.test(a) && ascii.test(b)) return a < b ? -1 : 1;
    return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
