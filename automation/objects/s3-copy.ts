import {
    AbortMultipartUploadCommand,
    CompleteMultipartUploadCommand,
    CopyObjectCommand,
    CreateMultipartUploadCommand,
    UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { inParallel } from "./parallel";
import { unquoted, type S3Door } from "./s3-door";

const partsAtOnce = 4;

/** Lets the server copy. @param from bucket and key, encoded @param size of the object: S3 copies 5 GiB at once */
export async function copyOnServer(door: S3Door, from: string, key: string, size: number): Promise<string> {
    if (size >= door.partsFrom) return copyInParts(door, from, key, size);
    const command = new CopyObjectCommand({ ...door.at(key), CopySource: from });
    const { CopyObjectResult } = await door.client.send(command, { abortSignal: door.signal });
    return unquoted(CopyObjectResult?.ETag);
}

async function copyInParts(door: S3Door, from: string, key: string, size: number): Promise<string> {
    const { client, signal } = door;
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(door.at(key)), { abortSignal: signal });
    const upload = { ...door.at(key), UploadId };
    const step = door.partSizeOf(size);
    const numbers = Array.from({ length: Math.ceil(size / step) }, (_, index) => index + 1);
    const etags = new Map<number, string | undefined>();
    try {
        await inParallel(numbers, partsAtOnce, signal, async (PartNumber) => {
            const last = Math.min(size, PartNumber * step) - 1;
            const CopySourceRange = `bytes=${String((PartNumber - 1) * step)}-${String(last)}`;
            const { CopyPartResult } = await client.send(
                new UploadPartCopyCommand({ ...upload, PartNumber, CopySource: from, CopySourceRange }),
                { abortSignal: signal },
            );
            etags.set(PartNumber, CopyPartResult?.ETag);
        });
        const Parts = numbers.map((PartNumber) => ({ PartNumber, ETag: etags.get(PartNumber) }));
        const complete = new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } });
        const { ETag } = await client.send(complete, { abortSignal: signal });
        return unquoted(ETag);
    } catch (error) {
        // Not by the signal: parts that are left take room that nobody sees.
        await client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
        throw error;
    }
}
