import { images, minioRetired } from "../catalogue";
import type { Settings } from "../schema";
import { count, failsAlone, type Part } from "./part";

const metadata = "projects, users, permissions, tags, scan reports";
const queues = "queued jobs and sessions; all can be made again";
const layers = "the images";

/** `17.11` of `registry/postgresql:17.11-2026-trixie`. */
function tagVersion(image: string): string {
    return /:v?([\d.]+)/.exec(image)?.[1] ?? image;
}

export function databasePart({ database, harbor, namespace }: Settings): Part {
    const part = { id: "database", kind: "database", uses: [], keeps: metadata } as const;
    const oneServer = (instances: number) =>
        failsAlone(
            instances === 1,
            "one server: without it Harbor stands still until it is back",
            "set database.instances: 2",
        );
    switch (database.kind) {
        case "internal":
            return {
                ...part,
                title: "PostgreSQL of Harbor's chart",
                version: `as in Harbor ${harbor.version}`,
                namespace,
                instances: 1,
                ...failsAlone(
                    true,
                    "one pod with one volume and no replica: without it Harbor stands still, and a lost volume is lost",
                    "set database.kind: cloudnative-pg",
                ),
            };
        case "cloudnative-pg":
        case "zalando":
            return {
                ...part,
                title: `PostgreSQL of ${database.kind === "zalando" ? "Zalando's operator" : "CloudNativePG"}`,
                version:
                    database.kind === "zalando" ? database.version : tagVersion(images.cloudNativePg[database.version]),
                namespace,
                instances: database.instances,
                ...oneServer(database.instances),
            };
        case "external":
            return { ...part, title: `PostgreSQL at ${database.host}:${String(database.port)}` };
    }
}

export function cachePart({ cache, harbor, namespace }: Settings): Part {
    const part = { id: "cache", kind: "cache", uses: [], keeps: queues } as const;
    const down = "without it Harbor stands still (harbor#18593)";
    switch (cache.kind) {
        case "internal":
            return {
                ...part,
                title: "Redis of Harbor's chart",
                version: `as in Harbor ${harbor.version}`,
                namespace,
                instances: 1,
                ...failsAlone(true, `one pod: ${down}`, "set cache.kind: redis-ot"),
            };
        case "redis-ot":
        case "redis-spotahome":
            return {
                ...part,
                title: `Redis with ${count(cache.sentinels, "Sentinel")}`,
                version: tagVersion(cache.kind === "redis-ot" ? images.redisOt : images.redis),
                namespace,
                instances: cache.replicas,
                ...(cache.replicas === 1
                    ? failsAlone(true, `one server: ${down}`, "set cache.replicas: 3")
                    : fewSentinels(cache.sentinels, "set cache.sentinels: 3")),
            };
        case "external":
            return {
                ...part,
                title: `Redis at ${cache.host}:${String(cache.port)}`,
                ...failsAlone(true, `one server without Sentinels: ${down}`, "set cache.kind: external-sentinel"),
            };
        case "external-sentinel":
            return {
                ...part,
                title: `Redis behind ${count(cache.sentinels.length, "Sentinel")}`,
                ...fewSentinels(cache.sentinels.length, "name three hosts in cache.sentinels"),
            };
    }
}

function fewSentinels(sentinels: number, mend: string): Pick<Part, "singlePointOfFailure"> {
    return failsAlone(
        sentinels < 3,
        `${count(sentinels, "Sentinel")}: the loss of one leaves no majority that could choose a master`,
        mend,
    );
}

/** Where backup sets and Velero's backups go; nothing where a stack has none. */
export function backupPart({ backup, cluster }: Settings): Part[] {
    if (backup.kind === "none") return [];
    const { location } = backup;
    const place =
        location.kind === "aws"
            ? `on AWS, ${location.region}`
            : location.endpoint !== undefined
              ? `at ${new URL(location.endpoint).host}`
              : cluster.kind === "lab"
                ? "on the lab's S3"
                : "on AWS";
    return [
        {
            id: "backups",
            title: `Bucket ${location.bucket} ${place}`,
            kind: "storage",
            uses: [],
            keeps: "the backup sets",
            ...(location.kind === "minio" ? { retired: minioRetired } : {}),
        },
    ];
}

export function storagePart(settings: Settings): Part {
    const { storage, cluster, namespace } = settings;
    const part = { id: "storage", kind: "storage", uses: [], keeps: layers } as const;
    switch (storage.kind) {
        case "volume":
            return {
                ...part,
                title: `Volume of ${storage.size}, ${storage.accessMode}`,
                namespace,
                ...failsAlone(
                    storage.accessMode === "ReadWriteOnce",
                    "one volume on one node at a time: when the node goes, the registry waits until it is let go",
                    "set storage.kind: s3, or storage.accessMode: ReadWriteMany",
                ),
            };
        case "nfs":
            return {
                ...part,
                title: `NFS ${storage.server}:${storage.path}`,
                ...failsAlone(
                    true,
                    "one server: without it nobody pushes or pulls, and mounts hang",
                    "set storage.kind: s3",
                ),
            };
        case "s3":
            return {
                ...part,
                title: `Bucket ${storage.bucket} ${
                    storage.endpoint !== undefined
                        ? `at ${new URL(storage.endpoint).host}`
                        : cluster.kind === "lab"
                          ? "on the lab's S3"
                          : "on AWS"
                }`,
            };
        case "aws":
            return { ...part, title: `Bucket ${storage.bucket} on AWS, ${storage.region}` };
        case "minio":
            return {
                ...part,
                title: `Bucket ${storage.bucket} on MinIO${storage.endpoint === undefined ? "" : ` at ${new URL(storage.endpoint).host}`}`,
                ...(storage.endpoint === undefined
                    ? { version: /:(.+)$/.exec(images.minio)?.[1] ?? images.minio, namespace, instances: 1 }
                    : {}),
                retired: minioRetired,
                ...failsAlone(
                    storage.endpoint === undefined,
                    "one pod with one volume: without it nobody pushes or pulls, and a lost volume is lost",
                    "set storage.kind: s3",
                ),
            };
        case "swift":
            return { ...part, title: `Container ${storage.container} on Swift, ${new URL(storage.authUrl).host}` };
    }
}
