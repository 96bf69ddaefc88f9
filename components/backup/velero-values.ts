import type { BackupOutput, BucketOutput } from "../../config/contract";
import type { Settings } from "../../config/schema";
import { bytesOf } from "../../config/size";
import type { CustomObject } from "../custom-object";
import { regionOf } from "../storage/s3-values";

/** Velero's objects of a stack, from its settings. Pure; fields: the definitions of Velero 1.18 and its plug-in for AWS. */

export type BackupSettings = Extract<Settings["backup"], { kind: "velero" }>;

/** Names of the objects in Velero's namespace. */
export const backupNames = {
    location: "anchorage",
    credentials: "anchorage-backup-location",
    volumePolicy: "anchorage-volumes",
    snapshotClass: "anchorage-velero",
} as const;

/** Key of the Secret with the AWS credentials file; `cloud` is what Velero's own chart calls it. */
export const credentialsKey = "cloud";

const veleroApi = "velero.io/v1";

/** The bucket, for whoever puts backup sets there. */
export function backupBucket({ location }: BackupSettings): BucketOutput {
    const { bucket, prefix } = location;
    const at = prefix === undefined ? {} : { prefix };
    if (location.kind === "aws") return { bucket, region: location.region, pathStyle: false, ...at };
    const { endpoint } = location;
    const region = location.kind === "s3" ? regionOf(location) : "us-east-1";
    return {
        bucket,
        region,
        ...(endpoint === undefined ? {} : { endpoint }),
        // Each of the other makers' servers takes it, and few have a name in the DNS for each bucket.
        pathStyle: endpoint !== undefined,
        ...at,
    };
}

export function backupOutput(settings: BackupSettings, namespace: string, credentialsSecret: string): BackupOutput {
    const { volumes, retention, capacity } = settings;
    return {
        namespace,
        location: backupNames.location,
        bucket: backupBucket(settings),
        credentials: { secretName: credentialsSecret, secretKey: credentialsKey },
        volumes,
        volumePolicy: backupNames.volumePolicy,
        retention,
        ...(capacity === undefined ? {} : { capacity: bytesOf(capacity) }),
    };
}

/** An AWS credentials file. */
export function credentialsFile(accessKey: string, secretKey: string): string {
    return `[default]\naws_access_key_id=${accessKey}\naws_secret_access_key=${secretKey}\n`;
}

/** @param isDefault whether backups that name no location go there: not in a Velero that others use too */
export function locationObject(settings: BackupSettings, credentialsSecret: string, isDefault: boolean): CustomObject {
    const { location, validationFrequency } = settings;
    const { bucket, region, endpoint, pathStyle, prefix } = backupBucket(settings);
    const { ca, skipVerify } = location.kind === "aws" ? {} : location;
    return {
        apiVersion: veleroApi,
        kind: "BackupStorageLocation",
        metadata: { name: backupNames.location },
        spec: {
            provider: "aws",
            default: isDefault,
            accessMode: "ReadWrite",
            objectStorage: {
                bucket,
                prefix: prefix === undefined ? "velero" : `${prefix}/velero`,
                ...(ca === undefined ? {} : { caCert: Buffer.from(ca).toString("base64") }),
            },
            credential: { name: credentialsSecret, key: credentialsKey },
            validationFrequency,
            config: {
                region,
                ...(endpoint === undefined
                    ? {}
                    : {
                          s3Url: endpoint,
                          s3ForcePathStyle: String(pathStyle),
                          // Most of them refuse the checksums that AWS's SDK adds (velero-io/velero#7696, #7543, #8742).
                          checksumAlgorithm: "",
                      }),
                ...(skipVerify === true ? { insecureSkipTLSVerify: "true" } : {}),
            },
        },
    };
}

/** What no backup takes of volumes: Redis, whose queues and sessions can be made again (Harbor's docs, backup-restore). */
export const volumePolicies = {
    version: "v1",
    volumePolicies: [
        // The chart's own; its claims have the labels that its StatefulSet selects by.
        { conditions: { pvcLabels: { app: "harbor", component: "redis" } }, action: { type: "skip" } },
        // Of the OT operator, and of spotahome's.
        { conditions: { pvcLabels: { app: "harbor-cache" } }, action: { type: "skip" } },
        { conditions: { pvcLabels: { "app.kubernetes.io/part-of": "redis-failover" } }, action: { type: "skip" } },
    ],
};

/** Harbor's Redis as the chart's values have it: Velero leaves the pod out, and the node agent its volume. */
export const redisValues = {
    redis: {
        podLabels: { "velero.io/exclude-from-backup": "true" },
        podAnnotations: { "backup.velero.io/backup-volumes-excludes": "data" },
    },
};

/** Backups that Velero makes by itself, of the registry's namespace. */
export function scheduleObjects({ schedules, volumes }: BackupSettings, namespace: string): CustomObject[] {
    return schedules.map(({ name, cron, ttl, paused }) => ({
        apiVersion: veleroApi,
        kind: "Schedule",
        metadata: { name },
        spec: {
            schedule: cron,
            paused,
            // Not skipImmediately: Velero sets it to false itself, and each preview would want it back.
            template: {
                storageLocation: backupNames.location,
                includedNamespaces: [namespace],
                ttl,
                snapshotVolumes: volumes === "snapshots",
                defaultVolumesToFsBackup: volumes === "files",
                resourcePolicy: { kind: "configmap", name: backupNames.volumePolicy },
            },
        },
    }));
}

/** Of the CSI driver, with the label by which Velero finds it. */
export function snapshotClassObject({ snapshotClass }: BackupSettings) {
    if (snapshotClass === undefined) return undefined;
    const { driver, deletionPolicy, parameters } = snapshotClass;
    return {
        apiVersion: "snapshot.storage.k8s.io/v1",
        kind: "VolumeSnapshotClass",
        metadata: {
            name: backupNames.snapshotClass,
            labels: { "velero.io/csi-volumesnapshot-class": "true" },
        },
        driver,
        deletionPolicy,
        ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
    };
}
