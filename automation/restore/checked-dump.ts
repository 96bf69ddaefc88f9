import { createHash } from "node:crypto";
import { Transform, type TransformCallback } from "node:stream";
import { UserError } from "../../lib/errors";

/**
 * Lets a dump through, and keeps its last piece back until size and digest are those of the manifest: whoever reads it
 * never gets the whole of another one, so that a database that is restored in one transaction stays as it is.
 */
export class CheckedDump extends Transform {
    private readonly hash = createHash("sha256");
    private size = 0;
    private held: Buffer | undefined;

    constructor(private readonly expected: { readonly key: string; readonly size: number; readonly sha256: string }) {
        super();
    }

    override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
        this.hash.update(chunk);
        this.size += chunk.length;
        const before = this.held;
        this.held = chunk;
        if (before === undefined) done();
        else done(null, before);
    }

    override _flush(done: TransformCallback): void {
        const { key, size, sha256 } = this.expected;
        const actual = this.hash.digest("hex");
        if (this.size === size && actual === sha256) {
            done(null, this.held);
            return;
        }
        const found = `${String(this.size)} bytes with sha256 ${actual}`;
        done(
            new UserError(`the dump is not the one that the backup wrote`, {
                details: [`${key}: ${found} in place of ${String(size)} bytes with sha256 ${sha256}`],
                next: ["restore another backup: npx anchorage backup list"],
            }),
        );
    }
}
