import { Secret } from "@pulumi/kubernetes/core/v1/secret";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config/schema";
import type { ChartValues, HarborPart } from "./chart-values";
import { names, secretKeys } from "./names";
import { storageValues } from "./storage-values";
import { Bucket } from "./storage/bucket";
import { Nfs } from "./storage/nfs";

export interface StorageArgs {
    readonly storage: Settings["storage"];
    readonly persistence: Settings["persistence"];
    /** Namespace of the registry. */
    readonly namespace: pulumi.Input<string>;
}

/** Where the registry keeps images: what each kind needs is made here, nothing for a volume, which the chart claims. */
export class Storage extends pulumi.ComponentResource implements HarborPart {
    readonly values: ChartValues;
    readonly ready: readonly pulumi.Resource[] = [this];
    readonly secrets: readonly pulumi.Output<string>[] = [];

    constructor(name: string, args: StorageArgs, opts?: pulumi.ComponentResourceOptions) {
        super("anchorage:components:Storage", name, {}, opts);
        const { storage, persistence, namespace } = args;
        const credentialsSecret = storage.kind === "s3" ? this.s3(name, storage, namespace) : undefined;
        if (storage.kind === "nfs") new Nfs(`${name}-nfs`, { settings: storage, namespace }, { parent: this });
        this.values = storageValues({ storage, persistence, credentialsSecret });
        this.registerOutputs({});
    }

    private s3(
        name: string,
        storage: Extract<Settings["storage"], { kind: "s3" }>,
        namespace: pulumi.Input<string>,
    ): string | undefined {
        const { accessKey, secretKey, bucket, endpoint, region, forceDestroy, createBucket } = storage;
        if (accessKey === undefined || secretKey === undefined) return storage.existingSecret;
        if (createBucket !== false) {
            new Bucket(
                `${name}-bucket`,
                { bucket, endpoint, region, accessKey, secretKey, forceDestroy },
                { parent: this },
            );
        }
        new Secret(
            `${name}-credentials`,
            {
                metadata: { name: names.storageCredentials, namespace },
                stringData: {
                    [secretKeys.s3AccessKey]: pulumi.secret(accessKey),
                    [secretKeys.s3SecretKey]: pulumi.secret(secretKey),
                },
            },
            { parent: this },
        );
        return names.storageCredentials;
    }
}
