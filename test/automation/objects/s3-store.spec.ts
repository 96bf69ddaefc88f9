import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { truncate } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { ObjectStoreError, type ObjectStoreFailure } from "../../../automation/objects/errors";
import { S3Door } from "../../../automation/objects/s3-door";
import { S3Pieces } from "../../../automation/objects/s3-pieces";
import { openObjectStore, type ObjectStore } from "../../../automation/objects/store";
import { freePort } from "../../../lib/ports";
import { waitFor } from "../../../lib/wait";
import { keysOf, TestObjectStore } from "../../support/object-stores";

const MiB = 2 ** 20;
const sha256 = (content: Buffer): string => createHash("sha256").update(content).digest("hex");
const signal = new AbortController().signal;

/** Matches the error of a store: its kind, and what must not be in it. */
function failing(kind: ObjectStoreFailure, text: RegExp, ...secrets: string[]): (error: unknown) => true {
    return (error) => {
        assert.ok(error instanceof ObjectStoreError, String(error));
        assert.equal(error.kind, kind, error.render());
        assert.match(error.render(), text);
        for (const secret of secrets) assert.ok(!error.render().includes(secret));
        return true;
    };
}

describe("objects of a real S3", function () {
    this.timeout(60_000);

    let server: TestObjectStore;
    let store: ObjectStore;

    before(async () => {
        server = await TestObjectStore.start("objects");
        await server.make("things");
        store = server.open("things", { prefix: "below", partsFrom: 6 * MiB, partSize: 5 * MiB });
    });
    after(() => server.stop());

    for (const [what, size] of [
        ["in one piece", 3 * MiB],
        ["in parts, the last one short", 13 * MiB],
        ["in parts that fit", 10 * MiB],
        ["that are empty", 0],
    ] as const) {
        it(`are written and read ${what}, of a known size and of none`, async () => {
            const content = randomBytes(size);
            for (const options of [{}, { size, sha256: sha256(content) }]) {
                const written = await store.write("whole", Readable.from([content]), options);
                assert.deepEqual([written.size, written.sha256], [size, sha256(content)]);
                const { size: told, etag, body } = await store.open("whole");
                assert.deepEqual([told, etag], [size, written.etag]);
                assert.ok(content.equals(await buffer(body)));
            }
            assert.equal(await store.abandonUploads(""), 0, "no part is left");
        });
    }

    it("go by plain requests where they are small, whatever their key, and by the SDK where that fails", async () => {
        const pieces = new S3Pieces(
            new S3Door(server.output("things", "below"), server.keys, signal, {}),
            server.keys,
            {},
        );
        const content = randomBytes(MiB);
        for (const key of ["plain", "a b/(ü)*!'~+&=?%41#.$@:,", "docker/registry/v2/blobs/sha256/ab/data"]) {
            const written = await store.write(key, content);
            assert.equal(await pieces.write(key, content, sha256(content)), written.etag);
            assert.ok(content.equals((await pieces.read(key)) ?? Buffer.alloc(0)));
            const room = Buffer.alloc(2 * MiB);
            assert.equal((await pieces.read(key, room))?.buffer, room.buffer);
            assert.ok(content.equals(await store.readWhole(key)));
        }
        // Not what the signature says: the server takes nothing, and what is there stays.
        assert.equal(await pieces.write("plain", Buffer.from("other"), sha256(content)), undefined);
        assert.ok(content.equals(await store.readWhole("plain")));
        assert.equal(await pieces.read("no-such-key"), undefined);
        await assert.rejects(store.readWhole("no-such-key"), failing("missing", /no-such-key/));
        pieces.close();
        assert.ok(content.equals((await pieces.read("plain")) ?? Buffer.alloc(0)), "opens its connections again");
        pieces.close();
    });

    it("are not there where their source broke, in one piece and in parts; what was there before stays", async () => {
        for (const [size, options] of [
            [2 * MiB, { size: 4 * MiB }],
            [14 * MiB, {}],
            [14 * MiB, { size: 20 * MiB }],
        ] as const) {
            await store.write("before", "as it was");
            const source = Readable.from(
                (function* () {
                    for (let sent = 0; sent < size; sent += MiB) yield randomBytes(MiB);
                    throw new Error("the dump broke");
                })(),
            );
            await assert.rejects(store.write("before", source, options), /the dump broke/);
            assert.equal(await store.readText("before"), "as it was");
            assert.equal(await store.abandonUploads(""), 0, "no part is left");
        }
    });

    it("are not there where they are not what they had to be", async () => {
        for (const size of [MiB, 12 * MiB]) {
            const wanted = { size, sha256: "0".repeat(64) };
            const writing = store.write("other", Readable.from([randomBytes(size)]), wanted);
            await assert.rejects(writing, failing("mismatch", /its content has sha256 [0-9a-f]{64} in place of 0000/));
            const short = store.write("other", Readable.from([randomBytes(size - 1)]), { size });
            await assert.rejects(short, failing("truncated", /of \d+ bytes came/));
            assert.equal(await store.head("other"), undefined);
        }
        assert.equal(await store.abandonUploads(""), 0);
    });

    it("are copied by the server, in parts too, and not from another one", async () => {
        const content = randomBytes(12 * MiB);
        await store.write("from", content);
        const beside = server.open("things", { prefix: "beside", partsFrom: 6 * MiB, partSize: 5 * MiB });
        assert.ok(await beside.copyFrom(store, "from", "to", content.length));
        assert.ok(content.equals(await buffer(await beside.read("to"))));
        assert.equal(await beside.abandonUploads(""), 0);
        const output = { ...server.output("things"), endpoint: server.endpoint.replace("127.0.0.1", "localhost") };
        const other = openObjectStore(output, server.keys, signal);
        assert.equal(await other.copyFrom(store, "from", "to", content.length), undefined);
        other.close();
    });

    it("have the size that the server has of them, also where a file was cut", async () => {
        await store.write("short", randomBytes(MiB));
        const { size, body } = await store.open("short");
        body.destroy();
        await truncate(server.fileOf("things", "below/short"), 1000);
        const now = await store.open("short");
        // The server tells the size that the file has: who knows better compares.
        assert.deepEqual([size, now.size], [MiB, 1000]);
        assert.equal((await buffer(now.body)).length, 1000);
    });

    it("are refused with wrong keys, which no message holds", async () => {
        const accessKey = server.keys.accessKey;
        const wrong = openObjectStore(server.output("things"), { accessKey, secretKey: "wrong-secret-key" }, signal);
        const told = failing("keys", /next: the Secret with the keys/, "wrong-secret-key");
        await assert.rejects(wrong.write("a", "b"), told);
        await assert.rejects(wrong.readText("a"), told);
        await assert.rejects(keysOf(wrong), told);
        wrong.close();
        const nobody = openObjectStore(
            server.output("things"),
            { accessKey: "nobody", secretKey: "secret-key" },
            signal,
        );
        await assert.rejects(nobody.write("a", "b"), failing("keys", /./));
        nobody.close();
    });

    it("are looked for in vain in a bucket that there is not", async () => {
        const nowhere = server.open("no-such-bucket");
        await assert.rejects(nowhere.write("a", "b"), failing("no-bucket", /npx anchorage up makes the bucket/));
        await assert.rejects(keysOf(nowhere), failing("no-bucket", /no-such-bucket/));
    });
});

