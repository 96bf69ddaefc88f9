import { labVolumeDriver, type LabEndpoints } from "../lib/home";
import type { Settings } from "./schema";

/**
 * The settings of a stack on a lab: the lab's S3 where the settings leave endpoint and keys open. Where the lab stands
 * in for the stack's own cluster, nothing outside of the lab is touched: its S3 takes the place of every bucket that the
 * program would make elsewhere, and no load balancer's host is configured. Pure.
 *
 * @param others the labs that the settings name beside
 */
export function withLab(settings: Settings, lab: LabEndpoints, others: LabsByName = {}): Settings {
    const { cluster, storage, exposure, backup } = settings;
    const standsIn = cluster.kind === "lab" && cluster.standIn;
    return {
        ...settings,
        storage: storageOn(storage, lab, standsIn),
        exposure: standsIn ? withoutInstall(exposure) : exposure,
        backup: backupOn(backup, lab, standsIn, others),
    };
}

export type LabsByName = Readonly<Partial<Record<string, LabEndpoints>>>;

/**
 * The lab's S3 in place of the location's. Its pods are simulated: no node agent reads their files, and Velero would wait
 * for one.
 */
function backupOn(
    backup: Settings["backup"],
    lab: LabEndpoints,
    standsIn: boolean,
    others: LabsByName,
): Settings["backup"] {
    if (backup.kind !== "velero") return backup;
    const { location } = backup;
    const shared = location.kind === "s3" && location.lab !== undefined ? others[location.lab] : undefined;
    const { endpoint, region, accessKey, secretKey } = (shared ?? lab).s3;
    const { bucket, prefix } = location;
    const forceDestroy = location.kind !== "minio" && location.forceDestroy;
    const ofTheLab = standsIn || (location.kind === "s3" && location.endpoint === undefined);
    return {
        ...backup,
        volumes: backup.volumes === "files" ? "none" : backup.volumes,
        // The lab's volumes are of its own driver, whose snapshots it plays as well.
        snapshotClass: backup.snapshotClass && {
            driver: labVolumeDriver,
            deletionPolicy: backup.snapshotClass.deletionPolicy,
            parameters: {},
        },
        location: ofTheLab
            ? {
                  // A shared one is the other stack's, to make and to delete.
                  ...{ kind: "s3", bucket, prefix, forceDestroy, createBucket: shared === undefined },
                  ...{ endpoint, region, accessKey, secretKey, preset: "versitygw" },
              }
            : location,
    };
}

function storageOn(storage: Settings["storage"], lab: LabEndpoints, standsIn: boolean): Settings["storage"] {
    const { endpoint, region, accessKey, secretKey } = lab.s3;
    const onLab = { endpoint, region, accessKey, secretKey, preset: "versitygw" } as const;
    switch (storage.kind) {
        case "s3":
            if (standsIn) return { ...storage, ...onLab, existingSecret: undefined, createBucket: true };
            return storage.endpoint === undefined ? { ...storage, ...onLab } : storage;
        case "aws":
            return standsIn
                ? { kind: "s3", bucket: storage.bucket, forceDestroy: storage.forceDestroy, ...onLab }
                : storage;
        case "minio":
            // The one in the cluster is simulated like everything there.
            return standsIn && storage.endpoint !== undefined
                ? { kind: "s3", bucket: storage.bucket, forceDestroy: false, ...onLab }
                : storage;
        default:
            return storage;
    }
}

function withoutInstall(exposure: Settings["exposure"]): Settings["exposure"] {
    if (exposure.kind !== "nodePort") return exposure;
    return { ...exposure, haproxy: { ...exposure.haproxy, install: undefined } };
}
