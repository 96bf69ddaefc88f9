import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Parts } from "../../../lab/harbor/parts";
import { removePostgresData } from "../../../lab/harbor/postgres/server";

describe("the programs behind the lab's Harbors", function () {
    this.timeout(60_000);

    it("tell at once that one of them has ended by itself, and not that it was stopped", async () => {
        const home = await mkdtemp(path.join(tmpdir(), "anchorage-parts-"));
        const folder = path.join(home, "postgres");
        const s3 = { endpoint: "http://127.0.0.1:9", accessKey: "a", secretKey: "b" };
        const registryLog = path.join(home, "registry.log");
        const options = { folder, children: path.join(home, "children.json"), registryBinary: "", registryLog, s3 };
        try {
            let told = 0;
            const stopped = new Parts(options, () => told++);
            await stopped.databases();
            await stopped.stop();
            assert.deepEqual([told, stopped.lost], [0, undefined]);
            const lost = new Promise<void>((resolve) => {
                const parts = new Parts(options, () => {
                    assert.equal(parts.lost, "PostgreSQL");
                    resolve();
                });
                void parts.databases().then(({ server }) => process.kill(server.pid, "SIGKILL"));
            });
            await lost;
        } finally {
            await removePostgresData(folder);
            await rm(home, { recursive: true });
        }
    });
});
