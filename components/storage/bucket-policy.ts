/**
 * What the registry may do with its bucket and nothing else: the permissions that distribution asks for its S3 driver
 * (distribution/distribution, docs/content/storage-drivers/s3.md, "S3 permission scopes").
 * @param bucketArn as the maker of the S3 names it, such as arn:aws:s3:::harbor
 */
export function registryPolicy(bucketArn: string) {
    return {
        Version: "2012-10-17",
        Statement: [
            {
                Effect: "Allow",
                Action: ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
                Resource: [bucketArn],
            },
            {
                Effect: "Allow",
                Action: [
                    "s3:PutObject",
                    "s3:GetObject",
                    "s3:DeleteObject",
                    "s3:ListMultipartUploadParts",
                    "s3:AbortMultipartUpload",
                ],
                Resource: [`${bucketArn}/*`],
            },
        ],
    };
}
