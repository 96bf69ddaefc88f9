import type { S3Client } from "@aws-sdk/client-s3";
import { setMaxListeners } from "node:events";
import type { BucketOutput } from "../../config/contract";
import type { ObjectStoreError, ObjectStoreFailure } from "./errors";
import { s3Client } from "./s3-client";
import { failure, s3Error } from "./s3-errors";
import type { AccessKeys, StoreOptions } from "./store";

const MiB = 2 ** 20;

/** What the parts of a store share: its client, its place, its errors. */
export class S3Door {
    readonly client: S3Client;
    /** `s3://bucket/prefix on http://host:port` */
    readonly where: string;
    readonly bucket: string;
    /** Absent: AWS. */
    readonly endpoint: string | undefined;
    readonly pathStyle: boolean;
    /** Bytes from which on an object goes in parts, and of a part. */
    readonly partsFrom: number;
    readonly partSize: number;
    private readonly prefix: string;

    constructor(
        { bucket, prefix = "", endpoint, ...rest }: BucketOutput,
        private readonly keys: AccessKeys,
        readonly signal: AbortSignal,
        { partsFrom = 1024 * MiB, partSize = 32 * MiB, ...options }: StoreOptions,
    ) {
        this.client = s3Client({ bucket, ...rest, ...(endpoint === undefined ? {} : { endpoint }) }, keys, options);
        // Each request listens to it: many at once are no leak.
        setMaxListeners(0, signal);
        this.bucket = bucket;
        this.endpoint = endpoint;
        this.pathStyle = rest.pathStyle;
        this.partsFrom = partsFrom;
        this.partSize = partSize;
        this.prefix = prefix === "" ? "" : `${prefix}/`;
        this.where = `s3://${bucket}/${this.prefix}${endpoint === undefined ? "" : ` on ${endpoint}`}`;
    }

    /** Bucket and key, as each request names them. */
    at(key: string): { readonly Bucket: string; readonly Key: string } {
        return { Bucket: this.bucket, Key: this.prefix + key };
    }

    /** The store's key of a key in the bucket. */
    own(key: string): string {
        return key.slice(this.prefix.length);
    }

    /** What was thrown, as an error that says what was done to what. @param verb as in "cannot read" */
    error(error: unknown, verb: string, key?: string): unknown {
        const { accessKey, secretKey } = this.keys;
        return s3Error(error, { verb, where: this.where, key }, this.signal, [secretKey, accessKey]);
    }

    fail(kind: ObjectStoreFailure, verb: string, key: string | undefined, detail: string): ObjectStoreError {
        return failure(kind, { verb, where: this.where, key }, detail);
    }

    /** Bytes of the parts of an object: S3 takes 10,000 of them. */
    partSizeOf(size: number): number {
        return Math.max(this.partSize, Math.ceil(size / 10_000));
    }
}

/** Without the quotes that S3 puts around it. */
export function unquoted(etag: string | undefined): string {
    return (etag ?? "").replaceAll('"', "");
}
