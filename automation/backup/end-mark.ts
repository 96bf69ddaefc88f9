import { Transform, type TransformCallback } from "node:stream";

/**
 * Takes the mark off the end of a stream, and fails where the stream ends without: a connection that was cut may end
 * like one that is done (kubernetes#60140), and half a dump must not look whole.
 */
export class EndMark extends Transform {
    private readonly mark: Buffer;
    /** The last bytes so far, as many as the mark has: they may be it. */
    private held: Buffer = Buffer.alloc(0);

    /** @param what as in "... ends too early" */
    constructor(
        mark: string,
        private readonly what: string,
    ) {
        super();
        this.mark = Buffer.from(mark);
    }

    override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
        const all = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
        const sure = Math.max(0, all.length - this.mark.length);
        this.held = all.subarray(sure);
        done(null, all.subarray(0, sure));
    }

    override _flush(done: TransformCallback): void {
        if (this.held.equals(this.mark)) done();
        else done(new Error(`${this.what} ends too early: the connection was cut`));
    }
}
