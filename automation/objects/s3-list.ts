import { ListObjectsV2Command, type ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import { compareKeys } from "./keys";
import { unquoted, type S3Door } from "./s3-door";
import type { StoredObject } from "./store";

/** Pages of 1,000 keys; the next one is on its way while this one is used. @throws kind "order" */
export async function* listObjects(door: S3Door, prefix: string): AsyncIterable<StoredObject> {
    let before = "";
    let next: Promise<ListObjectsV2CommandOutput> | undefined = page(door, prefix, undefined);
    while (next !== undefined) {
        const { Contents = [], NextContinuationToken: token }: ListObjectsV2CommandOutput = await next;
        next = token === undefined ? undefined : page(door, prefix, token);
        // Whoever stops in the midst does not wait for the page that was asked for.
        next?.catch(() => undefined);
        for (const { Key = "", Size = 0, ETag } of Contents) {
            const key = door.own(Key);
            // Two listings are compared side by side, which only sorted ones can be.
            if (compareKeys(before, key) > 0)
                throw door.fail("order", "list", undefined, `${key} came after ${before}`);
            before = key;
            yield { key, size: Size, etag: unquoted(ETag) };
        }
    }
}

/** Names right below a prefix, without slashes. */
export async function listFolders(door: S3Door, prefix: string): Promise<string[]> {
    const { Bucket, Key: Prefix } = door.at(prefix);
    const names: string[] = [];
    let ContinuationToken: string | undefined;
    try {
        do {
            const command = new ListObjectsV2Command({ Bucket, Prefix, Delimiter: "/", ContinuationToken });
            const found: ListObjectsV2CommandOutput = await door.client.send(command, { abortSignal: door.signal });
            const folders = found.CommonPrefixes ?? [];
            names.push(...folders.map(({ Prefix: folder = "" }) => folder.slice(Prefix.length, -1)));
            ContinuationToken = found.NextContinuationToken;
        } while (ContinuationToken !== undefined);
    } catch (error) {
        throw door.error(error, "list");
    }
    return names;
}

async function page(door: S3Door, prefix: string, token: string | undefined): Promise<ListObjectsV2CommandOutput> {
    const { Bucket, Key: Prefix } = door.at(prefix);
    try {
        return await door.client.send(new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken: token }), {
            abortSignal: door.signal,
        });
    } catch (error) {
        throw door.error(error, "list");
    }
}
