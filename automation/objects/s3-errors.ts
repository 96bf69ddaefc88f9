import { codeOf, messageOf } from "../../lib/errors";
import { ObjectStoreError, type ObjectStoreFailure } from "./errors";

/** What was done, and to what. */
export interface S3Operation {
    /** `read`, `list` ... as in "cannot read". */
    readonly verb: string;
    /** `s3://bucket/prefix on http://host:port` */
    readonly where: string;
    /** Absent: the bucket itself. */
    readonly key?: string | undefined;
}

const failures: Readonly<Record<string, ObjectStoreFailure>> = {
    InvalidAccessKeyId: "keys",
    SignatureDoesNotMatch: "keys",
    InvalidToken: "keys",
    ExpiredToken: "keys",
    XAdminUserNotFound: "keys", // versitygw, with status 404
    AccessDenied: "denied",
    Forbidden: "denied",
    NoSuchBucket: "no-bucket",
    NoSuchKey: "missing",
    NotFound: "missing",
    // Of S3-compatibles; AWS is never full.
    InsufficientStorage: "full",
    XMinioStorageFull: "full",
    XMinioAdminBucketQuotaExceeded: "full",
    QuotaExceeded: "full",
    EntityTooLarge: "refused",
    RequestTimeTooSkewed: "clock",
    RequestExpired: "clock",
    IncompleteBody: "truncated",
};

const advice: Readonly<Record<ObjectStoreFailure, readonly string[]>> = {
    unreachable: ["see that the object store runs, and that this machine reaches its address"],
    keys: ["the Secret with the keys has to be the object store's: compare them, then npx anchorage up"],
    denied: ["give these keys s3:ListBucket, s3:GetObject, s3:PutObject and s3:DeleteObject on the bucket"],
    "no-bucket": ["npx anchorage up makes the bucket, unless it was deleted by hand: then npx anchorage up --refresh"],
    missing: [],
    full: ["make room in the object store or raise its quota, then run the command again: it goes on where it was"],
    clock: ["set this machine's clock (timedatectl set-ntp true), then run the command again"],
    truncated: ["run the command again; the same object once more: it is damaged in the object store"],
    mismatch: ["the object is damaged where it is stored: push the image again, or restore an older set"],
    order: ["buckets that list in no order (AWS directory buckets) cannot be used"],
    refused: ["see the object store's log"],
};

interface SdkError {
    readonly name: string;
    readonly $metadata?: { readonly httpStatusCode?: number };
}

/**
 * Errors of the SDK, of the connection, and ours.
 * @param signal its reason goes before what it ended @param secrets what no message may hold
 */
export function s3Error(
    error: unknown,
    operation: S3Operation,
    signal: AbortSignal,
    secrets: readonly string[],
): unknown {
    if (signal.aborted) return signal.reason;
    if (error instanceof ObjectStoreError || !(error instanceof Error)) return error;
    const { name, $metadata } = error as SdkError;
    const status = $metadata?.httpStatusCode;
    const system = codeOf(error);
    const kind = failures[name] ?? ofStatus(status) ?? ofConnection(name, system);
    // Neither an answer nor a connection: a defect of ours keeps its stack.
    if (kind === undefined && status === undefined) return error;
    const text = status === undefined ? connectionText(error) : told(error, status);
    const shown = secrets.reduce((rest, secret) => (secret.length < 8 ? rest : rest.replaceAll(secret, "***")), text);
    return failure(kind ?? "refused", operation, shown);
}

/** @param detail what the server said, or what came */
export function failure(kind: ObjectStoreFailure, { verb, where, key }: S3Operation, detail: string): ObjectStoreError {
    const what = key === undefined ? where : `${key} in ${where}`;
    return new ObjectStoreError(`cannot ${verb} ${what}`, kind, { details: [detail], next: advice[kind] });
}

function ofStatus(status: number | undefined): ObjectStoreFailure | undefined {
    switch (status) {
        case 401:
        case 403:
            return "denied";
        case 507:
            return "full";
        default:
            return undefined;
    }
}

function ofConnection(name: string, code: string | undefined): ObjectStoreFailure | undefined {
    if (name === "TimeoutError" || name === "AbortError") return "unreachable";
    return code !== undefined && /^(E[A-Z]+|UND_ERR_\w+|CERT_\w+|\w*SELF_SIGNED\w*|UNABLE_TO_\w+)$/.test(code)
        ? "unreachable"
        : undefined;
}

function connectionText(error: Error): string {
    const code = codeOf(error);
    const message = messageOf(error);
    return code === undefined || message.includes(code) ? message : `${code}: ${message}`;
}

/** The name and what it means, as S3 answers both; a HEAD answers neither. */
function told(error: Error, status: number): string {
    const said = error.message === "" || error.message === "UnknownError" ? "" : `: ${error.message}`;
    return `the server answered ${String(status)} ${error.name}${said}`;
}
