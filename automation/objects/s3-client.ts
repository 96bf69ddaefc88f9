import { S3Client } from "@aws-sdk/client-s3";
import type { BucketOutput } from "../../config/contract";
import type { AccessKeys, StoreOptions } from "./store";

export const defaultConnections = 16;

const silent = (): void => undefined;

/** The SDK's client as AWS and S3-compatibles both take it. */
export function s3Client(
    { region, endpoint, pathStyle }: BucketOutput,
    { accessKey, secretKey }: AccessKeys,
    { ca, skipVerify = false, connections = defaultConnections, idleTimeoutMs = 60_000 }: StoreOptions,
): S3Client {
    process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true"; // a notice to developers, not to who reads a report
    const agent = { keepAlive: true, maxSockets: connections };
    const trust = { ...(ca === undefined ? {} : { ca }), rejectUnauthorized: !skipVerify };
    return new S3Client({
        region,
        ...(endpoint === undefined ? {} : { endpoint }),
        forcePathStyle: pathStyle,
        credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
        // Checksums that AWS added in 2025 are refused by many S3-compatibles; content is checked by its SHA-256 here.
        requestChecksumCalculation: "WHEN_REQUIRED",
        responseChecksumValidation: "WHEN_REQUIRED",
        // What is not sent as a stream is tried again where nothing came back, or 5xx and 429.
        maxAttempts: 3,
        // The default one writes to standard error, in the midst of a report.
        logger: { debug: silent, info: silent, warn: silent, error: silent },
        requestHandler: {
            connectionTimeout: 10_000,
            // Idle time of the connection: a large object may take as long as it needs.
            socketTimeout: idleTimeoutMs,
            // Waiting for a free connection is how this store is used, and no reason for a warning.
            socketAcquisitionWarningTimeout: 2 ** 31 - 1,
            httpAgent: agent,
            httpsAgent: { ...agent, ...trust },
        },
    });
}
