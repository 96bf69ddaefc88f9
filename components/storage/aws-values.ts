import type { Settings } from "../../config/schema";
import { registryPolicy } from "./bucket-policy";
import type { S3Target } from "./s3-values";

export type AwsSettings = Extract<Settings["storage"], { kind: "aws" }>;

/** The bucket, as the chart's values want it. */
export function awsTarget({ bucket, region }: AwsSettings): S3Target {
    return { preset: "aws", bucket, region };
}

/** Nobody gets in by an ACL or a policy that opens the bucket to all. */
export const publicAccess = {
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
};

/** AWS's own keys. A key of KMS would cost a call for each of the registry's requests. */
export const encryption = [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }];

/** Objects belong to the bucket's owner, and ACLs are off. */
export const ownership = { objectOwnership: "BucketOwnerEnforced" };

/**
 * What nobody would ever delete. An upload is given up after the week in which the registry lets it be resumed
 * (chart, registry.upload_purging.age: 168h). What garbage collection deleted can be brought back for 30 days.
 */
export const lifecycle = [
    {
        id: "unfinished-uploads",
        status: "Enabled",
        filter: {},
        abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
    },
    {
        id: "deleted-objects",
        status: "Enabled",
        filter: {},
        noncurrentVersionExpiration: { noncurrentDays: 30 },
        expiration: { expiredObjectDeleteMarker: true },
    },
];

/** The bucket's policy: nothing without TLS, from nobody. */
export function tlsOnlyPolicy(bucketArn: string): string {
    return JSON.stringify({
        Version: "2012-10-17",
        Statement: [
            {
                Sid: "TlsOnly",
                Effect: "Deny",
                Principal: "*",
                Action: "s3:*",
                Resource: [bucketArn, `${bucketArn}/*`],
                Condition: { Bool: { "aws:SecureTransport": "false" } },
            },
        ],
    });
}

/** The policy of the registry's user. */
export function userPolicy(bucketArn: string): string {
    return JSON.stringify(registryPolicy(bucketArn));
}
