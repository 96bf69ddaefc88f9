import type { Settings } from "../schema";
import { bytesOf } from "../size";

/** What the kinds of storage need, and what does not go with them. */
export function checkStorage(settings: Settings): string[] {
    return [checkVolume, checkJobLogs, checkNfs, checkS3Endpoint, checkS3Keys, checkMinio, checkSwift].flatMap(
        (check) => check(settings),
    );
}

/** A ReadWriteOnce volume goes to one node: a second pod, or the new pod of a rolling update, waits for ever (harbor-helm#2288). */
function checkVolume({ storage, harbor }: Settings): string[] {
    if (storage.kind !== "volume" || storage.accessMode !== "ReadWriteOnce") return [];
    const { registry } = harbor.replicas;
    return [
        ...(registry > 1
            ? [
                  `harbor.replicas.registry is ${String(registry)}, but storage.accessMode is ReadWriteOnce: ` +
                      "set storage.accessMode to ReadWriteMany, use storage.kind s3, or set one replica",
              ]
            : []),
        ...(harbor.updateStrategy === "RollingUpdate"
            ? [
                  "harbor.updateStrategy is RollingUpdate, but storage.accessMode is ReadWriteOnce: the new pod could not " +
                      "mount the volume; leave it out, or set storage.accessMode to ReadWriteMany",
              ]
            : []),
    ];
}

/** Job logs on a volume are read by the pod that answers the request, so several pods need a shared one. */
function checkJobLogs({ storage, harbor }: Settings): string[] {
    const shared = storage.kind === "nfs" || (storage.kind === "volume" && storage.accessMode === "ReadWriteMany");
    if (harbor.jobLogs !== "file" || harbor.replicas.jobservice === 1 || shared) return [];
    return [
        `harbor.jobLogs is "file" with ${String(harbor.replicas.jobservice)} jobservice replicas and no ReadWriteMany volume: ` +
            'set harbor.jobLogs to "database", or one replica',
    ];
}

/** All volumes are folders of the one on NFS. */
function checkNfs({ storage, persistence }: Settings): string[] {
    if (storage.kind !== "nfs" || persistence.storageClass === undefined) return [];
    return [
        `persistence.storageClass is "${persistence.storageClass}", but storage.kind nfs keeps every component's files on ` +
            "the one NFS volume: leave it out",
    ];
}

/** An S3 that the registry could not find, or not talk to. */
function checkS3Endpoint({ storage, cluster }: Settings): string[] {
    if (storage.kind !== "s3") return [];
    const { preset, endpoint, chunkSize } = storage;
    const mistakes = checkTransport(storage, "storage.endpoint", endpoint);
    if (preset !== undefined && preset !== "aws" && endpoint === undefined && cluster.kind !== "lab") {
        mistakes.push(
            `storage.preset is "${preset}", and storage.endpoint is missing: set it to the URL of its S3, ` +
                "such as https://s3.example.com",
        );
    }
    if (preset === "aws" && endpoint !== undefined) {
        mistakes.push(
            `storage.endpoint is "${endpoint}", but storage.preset is aws, whose endpoint follows from the region: ` +
                "leave the endpoint out, or name by storage.preset who serves it",
        );
    }
    if (chunkSize !== undefined && (bytesOf(chunkSize) < 5 * 1024 ** 2 || bytesOf(chunkSize) > 5 * 1024 ** 3)) {
        mistakes.push(`storage.chunkSize is ${chunkSize}: S3 takes parts from 5Mi to 5Gi, set one of these`);
    }
    return mistakes;
}

interface Transport {
    readonly caSecret?: string | undefined;
    readonly skipVerify?: boolean | undefined;
}

/** How a certificate is checked, where there is one. @param urlKey setting that holds the URL */
function checkTransport({ caSecret, skipVerify }: Transport, urlKey: string, url: string | undefined): string[] {
    if (caSecret !== undefined && skipVerify === true) {
        return [
            `storage.caSecret is "${caSecret}", and storage.skipVerify is true, which makes it useless: leave skipVerify out`,
        ];
    }
    if (url?.startsWith("https:") === true) return [];
    const where = `${urlKey} ${url === undefined ? "is missing" : `is "${url}"`}`;
    return [
        ...(caSecret === undefined
            ? []
            : [`storage.caSecret is "${caSecret}", but ${where}: set an https URL, or leave the Secret out`]),
        ...(skipVerify === true
            ? [`storage.skipVerify is true, but ${where}: set an https URL, or leave skipVerify out`]
            : []),
    ];
}

