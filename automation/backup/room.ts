import type { StackOutputs } from "../../config/contract";
import { UserError } from "../../lib/errors";
import type { ObjectStore } from "../objects/store";
import { missingBlobs } from "./blobs-copy";
import { isOf } from "./making";
import { listSets } from "./sets";
import { gibibytes } from "./words";

export interface RoomDoors {
    readonly plan: { readonly stack: string; readonly outputs: StackOutputs };
    /** The backup bucket. */
    readonly backups: ObjectStore;
    /** The registry's bucket; absent: its content is in none, and how much Velero takes of volumes nobody knows. */
    readonly content?: ObjectStore;
}

/**
 * Whether the backup bucket has room for one more set. No S3 tells how much is left: `backup.capacity` says what it may
 * hold, and without it nothing is looked at.
 * @returns a sentence where little is left
 * @throws UserError where what is missing in it would not fit
 */
export async function checkRoom({ plan, backups, content }: RoomDoors): Promise<readonly string[]> {
    const capacity = plan.outputs.backup?.capacity;
    if (capacity === undefined) return [];
    const [held, blobs, { sets }] = await Promise.all([
        bytesIn(backups.list("")),
        content === undefined ? 0 : bytesIn(missingBlobs(content, backups)),
        listSets(backups),
    ]);
    const last = sets.findLast((set) => set.state === "complete" && isOf(set, plan));
    const dump = last?.state === "complete" ? last.database.bytes : 0;
    const after = held + blobs + dump;
    const told = `it holds ${gibibytes(held)} of ${gibibytes(capacity)}, and ${gibibytes(blobs + dump)} are to be written`;
    if (after > capacity) {
        throw new UserError("the backup bucket has no room for one more set", {
            details: [told],
            next: [
                `npx anchorage backup prune --stack ${plan.stack} --plan shows what retention no longer keeps`,
                "or give the bucket more room, and say so in backup.capacity",
            ],
        });
    }
    return after > 0.9 * capacity ? [`little room is left in the backup bucket: ${told}`] : [];
}

async function bytesIn(objects: AsyncIterable<{ readonly size: number }>): Promise<number> {
    let bytes = 0;
    for await (const { size } of objects) bytes += size;
    return bytes;
}
