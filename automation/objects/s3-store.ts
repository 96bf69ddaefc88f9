import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { BucketOutput } from "../../config/contract";
import { wholeBody, type Broken } from "./bodies";
import { ObjectStoreError } from "./errors";
import { retire } from "./rooms";
import { copyOnServer } from "./s3-copy";
import { S3Door, unquoted } from "./s3-door";
import { listFolders, listObjects } from "./s3-list";
import { S3Pieces } from "./s3-pieces";
import { removeObjects } from "./s3-remove";
import { abandonUploads } from "./s3-uploads";
import { writeStream } from "./s3-write";
import type {
    AccessKeys,
    ObjectContent,
    ObjectStore,
    StoredObject,
    StoreOptions,
    WriteOptions,
    Written,
} from "./store";

/** {@link ObjectStore} on the AWS SDK. */
export class S3Store implements ObjectStore {
    readonly where: string;
    private readonly door: S3Door;
    private readonly pieces: S3Pieces;
    /** Buckets that the server turned out not to copy from with these keys. */
    private readonly notCopied = new Set<string>();

    constructor(bucket: BucketOutput, keys: AccessKeys, signal: AbortSignal, options: StoreOptions = {}) {
        this.door = new S3Door(bucket, keys, signal, options);
        this.pieces = new S3Pieces(this.door, keys, options);
        this.where = this.door.where;
    }

    list(prefix: string): AsyncIterable<StoredObject> {
        return listObjects(this.door, prefix);
    }

    folders(prefix: string): Promise<readonly string[]> {
        return listFolders(this.door, prefix);
    }

    async head(key: string): Promise<StoredObject | undefined> {
        const { door } = this;
        try {
            const command = new HeadObjectCommand(door.at(key));
            const { ContentLength = 0, ETag } = await door.client.send(command, { abortSignal: door.signal });
            return { key, size: ContentLength, etag: unquoted(ETag) };
        } catch (error) {
            requireMissing(door.error(error, "look at", key));
            return undefined;
        }
    }

    async open(key: string): Promise<ObjectContent> {
        const { door } = this;
        try {
            const command = new GetObjectCommand(door.at(key));
            const { Body, ContentLength: size, ETag } = await door.client.send(command, { abortSignal: door.signal });
            // Without it nothing could tell a truncated body from a whole one.
            if (size === undefined) throw door.fail("refused", "read", key, "it came without a Content-Length");
            const broken: Broken = (error, came) => {
                if (door.signal.aborted) return door.signal.reason as Error;
                const broke = error === undefined ? "" : ` (${(error as Error).message})`;
                const detail = `${String(came)} of ${String(size)} bytes came before the connection ended${broke}`;
                return door.fail("truncated", "read", key, detail);
            };
            return { size, etag: unquoted(ETag), body: wholeBody(Body as Readable, size, door.signal, broken) };
        } catch (error) {
            throw door.error(error, "read", key);
        }
    }

    async read(key: string): Promise<Readable> {
        return (await this.open(key)).body;
    }

    async readWhole(key: string, into?: Buffer): Promise<Buffer> {
        return (await this.pieces.read(key, into)) ?? buffer(await this.read(key));
    }

    async readText(key: string): Promise<string | undefined> {
        try {
            return (await this.readWhole(key)).toString();
        } catch (error) {
            requireMissing(error);
            return undefined;
        }
    }

    async write(key: string, body: Readable | string | Buffer, options: WriteOptions = {}): Promise<Written> {
        if (typeof body === "string") return this.writeBuffer(key, Buffer.from(body), options);
        if (Buffer.isBuffer(body)) return this.writeBuffer(key, body, options);
        return writeStream(this.door, key, body, options);
    }

    async copyFrom(source: ObjectStore, sourceKey: string, key: string, size: number): Promise<string | undefined> {
        const { door } = this;
        if (!(source instanceof S3Store) || source.door.endpoint !== door.endpoint) return undefined;
        if (this.notCopied.has(source.where)) return undefined;
        const { Bucket, Key } = source.door.at(sourceKey);
        const from = `${Bucket}/${Key}`.split("/").map(encodeURIComponent).join("/");
        try {
            return await copyOnServer(door, from, key, size);
        } catch (error) {
            const told = door.error(error, "copy to", key);
            // These keys may not, or the server cannot: whoever asked reads and writes in its place.
            const never = told instanceof ObjectStoreError && (told.kind === "denied" || told.kind === "refused");
            if (!never) throw told;
            this.notCopied.add(source.where);
            return undefined;
        }
    }

    remove(keys: AsyncIterable<string> | Iterable<string>): Promise<number> {
        return removeObjects(this.door, keys);
    }

    abandonUploads(prefix: string, olderThanMs = 0): Promise<number> {
        return abandonUploads(this.door, prefix, olderThanMs);
    }

    close(): void {
        this.door.client.destroy();
        this.pieces.close();
    }

    private async writeBuffer(key: string, content: Buffer, options: WriteOptions): Promise<Written> {
        const { door } = this;
        const sha256 = createHash("sha256").update(content).digest("hex");
        if (options.sha256 !== undefined && options.sha256 !== sha256) {
            const detail = `its content has sha256 ${sha256} in place of ${options.sha256}`;
            throw door.fail("mismatch", "write", key, detail);
        }
        try {
            const etag = await this.pieces.write(key, content, sha256);
            if (etag !== undefined) return { size: content.length, sha256, etag };
            retire(content);
            const command = new PutObjectCommand({ ...door.at(key), Body: content });
            // Part of the signature: the SDK would take it a second time, and the server compares what comes with it.
            command.middlewareStack.add(
                (next) => (given) => {
                    const { headers } = given.request as { readonly headers: Record<string, string> };
                    headers["x-amz-content-sha256"] = sha256;
                    return next(given);
                },
                { step: "build", name: "knownSha256" },
            );
            const { ETag } = await door.client.send(command, { abortSignal: door.signal });
            return { size: content.length, sha256, etag: unquoted(ETag) };
        } catch (error) {
            throw door.error(error, "write", key);
        }
    }
}

/** @throws whatever else it is */
function requireMissing(error: unknown): void {
    if (!(error instanceof ObjectStoreError) || error.kind !== "missing") throw error;
}
