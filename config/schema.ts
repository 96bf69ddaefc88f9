import { z } from "zod";
import { defaultHarborVersion, harborReleases } from "./catalogue";

/**
 * The shape of the settings: keys, types, defaults, descriptions. README's table is made from it. What two
 * settings have to do with each other is in checks.ts.
 */

const name = z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "must be a DNS label: lower-case letters, digits, hyphens");
const size = z.string().regex(/^[1-9]\d*(Mi|Gi|Ti)$/, "must be a size such as 10Gi");
const replicas = z.int("must be a whole number").min(1, "must be 1 or more").max(50, "must be 50 or less");
const accessMode = z.enum(["ReadWriteOnce", "ReadWriteMany"]);

const cluster = z.discriminatedUnion("kind", [
    z.strictObject({
        kind: z.literal("lab").describe("the embedded cluster"),
        name: name.default("anchorage").describe("name of the lab (--name of the verbs of lab)"),
    }),
    z.strictObject({
        kind: z.literal("kind").describe("a KinD cluster that the program makes and destroys"),
        name: name.default("anchorage").describe("name of the KinD cluster"),
        workers: z
            .int()
            .min(0)
            .max(20)
            .default(0)
            .describe("worker nodes beside the control plane; 3 for the HA exercise"),
        image: z.string().optional().describe("node image; default: the catalogue's"),
        extraClusters: z
            .array(name)
            .default([])
            .describe("further single-node KinD clusters, such as migration-target"),
    }),
    z.strictObject({
        kind: z.literal("kubeconfig").describe("a cluster that exists"),
        path: z.string().optional().describe("kubeconfig file; default: $KUBECONFIG or ~/.kube/config"),
        context: z.string().optional().describe("context in it; default: its current one"),
    }),
]);

const charts = z.strictObject({
    source: z
        .enum(["repository", "folder", "oci", "contract"])
        .default("repository")
        .describe(
            "official repository, a folder with harbor/ in it, an OCI registry, or our contract chart (lab only)",
        ),
    location: z
        .string()
        .optional()
        .describe("the folder, or oci://host/path; repository: another URL than the official"),
});

const harbor = z.strictObject({
    version: z
        .enum(harborReleases.map((release) => release.harbor))
        .default(defaultHarborVersion)
        .describe("a release of the catalogue; its chart follows"),
    externalUrl: z.string().optional().describe("what clients type; default: what the exposure gives"),
    replicas: z
        .strictObject({
            portal: replicas.default(1).describe("pods"),
            core: replicas.default(1).describe("pods"),
            jobservice: replicas.default(1).describe("pods"),
            registry: replicas.default(1).describe("pods"),
            trivy: replicas.default(1).describe("pods"),
        })
        .prefault({})
        .describe("pods of each component"),
    trivy: z.boolean().default(true).describe("vulnerability scanning"),
    metrics: z.boolean().default(false).describe("metrics of all components, and the exporter"),
    cache: z.boolean().default(false).describe("manifest cache in Redis"),
    updateStrategy: z
        .enum(["RollingUpdate", "Recreate"])
        .optional()
        .describe("default: Recreate with a ReadWriteOnce volume, else RollingUpdate"),
    jobLogs: z
        .enum(["database", "file"])
        .optional()
        .describe("where job logs go; default: file with a ReadWriteMany volume or one replica, else database"),
    values: z.record(z.string(), z.unknown()).default({}).describe("raw values of the chart, merged last"),
});

const exposure = z.discriminatedUnion("kind", [
    z.strictObject({
        kind: z.literal("clusterIP").describe("inside the cluster; reached by a port-forward"),
        localPort: z.int().min(1).max(65_535).default(8080).describe("port on this machine that is forwarded"),
    }),
]);

const storage = z.discriminatedUnion("kind", [
    z.strictObject({
        kind: z.literal("volume").describe("a volume claim of the registry"),
        size: size.default("50Gi").describe("of the claim"),
        accessMode: accessMode.default("ReadWriteOnce").describe("ReadWriteMany for more than one registry pod"),
        storageClass: z.string().optional().describe("default: the cluster's"),
    }),
    z.strictObject({
        kind: z.literal("s3").describe("a bucket"),
        bucket: z
            .string()
            .regex(
                /^[a-z0-9][-a-z0-9.]{1,61}[a-z0-9]$/,
                "must be a bucket name: 3 to 63 lower-case letters, digits, hyphens, dots",
            ),
        endpoint: z
            .url({ protocol: /^https?$/, error: "must be an http(s) URL" })
            .optional()
            .describe("default: AWS; in the lab the lab's"),
        region: z.string().default("us-east-1").describe("as the endpoint wants it"),
        createBucket: z
            .boolean()
            .optional()
            .describe("the program makes the bucket; default: when it is given the keys"),
        forceDestroy: z.boolean().default(false).describe("destroy deletes the bucket with the images in it"),
        accessKey: z.string().min(1).optional().describe("secret: pulumi config set --secret --path storage.accessKey"),
        secretKey: z.string().min(1).optional().describe("secret; in the lab the lab's"),
        existingSecret: name
            .optional()
            .describe("Secret in the namespace with REGISTRY_STORAGE_S3_ACCESSKEY and REGISTRY_STORAGE_S3_SECRETKEY"),
    }),
]);

const persistence = z.strictObject({
    storageClass: z.string().optional().describe("of the volumes below; default: the cluster's"),
    database: size.default("5Gi").describe("volume of the database"),
    redis: size.default("1Gi").describe("volume of Redis"),
    jobservice: size.default("1Gi").describe("volume of job logs"),
    trivy: size.default("5Gi").describe("volume of the vulnerability database"),
});

export const settingsSchema = z.strictObject({
    cluster,
    namespace: name.default("harbor").describe("namespace of the registry"),
    charts: charts.prefault({}),
    harbor: harbor.prefault({}),
    exposure: exposure.prefault({ kind: "clusterIP" }),
    storage: storage.prefault({ kind: "volume" }),
    persistence: persistence.prefault({}),
});

/** The settings of a stack, defaults filled in. */
export type Settings = z.output<typeof settingsSchema>;

/** Paths of settings whose values are never shown. */
export const secretSettings: ReadonlySet<string> = new Set(["storage.accessKey", "storage.secretKey"]);
