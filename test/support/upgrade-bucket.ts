import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { UpgradeDoors } from "../../automation/upgrade/upgrading";
import { UserError } from "../../lib/errors";

/** The bucket of an upgrade's dumps. @param tick counts the calls; throws where one fails */
export function bucketDoor(bucket: Map<string, Buffer>, tick: () => void): UpgradeDoors["store"] {
    return {
        where: "s3://backups",
        write: async (key, body) => {
            tick();
            const content = Buffer.isBuffer(body) ? body : await buffer(body as Readable);
            bucket.set(key, content);
            const sha256 = createHash("sha256").update(content).digest("hex");
            return { size: content.length, sha256, etag: "" };
        },
        read: (key) => {
            tick();
            const content = bucket.get(key);
            if (content === undefined) throw new UserError(`${key} is missing`);
            return Promise.resolve(Readable.from([content]));
        },
        remove: () => Promise.resolve(0),
    };
}
