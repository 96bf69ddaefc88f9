import assert from "node:assert/strict";
import { PassThrough, Readable, Writable } from "node:stream";
import { exec, ExecFailure } from "../../lib/exec";

/** Takes all, slowly enough that a sender without backpressure would be ahead of it. */
class Sink extends Writable {
    bytes = 0;

    override _write(chunk: Buffer, _encoding: string, done: () => void): void {
        this.bytes += chunk.length;
        setImmediate(done);
    }
}

describe("exec with streams", () => {
    it("streams standard input and output as bytes, and leaves the output open", async () => {
        const size = 5_000_000;
        const sink = new Sink();
        const blocks = Array.from({ length: size / 100_000 }, () => Buffer.alloc(100_000, 0xff));
        const result = await exec("cat", [], { stdin: Readable.from(blocks), stdout: sink });
        assert.deepEqual([sink.bytes, result.stdout, sink.writableEnded], [size, "", false]);
    });

    it("fails as ever where the process does, whatever it has printed by then", async () => {
        const sink = new Sink();
        await assert.rejects(
            exec("sh", ["-c", "echo part; echo reason >&2; exit 3"], { stdout: sink }),
            (error: unknown) =>
                error instanceof ExecFailure && error.exitCode === 3 && error.stderr.trim() === "reason",
        );
        assert.equal(sink.bytes, 5);
    });

    it("says why a process ended that did not read its input", async () => {
        const endless = new Readable({
            read() {
                this.push(Buffer.alloc(65_536));
            },
        });
        await assert.rejects(
            exec("sh", ["-c", "echo full >&2; exit 4"], { stdin: endless }),
            (error: unknown) => error instanceof ExecFailure && error.exitCode === 4,
        );
        assert.ok(endless.destroyed);
    });

    it("ends the process when the caller's stream fails, and throws that error", async () => {
        const source = new PassThrough();
        source.write("begin");
        const fed = exec("sh", ["-c", "cat; exec sleep 60"], { stdin: source });
        setImmediate(() => source.destroy(new Error("the source broke")));
        await assert.rejects(fed, /the source broke/);
        const early = new PassThrough();
        early.on("error", () => undefined);
        early.destroy(new Error("broken before"));
        await assert.rejects(exec("sleep", ["60"], { stdin: early }), /broken before/);
        const sink = new Writable({
            write: (_chunk, _encoding, done) => {
                done(new Error("the disk is full"));
            },
        });
        await assert.rejects(exec("yes", [], { stdout: sink }), /the disk is full/);
    });
});
