import { DeleteObjectCommand, DeleteObjectsCommand } from "@aws-sdk/client-s3";
import { inParallel } from "./parallel";
import type { S3Door } from "./s3-door";

/** S3's own limit for one request. */
const keysAtOnce = 1000;
/** Requests at once, where a server only deletes one object a request. */
const requestsAtOnce = 8;

/** Deletes many in a request; one by one where the server does not know that. */
export async function removeObjects(door: S3Door, keys: AsyncIterable<string> | Iterable<string>): Promise<number> {
    let count = 0;
    let together = true;
    for await (const batch of batchesOf(keys)) {
        if (together) together = await removeTogether(door, batch);
        if (!together) await inParallel(batch, requestsAtOnce, door.signal, (key) => removeOne(door, key));
        count += batch.length;
    }
    return count;
}

/** @returns false where the server does not take such a request, or wants a checksum that the SDK no longer sends */
async function removeTogether(door: S3Door, keys: readonly string[]): Promise<boolean> {
    const { Bucket } = door.at("");
    const Objects = keys.map((key) => ({ Key: door.at(key).Key }));
    try {
        const { Errors = [] } = await door.client.send(
            new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
            { abortSignal: door.signal },
        );
        const [first] = Errors;
        if (first !== undefined) {
            const more = Errors.length === 1 ? "" : ` (and ${String(Errors.length - 1)} more)`;
            const kind = first.Code === "AccessDenied" ? "denied" : "refused";
            const said = `the server answered ${first.Code ?? ""}: ${first.Message ?? ""}${more}`;
            throw door.fail(kind, "delete", door.own(first.Key ?? ""), said);
        }
        return true;
    } catch (error) {
        const { name } = error as Error;
        if (["NotImplemented", "MissingContentMD5", "InvalidRequest", "MethodNotAllowed"].includes(name)) return false;
        throw door.error(error, "delete from");
    }
}

async function removeOne(door: S3Door, key: string): Promise<void> {
    try {
        await door.client.send(new DeleteObjectCommand(door.at(key)), { abortSignal: door.signal });
    } catch (error) {
        throw door.error(error, "delete", key);
    }
}

async function* batchesOf(keys: AsyncIterable<string> | Iterable<string>): AsyncIterable<string[]> {
    let batch: string[] = [];
    for await (const key of keys) {
        batch.push(key);
        if (batch.length === keysAtOnce) {
            yield batch;
            batch = [];
        }
    }
    if (batch.length > 0) yield batch;
}
