import * as pulumi from "@pulumi/pulumi";
import { SelfContainedResource } from "../dynamic-resource";

export interface BucketArgs {
    readonly bucket: pulumi.Input<string>;
    /** http(s) URL; AWS where it is left out. */
    readonly endpoint?: pulumi.Input<string>;
    readonly region: pulumi.Input<string>;
    readonly accessKey: pulumi.Input<string>;
    readonly secretKey: pulumi.Input<string>;
    /** Delete the bucket with what is in it. @default false: a bucket that is not empty is an error */
    readonly forceDestroy?: pulumi.Input<boolean>;
}

interface BucketInputs {
    readonly bucket: string;
    readonly endpoint?: string;
    readonly region: string;
    readonly accessKey: string;
    readonly secretKey: string;
    readonly forceDestroy?: boolean;
}

/** Makes a bucket on any S3. Its functions stand alone: see {@link SelfContainedResource}. */
const provider: pulumi.dynamic.ResourceProvider<BucketInputs, BucketInputs> = {
    check(_olds, news) {
        return Promise.resolve({ inputs: news });
    },
    diff(_id, olds, news) {
        const keys = ["bucket", "endpoint", "region", "accessKey", "secretKey", "forceDestroy"] as const;
        return Promise.resolve({
            changes: keys.some((key) => olds[key] !== news[key]),
            replaces: olds.bucket === news.bucket ? [] : ["bucket"],
            deleteBeforeReplace: false,
        });
    },
    async create(inputs) {
        process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true"; // a notice to developers, not to who reads an update
        // oxlint-disable-next-line typescript/no-require-imports -- stands alone
        const { S3Client, CreateBucketCommand } = require("@aws-sdk/client-s3") as typeof import("@aws-sdk/client-s3");
        const s3 = new S3Client({
            region: inputs.region,
            endpoint: inputs.endpoint,
            forcePathStyle: inputs.endpoint !== undefined,
            credentials: { accessKeyId: inputs.accessKey, secretAccessKey: inputs.secretKey },
        });
        try {
            const abroad = inputs.endpoint === undefined && inputs.region !== "us-east-1";
            await s3.send(
                new CreateBucketCommand({
                    Bucket: inputs.bucket,
                    // AWS wants it said for every region but this one, and refuses it there.
                    ...(abroad
                        ? { CreateBucketConfiguration: { LocationConstraint: inputs.region as "eu-central-1" } }
                        : {}),
                }),
            );
        } catch (error) {
            // Ours already: made by an update that was interrupted.
            if ((error as Error).name !== "BucketAlreadyOwnedByYou") {
                throw new Error(
                    `bucket ${inputs.bucket} could not be made: ${(error as Error).name}: ${(error as Error).message}`,
                );
            }
        } finally {
            s3.destroy();
        }
        return { id: inputs.bucket, outs: inputs };
    },
    async read(id, props) {
        process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true"; // a notice to developers, not to who reads an update
        if (props === undefined) throw new Error(`bucket ${id} cannot be imported`);
        // oxlint-disable-next-line typescript/no-require-imports -- stands alone
        const { S3Client, HeadBucketCommand } = require("@aws-sdk/client-s3") as typeof import("@aws-sdk/client-s3");
        const s3 = new S3Client({
            region: props.region,
            endpoint: props.endpoint,
            forcePathStyle: props.endpoint !== undefined,
            credentials: { accessKeyId: props.accessKey, secretAccessKey: props.secretKey },
        });
        try {
            await s3.send(new HeadBucketCommand({ Bucket: props.bucket }));
            return { id, props };
        } catch (error) {
            if ((error as Error).name === "NotFound") return { id: "", props };
            throw error;
        } finally {
            s3.destroy();
        }
    },
    update(_id, _olds, news) {
        return Promise.resolve({ outs: news });
    },
    async delete(_id, props) {
        process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true"; // a notice to developers, not to who reads an update
        const { S3Client, DeleteBucketCommand, DeleteObjectsCommand, ListObjectsV2Command } =
            // oxlint-disable-next-line typescript/no-require-imports -- stands alone
            require("@aws-sdk/client-s3") as typeof import("@aws-sdk/client-s3");
        const s3 = new S3Client({
            region: props.region,
            endpoint: props.endpoint,
            forcePathStyle: props.endpoint !== undefined,
            credentials: { accessKeyId: props.accessKey, secretAccessKey: props.secretKey },
        });
        const Bucket = props.bucket;
        try {
            if (props.forceDestroy === true) {
                for (;;) {
                    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
                    if (Contents.length === 0) break;
                    await s3.send(
                        new DeleteObjectsCommand({ Bucket, Delete: { Objects: Contents.map(({ Key }) => ({ Key })) } }),
                    );
                }
            }
            await s3.send(new DeleteBucketCommand({ Bucket }));
        } catch (error) {
            if ((error as Error).name === "NoSuchBucket") return;
            if ((error as Error).name === "BucketNotEmpty") {
                throw new Error(
                    `bucket ${Bucket} still holds images: empty it, or set storage.forceDestroy to true and run up, then destroy again`,
                );
            }
            throw error;
        } finally {
            s3.destroy();
        }
    },
};

/** A bucket on any S3, without a cloud's provider of hundreds of megabytes. */
export class Bucket extends SelfContainedResource {
    declare readonly bucket: pulumi.Output<string>;

    constructor(name: string, args: BucketArgs, opts?: pulumi.CustomResourceOptions) {
        super(
            provider,
            name,
            { ...args, accessKey: pulumi.secret(args.accessKey), secretKey: pulumi.secret(args.secretKey) },
            { ...opts, additionalSecretOutputs: ["accessKey", "secretKey"] },
        );
    }
}
