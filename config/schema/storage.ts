import { z } from "zod";
import { bucket, host, httpUrl, name, secret, size } from "./fields";

/** S3 of other makers than AWS, each with what it needs of the registry's driver (components/storage/s3-presets.ts). */
export const s3Presets = ["aws", "minio", "seaweedfs", "garage", "rustfs", "ceph", "versitygw"] as const;

/** How the registry and its clients reach an object store. */
const transport = {
    redirect: z
        .boolean()
        .optional()
        .describe("clients fetch layers from the object store itself, which they must reach; default: with AWS only"),
    caSecret: name
        .optional()
        .describe("Secret in the namespace with ca.crt, where its certificate is of a CA of yours"),
    skipVerify: z.boolean().optional().describe("its certificate is not checked; for a trial at most"),
};

export const storage = z.discriminatedUnion("kind", [
    z.strictObject({
        kind: z.literal("volume").describe("a volume claim of the registry"),
        size: size.default("50Gi").describe("of the claim"),
        accessMode: z
            .enum(["ReadWriteOnce", "ReadWriteMany"])
            .default("ReadWriteOnce")
            .describe("ReadWriteMany for more than one registry pod"),
        storageClass: z.string().optional().describe("default: the cluster's"),
    }),
    z.strictObject({
        kind: z.literal("nfs").describe("one shared volume on an NFS server, a folder in it for each component"),
        server: host.describe("name or address of the server"),
        path: z.string().startsWith("/", "must begin with /").default("/mnt/nfs_share").describe("exported folder"),
        size: size.default("50Gi").describe("of the volume and its claim; an NFS server holds nobody to it"),
        mountOptions: z
            .array(z.string().min(1, "must not be empty"))
            .default(["hard", "nfsvers=4.1", "rsize=1048576", "wsize=1048576", "timeo=600", "retrans=2"])
            .describe("of every mount"),
    }),
    z.strictObject({
        kind: z.literal("s3").describe("a bucket"),
        bucket,
        preset: z
            .enum(s3Presets)
            .optional()
            .describe("who serves it; default: aws without an endpoint, else what most of them take"),
        endpoint: httpUrl.optional().describe("default: AWS; in the lab the lab's"),
        region: z.string().min(1, "must not be empty").optional().describe("default: the preset's, mostly us-east-1"),
        createBucket: z
            .boolean()
            .optional()
            .describe("the program makes the bucket; default: when it is given the keys"),
        forceDestroy: z.boolean().default(false).describe("destroy deletes the bucket with the images in it"),
        accessKey: secret.optional().describe("secret: pulumi config set --secret --path storage.accessKey"),
        secretKey: secret.optional().describe("secret; in the lab the lab's"),
        existingSecret: name
            .optional()
            .describe("Secret in the namespace with REGISTRY_STORAGE_S3_ACCESSKEY and REGISTRY_STORAGE_S3_SECRETKEY"),
        ...transport,
        rootDirectory: z
            .string()
            .startsWith("/", "must begin with /")
            .optional()
            .describe("folder in a bucket that holds other things too"),
        chunkSize: size.optional().describe("of the parts of an upload, 5Mi to 5Gi; default: the registry's, 10Mi"),
    }),
    z.strictObject({
        kind: z
            .literal("aws")
            .describe("a private, encrypted bucket on AWS with a user of its own, made by the program"),
        bucket,
        region: z
            .string()
            .regex(/^[a-z]{2,4}(-[a-z]+)+-\d+$/, "must be a region such as eu-central-1")
            .default("eu-central-1")
            .describe("of the bucket"),
        forceDestroy: z.boolean().default(false).describe("destroy deletes the bucket with the images in it"),
    }),
    z.strictObject({
        kind: z.literal("minio").describe("MinIO (no longer maintained): bucket, user and policy made by the program"),
        bucket: bucket.default("harbor"),
        endpoint: httpUrl.optional().describe("a MinIO that exists; default: one in the cluster is made"),
        size: size.default("50Gi").describe("volume of the MinIO in the cluster"),
        storageClass: z.string().optional().describe("default: the cluster's"),
        rootUser: z
            .string()
            .min(3, "must have 3 characters or more")
            .default("minioroot")
            .describe("its administrator"),
        rootPassword: z
            .string()
            .min(8, "must have 8 characters or more")
            .optional()
            .describe("secret: pulumi config set --secret --path storage.rootPassword; made for one in the cluster"),
        ...transport,
    }),
    z.strictObject({
        kind: z.literal("swift").describe("a container on OpenStack Swift"),
        authUrl: httpUrl.describe("Keystone, such as https://keystone.example.com:5000/v3"),
        container: z
            .string()
            .regex(/^[^/]{1,256}$/, "must have 1 to 256 characters, and no /")
            .describe("of the images; the registry makes it where it is missing"),
        region: z.string().min(1, "must not be empty").optional().describe("of the container"),
        tenant: z.string().min(1, "must not be empty").optional().describe("project; default: the user's own"),
        domain: z.string().min(1, "must not be empty").default("Default").describe("of the user, by name"),
        username: z.string().min(1, "must not be empty").describe("user; application credentials are not supported"),
        password: secret.optional().describe("secret: pulumi config set --secret --path storage.password"),
        existingSecret: name.optional().describe("Secret in the namespace with REGISTRY_STORAGE_SWIFT_PASSWORD"),
        ...transport,
    }),
]);

export const persistence = z.strictObject({
    storageClass: z.string().optional().describe("of the volumes below; default: the cluster's"),
    database: size.default("5Gi").describe("volume of the database"),
    redis: size.default("1Gi").describe("volume of Redis"),
    jobservice: size.default("1Gi").describe("volume of job logs"),
    trivy: size.default("5Gi").describe("volume of the vulnerability database"),
});
