import type { Settings } from "../schema";

/** What the kinds of storage need, and what does not go with them. */
export function checkStorage(settings: Settings): string[] {
    return [checkVolume, checkJobLogs, checkNfs, checkS3].flatMap((check) => check(settings));
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

/** Harbor takes static keys only (harbor#12888, #16490). A lab has its own. */
function checkS3({ storage, cluster }: Settings): string[] {
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
                "storage.existingSecret; roles without keys are not supported by Harbor",
        );
    }
    if (createBucket === true && !keys && !ofTheLab) {
        mistakes.push(
            "storage.createBucket is true, but the program has no keys to make it with: set storage.accessKey and storage.secretKey",
        );
    }
    return mistakes;
}