/**
 * The registry takes static keys only: neither a role of the service account (IRSA, Pod Identity) nor that of the
 * node reaches it (harbor#12888, #16490, harbor-helm#2292). A lab has keys of its own.
 */
function checkS3Keys({ storage, cluster }: Settings): string[] {
    if (storage.kind !== "s3") return [];
    const { accessKey, secretKey, existingSecret, endpoint, createBucket } = storage;
    const keys = accessKey !== undefined && secretKey !== undefined;
    const ofTheLab = cluster.kind === "lab" && endpoint === undefined;
    const mistakes: string[] = [];
    if ((accessKey === undefined) !== (secretKey === undefined)) {
        const missing = accessKey === undefined ? "accessKey" : "secretKey";
        mistakes.push(
            `storage.${missing} is missing: set both keys (pulumi config set --secret --path storage.${missing})`,
        );
    } else if (keys && existingSecret !== undefined) {
        mistakes.push(`storage.existingSecret is "${existingSecret}", and the keys are set as well: set one of them`);
    } else if (!keys && existingSecret === undefined && !ofTheLab) {
        mistakes.push(
            "storage has no keys: set storage.accessKey and storage.secretKey as secrets, or name a Secret by " +
                "storage.existingSecret; a role of the pod or the node alone is not enough, since Harbor's registry takes " +
                "static keys only (harbor#12888); storage.kind aws makes a user with keys",
        );
    }
    if (createBucket === true && !keys && !ofTheLab) {
        mistakes.push(
            "storage.createBucket is true, but the program has no keys to make it with: set storage.accessKey and storage.secretKey",
        );
    }
    return mistakes;
}

/** A MinIO that exists is set up with its administrator's keys; one in the cluster is reached by the cluster alone. */
function checkMinio({ storage }: Settings): string[] {
    if (storage.kind !== "minio") return [];
    const { endpoint, rootPassword, storageClass, redirect } = storage;
    const mistakes = checkTransport(storage, "storage.endpoint", endpoint);
    if (endpoint !== undefined && rootPassword === undefined) {
        mistakes.push(
            `storage.endpoint is "${endpoint}", and storage.rootPassword is missing: set it as a secret, so that bucket, user ` +
                "and policy can be made there; for a bucket and keys that exist use storage.kind s3 with storage.preset minio",
        );
    }
    if (endpoint !== undefined && storageClass !== undefined) {
        mistakes.push(
            `storage.storageClass is "${storageClass}", but the MinIO at storage.endpoint has its own disks: leave it out`,
        );
    }
    if (endpoint === undefined && redirect === true) {
        mistakes.push(
            "storage.redirect is true, but clients cannot reach the MinIO in the cluster: leave it out, or set storage.endpoint",
        );
    }
    return mistakes;
}

/** What the registry's driver for Swift asks for (distribution 2.8, swift.go; ncw/swift, auth.go). */
function checkSwift({ storage }: Settings): string[] {
    if (storage.kind !== "swift") return [];
    const { authUrl, password, existingSecret } = storage;
    const mistakes = checkTransport(storage, "storage.authUrl", authUrl);
    if (!/v[123]/.test(authUrl)) {
        mistakes.push(
            `storage.authUrl is "${authUrl}", which names no version of the API: end it with /v3, or /v1.0 for tempauth`,
        );
    }
    if (password === undefined && existingSecret === undefined) {
        mistakes.push(
            "storage has no password: set storage.password as a secret, or name a Secret with " +
                "REGISTRY_STORAGE_SWIFT_PASSWORD by storage.existingSecret",
        );
    }
    if (password !== undefined && existingSecret !== undefined) {
        mistakes.push(
            `storage.existingSecret is "${existingSecret}", and storage.password is set as well: set one of them`,
        );
    }
    return mistakes;
}
