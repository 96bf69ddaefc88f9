import assert from "node:assert/strict";
import { truncate, writeFile } from "node:fs/promises";
import {
    copyBlobs,
    copyBlobsAhead,
    pruneBlobs,
    restoreBlobs,
    verifyBlobs,
    type BlobSet,
} from "../../automation/backup/blobs";
import { repairBlobs } from "../../automation/backup/blobs-repair";
import { readInventory } from "../../automation/backup/blobs-inventory";
import type { ObjectStore } from "../../automation/objects/store";
import { UserError } from "../../lib/errors";
import { waitFor } from "../../lib/wait";
import { keysOf, TestObjectStore } from "../support/object-stores";
import { blobKey, hex, pushImage as push, registryFolder as root, repository } from "../support/registry-content";

describe("the registry's content in a backup", function () {
    this.timeout(60_000);

    let server: TestObjectStore;
    let elsewhere: TestObjectStore;
    let registry: ObjectStore;
    let backup: ObjectStore;
    let turn = 0;
    let names: { registry: string; backup: string };
    const signal = new AbortController().signal;

    before(async () => {
        [server, elsewhere] = await Promise.all([
            TestObjectStore.start("blobs-one"),
            TestObjectStore.start("blobs-two"),
        ]);
    });

    after(async () => {
        await Promise.all([server.stop(), elsewhere.stop()]);
    });

    beforeEach(async () => {
        turn++;
        names = { registry: `registry-${String(turn)}`, backup: `backup-${String(turn)}` };
        await server.make(names.registry);
        await elsewhere.make(names.backup);
        registry = server.open(names.registry);
        backup = elsewhere.open(names.backup, { prefix: "stack" });
    });

    const take = async (name: string): Promise<BlobSet & { count: number; copiedObjects: number }> => ({
        name,
        ...(await copyBlobs(registry, backup, name, { signal })),
    });

    it("copies an image, and brings it back where it was lost", async () => {
        await push(registry, "v1", "layer one");
        await push(registry, "v2", Buffer.alloc(3 * 2 ** 20, "x"));
        await registry.write(`${repository}/_uploads/1/startedat`, "now");
        const ahead = await copyBlobsAhead(registry, backup, { signal });
        assert.equal(ahead.copiedObjects, 10);
        const set = await take("a");
        assert.equal(set.count, 12);
        assert.equal(set.copiedObjects, 2, "only the tags were left to do");
        const before = await keysOf(registry);
        await registry.remove(before);
        const back = await restoreBlobs(backup, set, registry, { signal });
        assert.equal(back.copiedObjects, 12);
        assert.deepEqual(
            await keysOf(registry),
            before.filter((key) => !key.includes("_uploads")),
        );
        assert.deepEqual(await verifyBlobs(backup, set, { signal }), []);
        assert.equal((await restoreBlobs(backup, set, registry, { signal })).copiedObjects, 0);
    });

    it("keeps what never changes once for all sets, and tags for each", async () => {
        const first = await push(registry, "latest", "one");
        const a = await take("a");
        await push(registry, "latest", "two");
        const b = await take("b");
        const shared = await keysOf(backup, "anchorage/blobs/");
        assert.equal(new Set(shared).size, 10);
        assert.equal(b.copiedObjects, 6);
        await restoreBlobs(backup, a, registry, { signal });
        const tag = `${repository}/_manifests/tags/latest/current/link`;
        assert.equal(await registry.readText(tag), `sha256:${first}`);
        // Newer content stays: nobody but the database says that it is not wanted.
        assert.notEqual(await registry.head(blobKey("two")), undefined);
    });

    it("lists the set's objects in order, with the digest of each", async () => {
        await push(registry, "v1", "one", `${root}/repositories/library/a-b`);
        await push(registry, "v1", "one", `${root}/repositories/library/a`);
        await push(registry, "v1", "one", `${root}/repositories/library/a.b/c`);
        const set = await take("a");
        const lines = [];
        for await (const line of readInventory(backup, set)) lines.push(line);
        assert.equal(lines.length, set.count);
        assert.deepEqual(
            lines.map(({ key }) => key),
            await keysOf(registry),
        );
        for (const { key, digest, stored } of lines) {
            const content = (await registry.readText(key)) ?? "";
            assert.equal(digest, `sha256:${hex(content)}`, key);
            assert.equal(await backup.readText(stored), content);
        }
    });

    it("lets the server copy within one server, and reads back what it copied", async () => {
        await server.make(names.backup);
        const beside = server.open(names.backup);
        const layer = Buffer.alloc(2 * 2 ** 20, "y");
        await push(registry, "v1", layer);
        const set = { name: "a", ...(await copyBlobs(registry, beside, "a", { signal })) };
        assert.deepEqual(await verifyBlobs(beside, set, { signal }), []);
        await writeFile(server.fileOf(names.registry, blobKey("other")), "").catch(() => undefined);
        const damaged = Buffer.alloc(2 * 2 ** 20, "z");
        await registry.write(blobKey(damaged), Buffer.alloc(2 * 2 ** 20, "?"));
        await assert.rejects(copyBlobs(registry, beside, "b", { signal }), /1 object of s3:.* could not be copied/);
        assert.equal(await beside.head(`anchorage/blobs/${blobKey(damaged)}`), undefined);
    });

    it("names every damaged object, having copied the others, and writes no inventory", async () => {
        await push(registry, "v1", "whole");
        await push(registry, "v2", "cut short");
        await truncate(server.fileOf(names.registry, blobKey("cut short")), 3);
        await registry.write(`${repository}/_layers/sha256/${hex("whole")}/link`, "sha256:0000");
        await assert.rejects(take("a"), (error: UserError) => {
            assert.match(error.message, /^2 objects of s3:\/\/registry/);
            assert.ok(error.details.some((detail) => detail.includes(blobKey("cut short"))));
            assert.ok(error.details.some((detail) => detail.includes("_layers")));
            return true;
        });
        assert.equal(await backup.head("anchorage/sets/a/blobs.jsonl.gz"), undefined);
        assert.notEqual(await backup.head(`anchorage/blobs/${blobKey("whole")}`), undefined);
        assert.equal(await backup.head(`anchorage/blobs/${blobKey("cut short")}`), undefined);
    });

    it("repairs what the registry still has, and names the rest", async () => {
        for (const layer of ["good", "other", "lost", "gone", "bad"]) await push(registry, layer, layer);
        const set = await take("a");
        const stored = (layer: string): string => `anchorage/blobs/${blobKey(layer)}`;
        const tag = `anchorage/sets/a/objects/${repository}/_manifests/tags/good/current/link`;
        await backup.write(stored("other"), "wrong");
        await backup.remove([stored("lost"), stored("gone"), stored("bad"), tag]);
        await registry.remove([blobKey("gone")]);
        await registry.write(blobKey("bad"), "???");
        const problems = await verifyBlobs(backup, set, { signal });
        const { repaired, left } = await repairBlobs(backup, problems, registry, { signal });
        assert.deepEqual(repaired, [stored("lost"), stored("other")].sort());
        const why = Object.fromEntries(left.map(({ key, detail }) => [key, detail.split("; ").at(-1)]));
        assert.deepEqual(why, {
            [stored("gone")]: "the registry has it no longer",
            [stored("bad")]: "the registry's is damaged as well",
            [tag]: "it is in no other place",
        });
        assert.equal((await verifyBlobs(backup, set, { signal })).length, left.length);
    });

    it("finds what was lost, cut or changed in a set, and restores the rest of it", async () => {
        for (const layer of ["good", "lost", "short", "other"]) await push(registry, layer, layer);
        const set = await take("a");
        const stored = (layer: string): string => `anchorage/blobs/${blobKey(layer)}`;
        await backup.remove([stored("lost")]);
        await backup.write(stored("short"), "sho");
        await backup.write(stored("other"), "wrong");
        const problems = await verifyBlobs(backup, set, { signal });
        assert.deepEqual(
            problems.map(({ key, problem }) => [key, problem]).sort(),
            [
                [stored("lost"), "missing"],
                [stored("other"), "digest"],
                [stored("short"), "size"],
            ].sort(),
        );
        await registry.remove(await keysOf(registry));
        await assert.rejects(restoreBlobs(backup, set, registry, { signal }), /^UserError: 3 objects of backup a/);
        assert.equal(await registry.readText(blobKey("good")), "good");
        assert.equal(await registry.head(blobKey("other")), undefined, "nothing wrong is written");
    });

    it("refuses a set whose inventory was changed", async () => {
        await push(registry, "v1", "one");
        const set = await take("a");
        const wrong = { ...set, inventory: { ...set.inventory, sha256: "0".repeat(64) } };
        await assert.rejects(verifyBlobs(backup, wrong, { signal }), /the inventory of backup a is damaged/);
        await assert.rejects(restoreBlobs(backup, wrong, registry, { signal }), /the inventory of backup a is damaged/);
        await assert.rejects(pruneBlobs(backup, { keep: [wrong], signal }), /the inventory of backup a is damaged/);
    });

    it("brings back what is of another size, or a tag that leads elsewhere", async () => {
        await push(registry, "v1", "one");
        const set = await take("a");
        await truncate(server.fileOf(names.registry, blobKey("one")), 1);
        await registry.write(`${repository}/_manifests/tags/v1/current/link`, `sha256:${"0".repeat(64)}`);
        assert.equal((await restoreBlobs(backup, set, registry, { signal })).copiedObjects, 2);
        assert.equal(await registry.readText(blobKey("one")), "one");
    });

    it("prunes what no set names, and nothing else", async () => {
        await push(registry, "v1", "shared");
        await push(registry, "old", "of the old one");
        const a = await take("a");
        await registry.remove((await keysOf(registry)).filter((key) => !key.includes(hex("shared"))));
        await push(registry, "v1", "shared");
        const b = await take("b");
        for (const name of ["a", "b"]) await backup.write(`anchorage/sets/${name}/manifest.json`, "{}");
        assert.equal((await pruneBlobs(backup, { keep: [a, b], signal })).objects, 0);
        await assert.rejects(pruneBlobs(backup, { keep: [b], signal }), /while backup a is incomplete/);
        await backup.remove(await keysOf(backup, "anchorage/sets/a/"));
        const pruned = await pruneBlobs(backup, { keep: [b], signal });
        assert.ok(pruned.objects >= 4 && pruned.bytes > 0);
        assert.equal(await backup.head(`anchorage/blobs/${blobKey("of the old one")}`), undefined);
        assert.deepEqual(await verifyBlobs(backup, b, { signal }), []);
        assert.equal((await pruneBlobs(backup, { keep: [b], signal })).objects, 0);
    });

    it("goes on where an interrupted copy was", async () => {
        for (let n = 0; n < 20; n++) await push(registry, `v${String(n)}`, `layer ${String(n)}`);
        const interrupt = new AbortController();
        const once = server.open(names.registry, { signal: interrupt.signal });
        const there = elsewhere.open(names.backup, { prefix: "stack", signal: interrupt.signal });
        const reason = new UserError("interrupted");
        let seen = 0;
        const slow = Object.create(there) as ObjectStore;
        slow.write = (...args) => {
            if (++seen === 30) interrupt.abort(reason);
            return there.write(...args);
        };
        await assert.rejects(copyBlobsAhead(once, slow, { signal: interrupt.signal }), reason);
        const done = (await keysOf(backup, "anchorage/blobs/")).length;
        assert.ok(done > 10 && done < 100, String(done));
        const rest = await copyBlobsAhead(registry, backup, { signal });
        // What was on its way may have come all the same, after it was counted.
        const again = 100 - done;
        assert.ok(
            rest.copiedObjects <= again && rest.copiedObjects > again - 8,
            `${String(rest.copiedObjects)} of ${String(again)}`,
        );
        assert.equal((await keysOf(backup, "anchorage/blobs/")).length, 100);
    });

    it("is itself whole where images are pushed meanwhile", async () => {
        const busy = { stop: false, pushed: 0 };
        const pushOn = async (): Promise<void> => {
            for (; !busy.stop; busy.pushed++) await push(registry, "latest", `layer ${String(busy.pushed)}`);
        };
        const pushing = pushOn();
        await waitFor(() => busy.pushed > 5 || undefined, { what: "some pushes", timeoutMs: 10_000, intervalMs: 5 });
        const set = await take("a");
        busy.stop = true;
        await pushing;
        const empty = `empty-${String(turn)}`;
        await server.make(empty);
        const into = server.open(empty);
        await restoreBlobs(backup, set, into, { signal });
        const tag = await into.readText(`${repository}/_manifests/tags/latest/current/link`);
        const digest = tag?.replace("sha256:", "") ?? "";
        assert.notEqual(await into.head(`${repository}/_manifests/revisions/sha256/${digest}/link`), undefined);
        const manifest = await into.readText(`${root}/blobs/sha256/${digest.slice(0, 2)}/${digest}/data`);
        const { layer } = JSON.parse(manifest ?? "") as { layer: string };
        assert.notEqual(await into.head(`${root}/blobs/sha256/${layer.slice(0, 2)}/${layer}/data`), undefined);
    });
});
