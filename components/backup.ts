import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap";
import { Secret } from "@pulumi/kubernetes/core/v1/secret";
import * as pulumi from "@pulumi/pulumi";
import { operatorCharts } from "../config/catalogue";
import type { BackupOutput } from "../config/contract";
import type { Settings } from "../config/schema";
import {
    backupNames,
    backupOutput,
    credentialsFile,
    credentialsKey,
    locationObject,
    scheduleObjects,
    snapshotClassObject,
    volumePolicies,
    type BackupSettings,
} from "./backup/velero-values";
import { makeObject } from "./custom-object";
import { Bucket } from "./storage/bucket";
import { Minio } from "./storage/minio";
import { regionOf } from "./storage/s3-values";

export interface BackupArgs {
    readonly settings: Settings;
    readonly backup: BackupSettings;
    /** What Velero's objects depend on; empty where the cluster has a Velero already. */
    readonly velero: readonly pulumi.Resource[];
}

/** Keys of a user of the bucket; or the name of a Secret that has them. */
type Keys = { readonly accessKey: pulumi.Input<string>; readonly secretKey: pulumi.Input<string> } | string;

/**
 * Where backups go: the bucket, its keys in Velero's namespace, the BackupStorageLocation, what is taken of volumes, and
 * Velero's own schedules. Velero itself is one of the operators.
 */
export class Backup extends pulumi.ComponentResource {
    readonly output: BackupOutput;

    private readonly namespace = operatorCharts.velero.namespace;

    constructor(
        private readonly name: string,
        private readonly args: BackupArgs,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super("anchorage:components:Backup", name, {}, opts);
        const { backup } = args;
        const bucket: pulumi.Resource[] = [];
        const keys = this.keys(backup.location, bucket);
        const credentials = this.credentials(keys, bucket);
        this.location(credentials, bucket);
        this.volumes();
        this.output = backupOutput(backup, this.namespace, credentials);
        this.registerOutputs({ output: this.output });
    }

    /** Makes what the kind of location needs. @param made gets what has to be there before Velero looks */
    private keys(location: BackupSettings["location"], made: pulumi.Resource[]): Keys {
        switch (location.kind) {
            case "s3": {
                const { bucket, endpoint, forceDestroy, accessKey, secretKey, createBucket, existingSecret } = location;
                if (accessKey === undefined || secretKey === undefined)
                    return existingSecret ?? backupNames.credentials;
                if (createBucket !== false && !this.isRegistrysBucket()) {
                    made.push(
                        new Bucket(
                            `${this.name}-bucket`,
                            { bucket, endpoint, region: regionOf(location), accessKey, secretKey, forceDestroy },
                            { parent: this },
                        ),
                    );
                }
                return { accessKey, secretKey };
            }
            case "aws": {
                const { AwsBucket } =
                    // oxlint-disable-next-line typescript/no-require-imports -- lazy: no stack but one on AWS loads its SDK
                    require("./storage/aws-bucket") as typeof import("./storage/aws-bucket");
                const { bucket, region, forceDestroy } = location;
                const settings = { kind: "aws", bucket, region, forceDestroy } as const;
                const aws = new AwsBucket(`${this.name}-aws`, { settings }, { parent: this });
                made.push(aws);
                return aws;
            }
            case "minio": {
                const { bucket, endpoint, rootUser, rootPassword, skipVerify } = location;
                const server = { kind: "minio", size: "1Gi" } as const;
                const settings = { ...server, bucket, endpoint, rootUser, rootPassword, skipVerify };
                const minio = new Minio(
                    `${this.name}-minio`,
                    {
                        settings,
                        namespace: this.namespace,
                        placement: this.args.settings.placement,
                        user: `${bucket}-backup`,
                    },
                    { parent: this, dependsOn: [...this.args.velero] },
                );
                made.push(minio);
                return minio;
            }
        }
    }

    /** With another prefix the registry's own bucket will do, and it is the storage's to make. */
    private isRegistrysBucket(): boolean {
        const { storage } = this.args.settings;
        const { location } = this.args.backup;
        return (
            storage.kind === "s3" &&
            location.kind === "s3" &&
            storage.bucket === location.bucket &&
            storage.endpoint === location.endpoint
        );
    }

    /** @returns name of the Secret with the keys */
    private credentials(keys: Keys, made: pulumi.Resource[]): string {
        if (typeof keys === "string") return keys;
        const file = pulumi
            .all([keys.accessKey, keys.secretKey])
            .apply(([accessKey, secretKey]) => credentialsFile(accessKey, secretKey));
        const secret = new Secret(
            `${this.name}-credentials`,
            {
                metadata: { name: backupNames.credentials, namespace: this.namespace },
                stringData: { [credentialsKey]: pulumi.secret(file) },
            },
            { parent: this, dependsOn: [...this.args.velero] },
        );
        made.push(secret);
        return backupNames.credentials;
    }

    private location(credentials: string, after: readonly pulumi.Resource[]): void {
        const { settings, backup, velero } = this.args;
        const location = makeObject(
            `${this.name}-location`,
            locationObject(backup, credentials, !settings.operators.velero.installed),
            this.namespace,
            { parent: this, dependsOn: [...after, ...velero] },
        );
        for (const schedule of scheduleObjects(backup, settings.namespace)) {
            makeObject(`${this.name}-schedule-${schedule.metadata.name}`, schedule, this.namespace, {
                parent: this,
                dependsOn: [location],
            });
        }
    }

    private volumes(): void {
        const { backup, velero } = this.args;
        new ConfigMap(
            `${this.name}-volume-policy`,
            {
                metadata: { name: backupNames.volumePolicy, namespace: this.namespace },
                data: { "policies.yaml": JSON.stringify(volumePolicies) },
            },
            { parent: this, dependsOn: [...velero] },
        );
        const snapshotClass = snapshotClassObject(backup);
        if (snapshotClass !== undefined) new CustomResource(`${this.name}-snapshots`, snapshotClass, { parent: this });
    }
}
