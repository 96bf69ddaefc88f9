import type { Readable } from "node:stream";
import type { BucketOutput } from "../../config/contract";

/** An object of a bucket, as a listing tells of it. */
export interface StoredObject {
    /** Below the store's prefix. */
    readonly key: string;
    /** Bytes. */
    readonly size: number;
    /** As the server wrote it, without quotes: the MD5 of what was put in one piece, something else of parts. */
    readonly etag: string;
}

/** The content of an object on its way. It ends with an error where fewer bytes come than the server promised. */
export interface ObjectContent {
    readonly size: number;
    readonly etag: string;
    readonly body: Readable;
}

export interface Written {
    /** Bytes. */
    readonly size: number;
    /** Of the content as it was sent, in hexadecimal. */
    readonly sha256: string;
    readonly etag: string;
}

export interface WriteOptions {
    /** Bytes of a stream, where they are known: saves memory and parts. */
    readonly size?: number;
    /** What its SHA-256 has to be, in hexadecimal. Another one: an error, and the object is not there. */
    readonly sha256?: string;
}

/** One bucket with a prefix, on AWS or any other S3. Every failure is an {@link ObjectStoreError}. */
export interface ObjectStore {
    /** `s3://bucket/prefix on http://host:port`, for messages; no secret in it. */
    readonly where: string;
    /** What begins so, in the order of the keys' bytes. Reads the next page while this one is used. */
    list(prefix: string): AsyncIterable<StoredObject>;
    /** Names of the folders right below a prefix that ends with a slash, without slashes. */
    folders(prefix: string): Promise<readonly string[]>;
    /** @returns undefined where there is no such object */
    head(key: string): Promise<StoredObject | undefined>;
    /** @throws ObjectStoreError of kind "missing" where there is no such object */
    open(key: string): Promise<ObjectContent>;
    /** {@link open}, its body alone. */
    read(key: string): Promise<Readable>;
    /**
     * The whole of a small object, which costs less than its stream.
     * @param into where it may go, if there is room enough @throws as {@link open}
     */
    readWhole(key: string, into?: Buffer): Promise<Buffer>;
    /** {@link readWhole} as text. @returns undefined where there is none */
    readText(key: string): Promise<string | undefined>;
    /** In parts where it is large. Nothing is left of a write that failed; what was there before stays. */
    write(key: string, body: Readable | string | Buffer, options?: WriteOptions): Promise<Written>;
    /**
     * Lets the server copy an object of another bucket. @param size of it
     * @returns its etag; undefined where that is not possible: another server, or keys that may not read the other bucket
     */
    copyFrom(source: ObjectStore, sourceKey: string, key: string, size: number): Promise<string | undefined>;
    /** @returns how many; one that is not there counts */
    remove(keys: AsyncIterable<string> | Iterable<string>): Promise<number>;
    /**
     * Gives up the uploads in parts that a killed process left below a prefix: they take room that no listing shows.
     * @param olderThanMs leaves younger ones alone: another process may be at work there. @default 0, all
     * @returns how many @throws nothing where the server does not list uploads, or these keys may not
     */
    abandonUploads(prefix: string, olderThanMs?: number): Promise<number>;
    /** Ends its connections. */
    close(): void;
}

export interface AccessKeys {
    readonly accessKey: string;
    readonly secretKey: string;
}

export interface StoreOptions {
    /** PEM of the CA that signed the server's certificate. @default those that Node.js knows */
    readonly ca?: string;
    /** The certificate is not checked. @default false */
    readonly skipVerify?: boolean;
    /** Connections at most. @default 16 */
    readonly connections?: number;
    /** Milliseconds without any byte, after which a request is given up. @default 60,000 */
    readonly idleTimeoutMs?: number;
    /** Bytes from which on an object goes in parts. @default 1 GiB; S3 takes 5 GiB in one piece */
    readonly partsFrom?: number;
    /** Bytes of a part, 5 MiB at least. @default 32 MiB, more where 10,000 of them would not do */
    readonly partSize?: number;
}

/** Opens no connection yet. @param signal ends whatever is under way */
export function openObjectStore(
    bucket: BucketOutput,
    keys: AccessKeys,
    signal: AbortSignal,
    options: StoreOptions = {},
): ObjectStore {
    // oxlint-disable-next-line typescript/no-require-imports -- lazy: the SDK takes 150 ms to load
    const { S3Store } = require("./s3-store") as typeof import("./s3-store");
    return new S3Store(bucket, keys, signal, options);
}
