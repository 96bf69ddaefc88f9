import { z } from "zod";
import { bucket, count, httpUrl, name, secret, size } from "./fields";
import { s3Presets } from "./storage";

/** A folder of a bucket. */
const prefix = z
    .string()
    .regex(/^[^/\s]+(\/[^/\s]+)*$/, "must be a folder such as backups/harbor, without a slash at its ends")
    .optional()
    .describe("folder in a bucket that holds other things too");

const trust = {
    ca: z.string().optional().describe("PEM of the CA, where its certificate is of a CA of yours"),
    skipVerify: z.boolean().optional().describe("its certificate is not checked; for a trial at most"),
};

const location = z.discriminatedUnion("kind", [
    z.strictObject({
        kind: z.literal("s3").describe("a bucket"),
        bucket,
        prefix,
        preset: z
            .enum(s3Presets)
            .optional()
            .describe("who serves it; default: aws without an endpoint, else what most of them take"),
        endpoint: httpUrl
            .optional()
            .describe("as the cluster and this machine reach it; default: AWS; in the lab the lab's"),
        region: z.string().min(1, "must not be empty").optional().describe("default: the preset's, mostly us-east-1"),
        createBucket: z
            .boolean()
            .optional()
            .describe("the program makes the bucket; default: when it is given the keys"),
        forceDestroy: z.boolean().default(false).describe("destroy deletes the bucket with the backups in it"),
        lab: name
            .optional()
            .describe(
                "the lab whose S3 it is, where two labs share the bucket for a migration; default: the stack's own",
            ),
        accessKey: secret.optional().describe("secret: pulumi config set --secret --path backup.location.accessKey"),
        secretKey: secret.optional().describe("secret; in the lab the lab's"),
        existingSecret: name
            .optional()
            .describe("Secret in Velero's namespace whose key `cloud` is an AWS credentials file"),
        ...trust,
    }),
    z.strictObject({
        kind: z
            .literal("aws")
            .describe("a private, encrypted bucket on AWS with a user of its own, made by the program"),
        bucket,
        prefix,
        region: z
            .string()
            .regex(/^[a-z]{2,4}(-[a-z]+)+-\d+$/, "must be a region such as eu-central-1")
            .default("eu-central-1")
            .describe("of the bucket"),
        forceDestroy: z.boolean().default(false).describe("destroy deletes the bucket with the backups in it"),
    }),
    z.strictObject({
        kind: z
            .literal("minio")
            .describe(
                "a MinIO outside of the cluster (no longer maintained): bucket, user and policy made by the program",
            ),
        bucket: bucket.default("velero"),
        prefix,
        endpoint: httpUrl.describe("as the cluster and this machine reach it, such as http://192.0.2.10:9000"),
        rootUser: z
            .string()
            .min(3, "must have 3 characters or more")
            .default("minioroot")
            .describe("its administrator"),
        rootPassword: z
            .string()
            .min(8, "must have 8 characters or more")
            .describe("secret: pulumi config set --secret --path backup.location.rootPassword"),
        ...trust,
    }),
]);

const schedule = z.strictObject({
    name: name.describe("of the schedule: its backups are named by it and their time"),
    cron: z.string().describe("five fields in UTC, such as 0 3 * * *, or @daily, @every 6h"),
    ttl: z.string().optional().describe("how long its backups are kept, such as 168h; every schedule needs one"),
    paused: z.boolean().default(false).describe("it is there and does nothing"),
});

export const backup = z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("none").describe("no backup") }),
    z.strictObject({
        kind: z.literal("velero").describe("Velero with its plug-in for S3, and a bucket for backup sets"),
        location: location.describe("the bucket"),
        volumes: z
            .enum(["none", "files", "snapshots"])
            .default("none")
            .describe(
                "what is taken of volumes: nothing (database and images are backed up in other ways), their files by " +
                    "the node agent (Kopia), or CSI snapshots",
            ),
        snapshotClass: z
            .strictObject({
                driver: z.string().min(1, "must not be empty").describe("CSI driver of the volumes"),
                deletionPolicy: z
                    .enum(["Retain", "Delete"])
                    .default("Retain")
                    .describe("Retain: a snapshot outlives the namespace that it was taken of"),
                parameters: z.record(z.string(), z.string()).default({}).describe("of the driver"),
            })
            .optional()
            .describe("VolumeSnapshotClass that the program makes; needed for snapshots"),
        schedules: z
            .array(schedule)
            .default([])
            .describe("backups of Velero alone, of the registry's Kubernetes objects and volumes"),
        retention: z
            .strictObject({
                count: count(1000).default(7).describe("backup sets that are kept in any case"),
                days: count(3650).default(30).describe("days that every backup set is kept"),
            })
            .prefault({})
            .describe("of backup sets (npx anchorage backup)"),
        capacity: size
            .optional()
            .describe(
                "what the bucket may hold below its prefix, as 500Gi: a backup that would not find room is refused " +
                    "beforehand; default: not looked at, no S3 tells how much is left",
            ),
        validationFrequency: z
            .string()
            .default("1m")
            .describe("how often Velero looks whether the bucket is there; 0s: never"),
    }),
]);
