import { AccessKey } from "@pulumi/aws/iam/accessKey";
import { User } from "@pulumi/aws/iam/user";
import { UserPolicy } from "@pulumi/aws/iam/userPolicy";
import { Provider } from "@pulumi/aws/provider";
import { Bucket } from "@pulumi/aws/s3/bucket";
import { BucketLifecycleConfiguration } from "@pulumi/aws/s3/bucketLifecycleConfiguration";
import { BucketOwnershipControls } from "@pulumi/aws/s3/bucketOwnershipControls";
import { BucketPolicy } from "@pulumi/aws/s3/bucketPolicy";
import { BucketPublicAccessBlock } from "@pulumi/aws/s3/bucketPublicAccessBlock";
import { BucketServerSideEncryptionConfiguration } from "@pulumi/aws/s3/bucketServerSideEncryptionConfiguration";
import { BucketVersioning } from "@pulumi/aws/s3/bucketVersioning";
import * as pulumi from "@pulumi/pulumi";
import {
    encryption,
    lifecycle,
    ownership,
    publicAccess,
    tlsOnlyPolicy,
    userPolicy,
    type AwsSettings,
} from "./aws-values";

export interface AwsBucketArgs {
    /** Name and region of the bucket, and whether destroy deletes it with the images in it. */
    readonly settings: AwsSettings;
}

/**
 * A bucket on AWS: private, encrypted, versioned, over TLS alone; and a user that may use it and nothing else. AWS is
 * signed in to as its tools do it: profile, environment or role of who runs the program.
 */
export class AwsBucket extends pulumi.ComponentResource {
    /** Keys of the registry's user: Harbor takes no role (harbor#12888). */
    readonly accessKey: pulumi.Output<string>;
    readonly secretKey: pulumi.Output<string>;

    constructor(
        private readonly name: string,
        { settings }: AwsBucketArgs,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super("anchorage:components:AwsBucket", name, {}, opts);
        const provider = new Provider(`${name}-provider`, { region: settings.region }, { parent: this });
        const onAws = { parent: this, provider };
        const bucket = this.bucket(settings, onAws);
        this.close(bucket, onAws);
        this.keep(bucket, onAws);
        const key = this.user(bucket, onAws);
        this.accessKey = key.id;
        this.secretKey = key.secret;
        this.registerOutputs({});
    }

    /** Protected, so that no destroy takes the images with it unless it is meant. */
    private bucket({ bucket, forceDestroy }: AwsSettings, onAws: pulumi.CustomResourceOptions): Bucket {
        return new Bucket(`${this.name}-bucket`, { bucket, forceDestroy }, { ...onAws, protect: !forceDestroy });
    }

    private close({ id: bucket, arn }: Bucket, onAws: pulumi.CustomResourceOptions): void {
        const block = new BucketPublicAccessBlock(`${this.name}-public-access`, { bucket, ...publicAccess }, onAws);
        new BucketOwnershipControls(`${this.name}-ownership`, { bucket, rule: ownership }, onAws);
        new BucketServerSideEncryptionConfiguration(`${this.name}-encryption`, { bucket, rules: encryption }, onAws);
        new BucketPolicy(
            `${this.name}-tls-only`,
            { bucket, policy: arn.apply(tlsOnlyPolicy) },
            // AWS refuses two of these calls at once for one bucket.
            { ...onAws, dependsOn: block },
        );
    }

    private keep({ id: bucket }: Bucket, onAws: pulumi.CustomResourceOptions): void {
        const versioning = new BucketVersioning(
            `${this.name}-versioning`,
            { bucket, versioningConfiguration: { status: "Enabled" } },
            onAws,
        );
        new BucketLifecycleConfiguration(
            `${this.name}-lifecycle`,
            { bucket, rules: lifecycle },
            { ...onAws, dependsOn: versioning },
        );
    }

    private user({ arn }: Bucket, onAws: pulumi.CustomResourceOptions): AccessKey {
        const user = new User(`${this.name}-user`, {}, onAws);
        new UserPolicy(`${this.name}-user-policy`, { user: user.name, policy: arn.apply(userPolicy) }, onAws);
        return new AccessKey(`${this.name}-access-key`, { user: user.name }, onAws);
    }
}
