import { createHash } from "node:crypto";
import type * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../config/schema";
import type { ChartValues } from "../chart-values";
import { names } from "../names";

export type NfsSettings = Extract<Settings["storage"], { kind: "nfs" }>;

/**
 * The empty class, on the volume and on the claim: no provisioner takes the claim, and the cluster's default class,
 * which a claim without a class gets, does not either.
 */
const noProvisioner = "";
const accessModes = ["ReadWriteMany"];
const volumeMode = "Filesystem";

/** Folder of each component on the volume, relative to its root: Kubernetes refuses a subPath that begins with "/". */
export const nfsFolders = {
    registry: "registry",
    jobservice: "jobservice",
    database: "database",
    redis: "redis",
    trivy: "trivy",
} as const;

/**
 * Name of the claim, and end of the volume's. Volumes cannot be changed: other settings make another volume and
 * another claim beside the old ones, and the pods change over.
 */
export function nfsClaimName({ server, path, size, mountOptions }: NfsSettings): string {
    const place = JSON.stringify([server, path, size, mountOptions]);
    return `${names.nfsClaim}-${createHash("sha256").update(place).digest("hex").slice(0, 8)}`;
}

/** Spec of the volume: reserved for Harbor's claim, and kept, like the folder on the server, when the claim goes. */
export function volumeSpec(settings: NfsSettings, namespace: pulumi.Input<string>) {
    const { server, path, size, mountOptions } = settings;
    return {
        storageClassName: noProvisioner,
        capacity: { storage: size },
        volumeMode,
        accessModes,
        persistentVolumeReclaimPolicy: "Retain",
        mountOptions,
        nfs: { server, path },
        claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name: nfsClaimName(settings) },
    };
}

/** Spec of the claim on that volume and on no other. */
export function claimSpec({ size }: NfsSettings, volumeName: pulumi.Input<string>) {
    return {
        storageClassName: noProvisioner,
        volumeMode,
        accessModes,
        resources: { requests: { storage: size } },
        volumeName,
    };
}

/** The chart's `persistence.persistentVolumeClaim`: every component on the one claim, each in its own folder. */
export function nfsClaims(settings: NfsSettings): ChartValues {
    const existingClaim = nfsClaimName(settings);
    const folder = (subPath: string): ChartValues => ({ existingClaim, subPath, accessMode: "ReadWriteMany" });
    return {
        registry: folder(nfsFolders.registry),
        jobservice: { jobLog: folder(nfsFolders.jobservice) },
        database: folder(nfsFolders.database),
        redis: folder(nfsFolders.redis),
        trivy: folder(nfsFolders.trivy),
    };
}