describe("an object store that does not do as it should", function () {
    this.timeout(60_000);

    const servers: Server[] = [];
    const keys = { accessKey: "AKIAEXAMPLE", secretKey: "a-long-secret-key" };

    async function answering(listener: RequestListener): Promise<ObjectStore> {
        const server = createServer(listener).listen(0, "127.0.0.1");
        servers.push(server);
        await new Promise((resolve) => server.once("listening", resolve));
        return at((server.address() as AddressInfo).port);
    }

    const at = (port: number, idleTimeoutMs = 60_000, stopped = signal): ObjectStore =>
        openObjectStore(
            { bucket: "b", region: "us-east-1", endpoint: `http://127.0.0.1:${String(port)}`, pathStyle: true },
            keys,
            stopped,
            { idleTimeoutMs },
        );

    afterEach(() => {
        for (const server of servers.splice(0)) {
            server.closeAllConnections();
            server.close();
        }
    });

    it("is unreachable where nobody listens, whatever is asked", async () => {
        const store = at(await freePort());
        const told = failing("unreachable", /ECONNREFUSED[^]*next: see that the object store runs/);
        await assert.rejects(store.head("a"), told);
        await assert.rejects(store.readText("a"), told);
        await assert.rejects(keysOf(store), told);
        await assert.rejects(store.remove(["a"]), told);
        await assert.rejects(store.write("a", "b"), told);
        await assert.rejects(store.write("a", Readable.from([Buffer.from("b")]), { size: 1 }), told);
        await assert.rejects(store.write("a", Readable.from([Buffer.from("b")])), told);
        store.close();
    });

    const full = [
        [507, "InsufficientStorage"],
        [507, "XMinioStorageFull"],
        [403, "QuotaExceeded"],
    ] as const;
    for (const [status, code] of full) {
        it(`is full: ${String(status)} ${code}`, async () => {
            const store = await answering((request, response) => {
                request.resume().once("end", () => {
                    response.writeHead(status, { "content-type": "application/xml" });
                    response.end(`<Error><Code>${code}</Code><Message>no room</Message></Error>`);
                });
            });
            const told = failing("full", /no room[^]*next: make room in the object store or raise its quota/);
            await assert.rejects(store.write("a", Readable.from([Buffer.alloc(1000)]), { size: 1000 }), told);
            store.close();
        });
    }

    it("has another time", async () => {
        const store = await answering((request, response) => {
            request.resume().once("end", () => {
                response.writeHead(403, { "content-type": "application/xml" });
                response.end("<Error><Code>RequestTimeTooSkewed</Code><Message>15 minutes</Message></Error>");
            });
        });
        await assert.rejects(store.write("a", "b"), failing("clock", /next: set this machine's clock/));
        store.close();
    });

    it("breaks off in the midst of an object", async () => {
        const store = await answering((_request, response) => {
            response.writeHead(200, { "content-length": "1000", etag: '"e"' });
            response.write(Buffer.alloc(400));
            setTimeout(() => response.destroy(), 50);
        });
        const { body } = await store.open("a");
        await assert.rejects(buffer(body), /truncated|aborted|400 of 1000|cannot read a/);
        store.close();
    });

    it("says nothing any more", async () => {
        const silent = createServer(() => undefined).listen(0, "127.0.0.1");
        servers.push(silent);
        await new Promise((resolve) => silent.once("listening", resolve));
        const store = at((silent.address() as AddressInfo).port, 300);
        await assert.rejects(store.head("a"), failing("unreachable", /./));
        store.close();
    });

    it("is waited for no longer once the command is interrupted, and asked nothing more", async () => {
        const stop = new AbortController();
        const asked: string[] = [];
        const silent = createServer((request) => asked.push(request.method ?? "")).listen(0, "127.0.0.1");
        servers.push(silent);
        await new Promise((resolve) => silent.once("listening", resolve));
        const store = at((silent.address() as AddressInfo).port, 60_000, stop.signal);
        const [read, write] = [store.readWhole("a"), store.write("a", Buffer.from("b"))].map((asking) =>
            assert.rejects(asking, /interrupted/),
        );
        await waitFor(() => asked.length === 2 || undefined, { what: "two requests", timeoutMs: 10_000 });
        stop.abort(new Error("interrupted"));
        await Promise.all([read, write]);
        await assert.rejects(store.readWhole("a"), /interrupted/);
        assert.deepEqual(asked.toSorted(), ["GET", "PUT"]);
        store.close();
    });
});
