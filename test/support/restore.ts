import { createHash } from "node:crypto";
import type { SetToRestore } from "../../automation/restore/restoration";
import { digestOf, smallImage } from "../../harbor/registry/image";

export const dump = Buffer.from("PGDMP and more");
export const image = smallImage("restored");
const digest = digestOf(image.manifest);

export const sampleSet: SetToRestore = {
    name: "nightly",
    harborVersion: "2.15.2",
    namespace: "harbor",
    veleroBackup: "nightly-abc",
    volumes: "none",
    dump: {
        key: "anchorage/sets/nightly/database.dump",
        size: dump.length,
        sha256: createHash("sha256").update(dump).digest("hex"),
        serverVersion: "17.10",
    },
    blobs: { count: 3, bytes: 12, inventory: { key: "anchorage/sets/nightly/blobs.jsonl.gz", size: 1, sha256: "" } },
    counts: { projects: 2, repositories: 3, artifacts: 4 },
    keyFingerprint: "aa",
    pausedQueues: ["SCHEDULER", "REPLICATION"],
    sample: [{ repository: "library/a", digest }],
    schedules: [{ vendor_type: "RETENTION", vendor_id: 1, cron: "0 0 1 * * *" }],
};
