import { PutObjectCommand } from "@aws-sdk/client-s3";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { HashedBody } from "./bodies";
import { unquoted, type S3Door } from "./s3-door";
import type { WriteOptions, Written } from "./store";

/** Parts of one object that are on their way at once: each is in memory. */
const partsAtOnce = 2;

/** Sends a stream in one piece where its size is known and not large, else in parts. */
export async function writeStream(
    door: S3Door,
    key: string,
    source: Readable,
    { size, sha256 }: WriteOptions,
): Promise<Written> {
    const body = new HashedBody((came) => {
        if (size !== undefined && came.size !== size)
            return door.fail("truncated", "write", key, `${String(came.size)} of ${String(size)} bytes came`);
        if (sha256 !== undefined && came.sha256 !== sha256)
            return door.fail("mismatch", "write", key, `its content has sha256 ${came.sha256} in place of ${sha256}`);
        return undefined;
    });
    const stop = new AbortController();
    const sending =
        size !== undefined && size < door.partsFrom
            ? sendWhole(door, key, body, size, stop.signal)
            : sendInParts(door, key, body, size);
    let broken: unknown;
    const feeding = pipeline(source, body, { signal: door.signal }).catch((error: unknown) => {
        broken = error;
        // The SDK waits for ever for a body that broke.
        stop.abort();
    });
    try {
        const etag = await sending;
        await feeding;
        return { size: body.bytes, sha256: body.sha256, etag };
    } catch (error) {
        const sourceFailed = broken !== undefined;
        body.destroy();
        source.destroy();
        await feeding;
        // The first to break is what is to be told: the other end broke for it.
        throw door.error(sourceFailed ? broken : error, "write", key);
    }
}

async function sendWhole(
    door: S3Door,
    key: string,
    body: Readable,
    size: number,
    abortSignal: AbortSignal,
): Promise<string> {
    const command = new PutObjectCommand({ ...door.at(key), Body: body, ContentLength: size });
    const { ETag } = await door.client.send(command, { abortSignal });
    return unquoted(ETag);
}

/** The SDK's own uploader gives a broken upload up, so that no parts are left; it ends with its body. */
async function sendInParts(door: S3Door, key: string, body: Readable, size: number | undefined): Promise<string> {
    const { Upload } = await import("@aws-sdk/lib-storage");
    const upload = new Upload({
        client: door.client,
        params: { ...door.at(key), Body: body },
        queueSize: partsAtOnce,
        partSize: door.partSizeOf(size ?? 0),
    });
    const { ETag } = await upload.done();
    return unquoted(ETag);
}
