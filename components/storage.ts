import { Secret } from "@pulumi/kubernetes/core/v1/secret";
import * as pulumi from "@pulumi/pulumi";
import type { StorageOutput } from "../config/contract";
import type { Settings } from "../config/schema";
import type { ChartValues, HarborPart } from "./chart-values";
import { names, secretKeys } from "./names";
import { storageValues } from "./storage-values";
import { Bucket } from "./storage/bucket";
import { Minio } from "./storage/minio";
import { Nfs } from "./storage/nfs";
import { regionOf } from "./storage/s3-values";
import { storageOutput } from "./storage/storage-output";

export interface StorageArgs {
    readonly storage: Settings["storage"];
    readonly persistence: Settings["persistence"];
    readonly placement: Settings["placement"];
    /** Namespace of the registry. */
    readonly namespace: pulumi.Input<string>;
}

type Kind<K extends Settings["storage"]["kind"]> = Extract<Settings["storage"], { kind: K }>;

/** Where the registry keeps images: what each kind needs is made here, nothing for a volume, which the chart claims. */
export class Storage extends pulumi.ComponentResource implements HarborPart {
    readonly values: ChartValues;
    readonly ready: readonly pulumi.Resource[] = [this];
    readonly secrets: readonly pulumi.Output<string>[];
    /** As the stack's outputs name it. */
    readonly output: StorageOutput;

    private readonly keys: pulumi.Output<string>[] = [];

    constructor(
        private readonly name: string,
        private readonly args: StorageArgs,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super("anchorage:components:Storage", name, {}, opts);
        const { storage, persistence } = args;
        const credentialsSecret = this.backEnd(storage);
        this.values = storageValues({ storage, persistence, credentialsSecret });
        this.secrets = this.keys;
        this.output = storageOutput(storage, credentialsSecret);
        this.registerOutputs({});
    }

    /** Makes what the kind needs. @returns name of the Secret with its credentials, where it has some */
    private backEnd(storage: Settings["storage"]): string | undefined {
        switch (storage.kind) {
            case "nfs":
                new Nfs(`${this.name}-nfs`, { settings: storage, namespace: this.args.namespace }, { parent: this });
                return undefined;
            case "s3":
                return this.s3(storage);
            case "aws":
                return this.aws(storage);
            case "minio":
                return this.minio(storage);
            case "swift":
                return storage.password === undefined
                    ? storage.existingSecret
                    : this.credentials({ [secretKeys.swiftPassword]: storage.password });
            case "volume":
                return undefined;
        }
    }

    private s3(storage: Kind<"s3">): string | undefined {
        const { accessKey, secretKey, bucket, endpoint, forceDestroy, createBucket } = storage;
        if (accessKey === undefined || secretKey === undefined) return storage.existingSecret;
        if (createBucket !== false) {
            new Bucket(
                `${this.name}-bucket`,
                { bucket, endpoint, region: regionOf(storage), accessKey, secretKey, forceDestroy },
                { parent: this },
            );
        }
        return this.credentials({ [secretKeys.s3AccessKey]: accessKey, [secretKeys.s3SecretKey]: secretKey });
    }

    private aws(settings: Kind<"aws">): string {
        // oxlint-disable-next-line typescript/no-require-imports -- lazy: no stack but one on AWS loads its SDK
        const { AwsBucket } = require("./storage/aws-bucket") as typeof import("./storage/aws-bucket");
        const { accessKey, secretKey } = new AwsBucket(`${this.name}-aws`, { settings }, { parent: this });
        return this.credentials({ [secretKeys.s3AccessKey]: accessKey, [secretKeys.s3SecretKey]: secretKey });
    }

    private minio(settings: Kind<"minio">): string {
        const { namespace, placement } = this.args;
        const args = { settings, namespace, placement };
        const { accessKey, secretKey } = new Minio(`${this.name}-minio`, args, { parent: this });
        return this.credentials({ [secretKeys.s3AccessKey]: accessKey, [secretKeys.s3SecretKey]: secretKey });
    }

    /** The Secret that Harbor's registry reads its credentials from: the same one for each kind, so that a change of it works. */
    private credentials(data: Readonly<Record<string, pulumi.Input<string>>>): string {
        const stringData = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, pulumi.secret(value)]));
        new Secret(
            `${this.name}-credentials`,
            { metadata: { name: names.storageCredentials, namespace: this.args.namespace }, stringData },
            { parent: this },
        );
        this.keys.push(...Object.values(stringData));
        return names.storageCredentials;
    }
}
