import { createHash } from "node:crypto";
import { Transform, type Readable, type TransformCallback } from "node:stream";

/** What is thrown where a body broke. @param error what the connection said @param came bytes */
export type Broken = (error: unknown, came: number) => Error;

/**
 * The body of an answer, which ends with an error where fewer bytes come than were promised, where the connection
 * breaks, and when the signal is given.
 * @param convert is told what the connection said and how many bytes came
 */
export function wholeBody(body: Readable, size: number, signal: AbortSignal, convert: Broken): Readable {
    let came = 0;
    const whole = new Transform({
        highWaterMark: 2 ** 18,
        transform(chunk: Buffer, _encoding, done) {
            came += chunk.length;
            done(undefined, chunk);
        },
        flush(done) {
            done(came === size ? null : convert(undefined, came));
        },
    });
    const abort = (): void => {
        whole.destroy(convert(signal.reason, came));
    };
    signal.addEventListener("abort", abort, { once: true });
    body.once("error", (error) => whole.destroy(convert(error, came)));
    whole.once("close", () => {
        signal.removeEventListener("abort", abort);
        // Frees the connection where the content was not wanted to its end.
        if (!body.readableEnded) body.destroy();
    });
    return body.pipe(whole);
}

/**
 * Lets content through, counts it and takes its SHA-256. The last piece is kept back until the whole is known to be
 * right: whoever takes the content on never has all of a wrong one.
 */
export class HashedBody extends Transform {
    /** So named because the SDK takes a `size` of a stream for its length. */
    bytes = 0;
    private readonly hash = createHash("sha256");
    private held: Buffer | undefined;
    private digest: string | undefined;

    /** @param check is told what came, before its last piece goes on; what it returns ends the stream in its place */
    constructor(private readonly check?: (came: { size: number; sha256: string }) => Error | undefined) {
        super({ highWaterMark: 2 ** 18 });
    }

    /** In hexadecimal, once all of it came. */
    get sha256(): string {
        if (this.digest === undefined) throw new Error("the content has not ended yet");
        return this.digest;
    }

    override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
        this.hash.update(chunk);
        this.bytes += chunk.length;
        if (this.held !== undefined) this.push(this.held);
        this.held = chunk;
        done();
    }

    override _flush(done: TransformCallback): void {
        this.digest = this.hash.digest("hex");
        const error = this.check?.({ size: this.bytes, sha256: this.digest });
        if (error === undefined && this.held !== undefined) this.push(this.held);
        done(error);
    }
}
