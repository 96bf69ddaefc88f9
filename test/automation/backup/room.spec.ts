import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { checkRoom } from "../../../automation/backup/room";
import { writeManifest } from "../../../automation/backup/sets";
import { UserError } from "../../../lib/errors";
import { sampleBackup, sampleOutputs } from "../../support/fakes";
import { complete, incomplete } from "../../support/manifests";
import { MemoryStore } from "../../support/memory-store";

const gibibyte = 2 ** 30;

/** Where the registry keeps that content. */
function blobKey(content: string): string {
    const digest = createHash("sha256").update(content).digest("hex");
    return `docker/registry/v2/blobs/sha256/${digest.slice(0, 2)}/${digest}/data`;
}

/** A store that tells sizes of objects nobody has to hold. */
class Sized extends MemoryStore {
    constructor(private readonly sizes: Readonly<Record<string, number>>) {
        super();
    }

    // oxlint-disable-next-line typescript/require-await -- a list comes as a stream
    override async *list(prefix: string) {
        for (const [key, size] of Object.entries(this.sizes).sort())
            if (key.startsWith(prefix)) yield { key, size, etag: "e" };
    }
}

describe("the room in the backup bucket", () => {
    const [old, added, linked] = ["old", "added", "linked"].map(blobKey) as [string, string, string];
    const content = new Sized({
        [old]: 4 * gibibyte,
        [added]: 2 * gibibyte,
        [linked]: 1 * gibibyte,
        "docker/registry/v2/repositories/library/app/_uploads/1/data": 50 * gibibyte,
    });
    /** 5 GiB, of which one blob was cut: it is written anew. */
    const held = {
        [`anchorage/blobs/${old}`]: 4 * gibibyte,
        [`anchorage/blobs/${linked}`]: gibibyte / 2,
        "velero/backups/one/one.tar.gz": gibibyte / 2,
    };
    const look = (capacity: number | undefined, backups = new Sized(held), from: Sized | "a volume" = content) => {
        const backup = { ...sampleBackup, ...(capacity === undefined ? {} : { capacity }) };
        const plan = { stack: "lab", outputs: { ...sampleOutputs, registryUrl: "http://localhost:8080", backup } };
        return checkRoom({ plan, backups, ...(from === "a volume" ? {} : { content: from }) });
    };

    it("is refused where what is missing in it does not fit, with all three figures", async () => {
        await assert.rejects(look(7.5 * gibibyte), (error: unknown) => {
            assert.ok(error instanceof UserError);
            assert.match(error.render(), /no room.*\n.*holds 5\.0 GiB of 7\.5 GiB, and 3\.0 GiB are to be written/);
            assert.match(error.render(), /backup prune --stack lab --plan/);
            return true;
        });
    });

    it("is told where little is left, and not where there is enough", async () => {
        assert.match((await look(8 * gibibyte)).join(), /little room is left.* 5\.0 GiB of 8\.0 GiB/);
        assert.deepEqual(await look(9 * gibibyte), []);
    });

    it("is that of what is held alone where the registry's content is on a volume", async () => {
        await assert.rejects(look(4 * gibibyte, new Sized(held), "a volume"), /no room/);
        assert.deepEqual(await look(6 * gibibyte, new Sized(held), "a volume"), []);
    });

    it("is needed for a dump as large as the last one of this registry, too", async () => {
        const backups = new Sized(held);
        const database = { ...complete("last", 1).database, bytes: 2 * gibibyte };
        await writeManifest(backups, complete("before", 2));
        await writeManifest(backups, complete("last", 1, { database }));
        await writeManifest(backups, complete("of-another", 0, { stack: "other" }));
        await writeManifest(backups, incomplete("killed", 0));
        await assert.rejects(look(9 * gibibyte, backups), /no room/);
        assert.match((await look(10 * gibibyte, backups)).join(), /5\.0 GiB are to be written/);
    });

    it("is not looked at where nobody said what it is", async () => {
        class Untouched extends Sized {
            override list(): never {
                throw new Error("listed");
            }
        }
        assert.deepEqual(await look(undefined, new Untouched({})), []);
    });
});
