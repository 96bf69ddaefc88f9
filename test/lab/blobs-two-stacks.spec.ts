import { CreateMultipartUploadCommand, S3Client } from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyBlobs, copyBlobsAhead, pruneBlobs, verifyBlobs } from "../../automation/backup/blobs";
import type { BackupDoors } from "../../automation/backup/making";
import type { CompleteManifest } from "../../automation/backup/manifest";
import { awaitPruning } from "../../automation/backup/prune-mark";
import { findSet, removeSet, setKeys, writeManifest } from "../../automation/backup/sets";
import type { ObjectStore } from "../../automation/objects/store";
import { s3Region } from "../../lab/object-store";
import { messageOf } from "../../lib/errors";
import { World } from "../support/backup-world";
import { keysOf, TestObjectStore } from "../support/object-stores";

const hex = (content: string): string => createHash("sha256").update(content).digest("hex");
const blobKey = (content: string): string =>
    `docker/registry/v2/blobs/sha256/${hex(content).slice(0, 2)}/${hex(content)}/data`;
const marks = { renewMs: 20, deadMs: 2_000 };
const { signal } = new AbortController();

/** No Lease keeps them apart: each is in a cluster of its own. */
describe("two stacks that back up into one bucket", function () {
    this.timeout(60_000);

    let server: TestObjectStore;
    let bucket: ObjectStore;
    let registry: ObjectStore;
    let world: World;
    let turn = 0;

    before(async () => {
        server = await TestObjectStore.start("two-stacks");
    });
    after(() => server.stop());
    beforeEach(async () => {
        turn++;
        for (const name of ["backup", "registry"]) await server.make(`${name}-${String(turn)}`);
        bucket = server.open(`backup-${String(turn)}`);
        registry = server.open(`registry-${String(turn)}`);
        world = await World.start();
        // What a set that is gone has left, and what the registry of the other stack has got meanwhile.
        for (const layer of ["one", "two"]) {
            await registry.write(blobKey(layer), layer);
            await bucket.write(`anchorage/blobs/${blobKey(layer)}`, layer);
        }
    });
    afterEach(() => world.harbor.stop());

    const backup = (more: Partial<BackupDoors> = {}): ReturnType<World["backup"]> =>
        world.backup("theirs", {
            ...{ backups: bucket, manifests: bucket, content: registry, marks: { deadMs: 2_000 } },
            ...{ prune: () => Promise.resolve(undefined), ...more },
        });
    const requireWhole = async (): Promise<CompleteManifest> => {
        const set = await findSet(bucket, "theirs");
        assert.ok(set?.state === "complete" && set.blobs.kind === "objects");
        assert.equal(set.blobs.count, 2);
        const problems = await verifyBlobs(bucket, { name: "theirs", inventory: set.blobs.inventory }, { signal });
        assert.deepEqual(problems, []);
        return set;
    };

    it("lose no blob that a backup counts on, which begins while the other one is about to delete it", async () => {
        // It has looked at the sets and at the blobs, and is about to delete.
        let about: () => void = () => undefined;
        let goOn: () => void = () => undefined;
        const isAbout = new Promise<void>((resolve) => (about = resolve));
        const mayGoOn = new Promise<void>((resolve) => (goOn = resolve));
        const slow = Object.create(bucket) as ObjectStore;
        let sees: () => void = () => undefined;
        const seen = new Promise<void>((resolve) => (sees = resolve));
        slow.folders = async (prefix) => {
            const names = await bucket.folders(prefix);
            if (names.includes("theirs")) sees();
            return names;
        };
        slow.list = async function* (prefix) {
            for await (const object of bucket.list(prefix)) {
                if (prefix === "anchorage/blobs/") {
                    about();
                    await mayGoOn;
                }
                yield object;
            }
        };
        const pruning = pruneBlobs(slow, { keep: [], signal, marks }).then(
            () => "it deleted all",
            (error: unknown) => messageOf(error),
        );
        await isAbout;
        const making = backup();
        // By the one that deletes, when it asks again which sets there are.
        await seen;
        goOn();
        assert.match(await pruning, /^nothing can be pruned while backup theirs is incomplete/);
        assert.equal((await making).result.error, undefined);
        await requireWhole();
        assert.deepEqual(await keysOf(bucket, "anchorage/pruning/"), []);
    });

    it("prune what neither needs once the backup is complete", async () => {
        await bucket.write(`anchorage/blobs/${blobKey("gone")}`, "gone");
        await backup();
        const { blobs } = await requireWhole();
        assert.ok(blobs.kind === "objects");
        const keep = [{ name: "theirs", inventory: blobs.inventory }];
        assert.equal((await pruneBlobs(bucket, { keep, signal, marks })).objects, 1);
        await requireWhole();
    });

    it("go on after a command that was killed while it deleted", async () => {
        const { stdout } = spawn(process.execPath, ["-p", "process.pid"]);
        const [chunk] = (await once(stdout, "data")) as [Buffer];
        const { hostname } = await import("node:os");
        const holder = { user: "anna", purpose: "deletes", since: "2026-11-24T01:00:00Z", beat: 3 };
        // It ends at once: nobody has that process any more, or another one that began at another time.
        const here = { ...holder, host: hostname(), pid: Number(chunk.toString()), start: "long ago" };
        await bucket.write("anchorage/pruning/here.json", JSON.stringify(here));
        const told: string[] = [];
        const options = { signal, lookEveryMs: 20, deadMs: 300, onProgress: (text: string) => told.push(text) };
        await awaitPruning(bucket, options);
        assert.deepEqual(told, []);
        await bucket.write("anchorage/pruning/there.json", JSON.stringify({ ...holder, host: "elsewhere", pid: 1 }));
        await bucket.write("anchorage/pruning/newer.json", "of a newer version");
        await awaitPruning(bucket, options);
        assert.match(told.join("\n"), /^waits for (anna@elsewhere, process 1, deletes|anchorage\/pruning\/newer)/);
        assert.deepEqual(await keysOf(bucket, "anchorage/pruning/"), []);
    });

    it("never complete a set that the other one has deleted", async () => {
        const { result } = await backup({
            sample: async () => {
                await removeSet(bucket, "theirs");
                return [];
            },
        });
        assert.match(messageOf(result.error), /^backup theirs was deleted while it was being made/);
        assert.notEqual((await findSet(bucket, "theirs"))?.state, "complete");
        world.requireRestored("after it");
    });

    it("leave an upload in parts alone that the other one is making", async () => {
        const place = { endpoint: server.endpoint, region: s3Region, forcePathStyle: true };
        const { accessKey: accessKeyId, secretKey: secretAccessKey } = server.keys;
        const s3 = new S3Client({ ...place, credentials: { accessKeyId, secretAccessKey } });
        const Bucket = `backup-${String(turn)}`;
        await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: setKeys("elsewhere").database }));
        s3.destroy();
        await copyBlobsAhead(registry, bucket, { signal });
        assert.equal(await bucket.abandonUploads("anchorage/", 3_600_000), 0);
        assert.equal(await bucket.abandonUploads("anchorage/"), 1);
    });

    it("leave a set alone that the other one, of the same name, is making", async () => {
        const { making } = await backup();
        const { began } = making;
        assert.ok(began);
        await removeSet(bucket, "theirs");
        const other = { ...began, name: "elsewhere", registryUrl: "https://registry.elsewhere.example" };
        await writeManifest(bucket, other);
        await copyBlobs(registry, bucket, "elsewhere", { signal });
        const { result } = await backup();
        assert.equal(result.error, undefined);
        assert.equal((await findSet(bucket, "elsewhere"))?.state, "incomplete");
        assert.notEqual(await bucket.head(setKeys("elsewhere").manifest), undefined);
    });
});
