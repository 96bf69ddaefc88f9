import {
    AbortMultipartUploadCommand,
    ListMultipartUploadsCommand,
    type ListMultipartUploadsCommandOutput,
} from "@aws-sdk/client-s3";
import { ObjectStoreError } from "./errors";
import type { S3Door } from "./s3-door";

/** Gives up uploads in parts that nobody goes on with. */
export async function abandonUploads(door: S3Door, prefix: string, olderThanMs: number): Promise<number> {
    const { Bucket, Key: Prefix } = door.at(prefix);
    const abortSignal = door.signal;
    let count = 0;
    let markers: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
    try {
        for (;;) {
            const command = new ListMultipartUploadsCommand({ Bucket, Prefix, ...markers });
            const found: ListMultipartUploadsCommandOutput = await door.client.send(command, { abortSignal });
            for (const { Key, UploadId, Initiated } of found.Uploads ?? []) {
                if (olderThanMs > 0 && Date.now() - (Initiated?.getTime() ?? 0) < olderThanMs) continue;
                await door.client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }), { abortSignal });
                count++;
            }
            if (found.IsTruncated !== true) return count;
            markers = { KeyMarker: found.NextKeyMarker, UploadIdMarker: found.NextUploadIdMarker };
        }
    } catch (error) {
        const told = door.error(error, "list the uploads of");
        // It is a tidying up: where it is not possible, the bucket's own lifecycle rules do it.
        const impossible = told instanceof ObjectStoreError && ["denied", "refused", "missing"].includes(told.kind);
        if (!impossible) throw told;
        return count;
    }
}
