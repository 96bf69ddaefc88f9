import { StatefulSet } from "@pulumi/kubernetes/apps/v1/statefulSet";
import { Job } from "@pulumi/kubernetes/batch/v1/job";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap";
import { Secret } from "@pulumi/kubernetes/core/v1/secret";
import { Service } from "@pulumi/kubernetes/core/v1/service";
import * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../../config/schema";
import { checksumOf } from "../checksum";
import { names, secretKeys } from "../names";
import { madePassword } from "../password";
import { policyText, registryUser, serverSpec, serviceSpec, setUpSpec, type MinioSettings } from "./minio-values";

export interface MinioArgs {
    readonly settings: MinioSettings;
    /** Namespace of the objects: that of whoever uses the bucket. */
    readonly namespace: pulumi.Input<string>;
    /** Of the server's pod and the Job's. @default that of a stack that says nothing of it */
    readonly placement?: Settings["placement"] | undefined;
    /** Name of the bucket's user. @default that of the registry */
    readonly user?: string;
}

/**
 * MinIO, in the cluster or elsewhere: a bucket for the registry and a user that may use this bucket and do nothing
 * else. The administrator's keys stay in a Secret that the server and the Job alone read.
 */
export class Minio extends pulumi.ComponentResource {
    /** Keys of the registry's user. */
    readonly accessKey: string;
    readonly secretKey: pulumi.Output<string>;

    constructor(
        private readonly name: string,
        private readonly args: MinioArgs,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super("anchorage:components:Minio", name, {}, opts);
        const { settings } = args;
        const rootPassword = pulumi.secret(settings.rootPassword ?? this.password("root-password"));
        this.accessKey = args.user ?? registryUser(settings);
        this.secretKey = this.password("registry-password");
        const keys = this.keys(rootPassword);
        const server = settings.endpoint === undefined ? this.server(rootPassword, keys) : [];
        this.setUp([rootPassword, this.secretKey], [keys, ...server]);
        this.registerOutputs({});
    }

    /** For the server and the Job; Harbor's registry has its own in a Secret of its own. */
    private keys(rootPassword: pulumi.Output<string>): Secret {
        return new Secret(
            `${this.name}-keys`,
            {
                metadata: this.metadata(names.minioKeys),
                stringData: {
                    [secretKeys.minioRootUser]: this.args.settings.rootUser,
                    [secretKeys.minioRootPassword]: rootPassword,
                    [secretKeys.minioRegistryPassword]: this.secretKey,
                },
            },
            { parent: this },
        );
    }

    private server(rootPassword: pulumi.Output<string>, keys: Secret): pulumi.Resource[] {
        const { settings } = this.args;
        const service = new Service(
            `${this.name}-service`,
            { metadata: this.metadata(names.minio), spec: serviceSpec },
            { parent: this },
        );
        const server = new StatefulSet(
            `${this.name}-server`,
            {
                metadata: this.metadata(names.minio),
                spec: serverSpec(
                    settings,
                    checksumOf([pulumi.output(settings.rootUser), rootPassword]),
                    this.args.placement,
                ),
            },
            { parent: this, dependsOn: keys },
        );
        return [service, server];
    }

    private setUp(keys: readonly pulumi.Output<string>[], after: pulumi.Resource[]): void {
        const { settings } = this.args;
        const policy = policyText(settings);
        const policyFile = new ConfigMap(
            `${this.name}-policy`,
            { metadata: this.metadata(names.minioPolicy), data: { "policy.json": policy } },
            { parent: this },
        );
        new Job(
            `${this.name}-set-up`,
            {
                metadata: this.metadata(names.minioSetUp),
                spec: setUpSpec(
                    settings,
                    checksumOf([...keys, pulumi.output(policy)]),
                    this.accessKey,
                    this.args.placement,
                ),
            },
            { parent: this, dependsOn: [policyFile, ...after] },
        );
    }

    private password(what: string): pulumi.Output<string> {
        return madePassword(`${this.name}-${what}`, this);
    }

    private metadata(objectName: string) {
        return { name: objectName, namespace: this.args.namespace };
    }
}
