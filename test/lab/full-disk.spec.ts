import assert from "node:assert/strict";
import { copyBlobs, copyBlobsAhead, verifyBlobs } from "../../automation/backup/blobs";
import { UserError } from "../../lib/errors";
import { keysOf, maySmallDisks, TestObjectStore } from "../support/object-stores";
import { pushImage } from "../support/registry-content";

describe("a copy of the registry's content", function () {
    this.timeout(60_000);
    const { signal } = new AbortController();

    let server: TestObjectStore;

    before(async () => {
        server = await TestObjectStore.start("blobs-source");
    });
    after(() => server.stop());

    it("fails on a disk that is full with what to do, and goes on there once it has room", async function () {
        if (!(await maySmallDisks())) this.skip();
        await server.make("registry");
        const registry = server.open("registry");
        const full = await TestObjectStore.start("blobs-full", 24);
        try {
            await full.make("backup");
            const target = full.open("backup");
            await target.write("ballast", Buffer.alloc(10 * 2 ** 20));
            for (const layer of ["a", "b", "c", "d"])
                await pushImage(registry, layer, Buffer.alloc(4 * 2 ** 20, layer));
            // What fits is kept: one after the other, as much as there is room for.
            const copy = () => copyBlobsAhead(registry, target, { signal, concurrency: 1 });
            await assert.rejects(copy(), (error: unknown) => {
                assert.ok(error instanceof UserError);
                assert.match(error.render(), /507 InsufficientStorage[^]*next: make room in the object store/);
                return true;
            });
            const kept = await keysOf(target, "anchorage/blobs/");
            assert.ok(kept.length > 0, "nothing was copied before it was full");
            await target.remove(["ballast"]);
            const { objects, copiedObjects } = await copy();
            assert.equal(copiedObjects, objects - kept.length);
            const set = { name: "whole", ...(await copyBlobs(registry, target, "whole", { signal })) };
            assert.deepEqual(await verifyBlobs(target, set, { signal }), []);
        } finally {
            await full.stop();
        }
    });
});
