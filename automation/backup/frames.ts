import { Transform, type TransformCallback } from "node:stream";

/** Bytes of a frame, but for the last one: each costs the reader a process. */
const frameSize = 1 << 20;

/**
 * Puts a stream into frames: the number of bytes in a line of its own, then the bytes; a 0 is the end. Who reads it knows
 * a stream that was cut from one that is done, and needs no end of file, which not every exec passes on (KWOK's does not).
 * {@link unframe} takes them out again.
 */
export class Frames extends Transform {
    private readonly held: Buffer[] = [];
    private size = 0;

    override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
        this.held.push(chunk);
        this.size += chunk.length;
        if (this.size >= frameSize) this.send();
        done();
    }

    override _flush(done: TransformCallback): void {
        this.send();
        this.push("0\n");
        done();
    }

    private send(): void {
        if (this.size === 0) return;
        this.push(`${String(this.size)}\n`);
        this.push(Buffer.concat(this.held));
        this.held.length = 0;
        this.size = 0;
    }
}

/** A shell function: standard input out of its frames; it fails where that was cut. dd reads no byte too much, head does. */
export const unframe = `unframe() {
    while read -r size; do
        [ "$size" -eq 0 ] && return 0
        dd bs="$size" count=1 iflag=fullblock 2>/dev/null || return 1
    done
    return 1
}`;
