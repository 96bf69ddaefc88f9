import assert from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import { AwsBucket } from "../../components/storage/aws-bucket";
import { awsTarget, lifecycle, publicAccess, type AwsSettings } from "../../components/storage/aws-values";
import { s3Values } from "../../components/storage/s3-values";
import { parseSettings } from "../../config/settings";
import { exec } from "../../lib/exec";
import { projectRoot } from "../../lib/home";
import { evaluate, evaluateSettings, generated, type MockResource } from "../support/mocks";
import { secretValue } from "../support/secret-value";

const cluster = { kind: "kubeconfig" };
const aws = { kind: "aws", bucket: "acme-images", region: "eu-west-1" };

interface Policy {
    readonly Statement: readonly Readonly<Record<string, unknown>>[];
}

function settingsOf(more: Readonly<Record<string, unknown>> = {}): AwsSettings {
    const { storage } = parseSettings({ cluster, storage: { ...aws, ...more } });
    assert.ok(storage.kind === "aws");
    return storage;
}

describe("storage aws", () => {
    it("gives the chart AWS's own endpoint, with redirects and no key", () => {
        assert.deepEqual(s3Values(awsTarget(settingsOf()), "keys"), {
            type: "s3",
            disableredirect: false,
            s3: { bucket: "acme-images", region: "eu-west-1", secure: true, v4auth: true, existingSecret: "keys" },
        });
    });

    describe("bucket", () => {
        let resources: readonly MockResource[];
        const inputs = (end: string): Readonly<Record<string, unknown>> => {
            const resource = resources.find(({ name }) => name === `registry-storage-aws-${end}`);
            assert.ok(resource, `there is no ${end}`);
            return resource.inputs;
        };
        const policy = (end: string): Policy => JSON.parse(String(inputs(end)["policy"])) as Policy;
        const arn = "arn:aws:s3:::registry-storage-aws-bucket";
        const bucket = "registry-storage-aws-bucket-id";

        before(async () => {
            resources = await evaluateSettings({ cluster, storage: aws });
        });

        it("has these resources, and no more", () => {
            const made = resources.filter(({ types }) => types.startsWith("anchorage:components:AwsBucket$"));
            assert.deepEqual(made.map(({ type }) => type).sort(), [
                "aws:iam/accessKey:AccessKey",
                "aws:iam/user:User",
                "aws:iam/userPolicy:UserPolicy",
                "aws:s3/bucket:Bucket",
                "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
                "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
                "aws:s3/bucketPolicy:BucketPolicy",
                "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
                "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
                "aws:s3/bucketVersioning:BucketVersioning",
                "pulumi:providers:aws",
            ]);
        });

        it("has the name and the region of the settings", () => {
            assert.equal(inputs("bucket")["bucket"], "acme-images");
            assert.equal(inputs("bucket")["forceDestroy"], false);
            assert.equal(inputs("provider")["region"], "eu-west-1");
        });

        it("is closed to the public", () => {
            assert.deepEqual(inputs("public-access"), { bucket, ...publicAccess });
            assert.deepEqual(Object.values(publicAccess), [true, true, true, true]);
            assert.deepEqual(inputs("ownership"), { bucket, rule: { objectOwnership: "BucketOwnerEnforced" } });
        });

        it("is encrypted and versioned", () => {
            assert.deepEqual(inputs("encryption"), {
                bucket,
                rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }],
            });
            assert.deepEqual(inputs("versioning"), { bucket, versioningConfiguration: { status: "Enabled" } });
        });

        it("refuses everything without TLS", () => {
            assert.deepEqual(policy("tls-only").Statement, [
                {
                    Sid: "TlsOnly",
                    Effect: "Deny",
                    Principal: "*",
                    Action: "s3:*",
                    Resource: [arn, `${arn}/*`],
                    Condition: { Bool: { "aws:SecureTransport": "false" } },
                },
            ]);
        });

        it("gives up unfinished uploads after a week, and what was deleted after 30 days", () => {
            assert.deepEqual(inputs("lifecycle"), { bucket, rules: lifecycle });
            const [unfinished, deleted] = lifecycle;
            assert.deepEqual(unfinished?.abortIncompleteMultipartUpload, { daysAfterInitiation: 7 });
            assert.deepEqual(deleted?.noncurrentVersionExpiration, { noncurrentDays: 30 });
        });

        it("lets its user do what the registry does, and nothing else", () => {
            assert.deepEqual(policy("user-policy").Statement, [
                {
                    Effect: "Allow",
                    Action: ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
                    Resource: [arn],
                },
                {
                    Effect: "Allow",
                    Action: [
                        "s3:PutObject",
                        "s3:GetObject",
                        "s3:DeleteObject",
                        "s3:ListMultipartUploadParts",
                        "s3:AbortMultipartUpload",
                    ],
                    Resource: [`${arn}/*`],
                },
            ]);
        });

        it("gives the user's keys to Harbor by a Secret", () => {
            const secret = resources.find(({ name }) => name === "registry-storage-credentials");
            assert.deepEqual(secretValue(secret?.inputs["stringData"]), {
                REGISTRY_STORAGE_S3_ACCESSKEY: "registry-storage-aws-access-key-id",
                REGISTRY_STORAGE_S3_SECRETKEY: generated("registry-storage-aws-access-key"),
            });
            const release = resources.find(({ name }) => name === "registry-harbor-release");
            assert.doesNotMatch(JSON.stringify(release?.inputs), /generated-registry-storage|access-key-id/);
        });
    });

    for (const forceDestroy of [false, true]) {
        it(`is ${forceDestroy ? "given up" : "protected"} where forceDestroy is ${String(forceDestroy)}`, async () => {
            const options = new Map<string, pulumi.ResourceOptions>();
            const note: pulumi.ResourceTransformation = ({ name, opts }) => {
                options.set(name, opts);
                return undefined;
            };
            const settings = settingsOf({ forceDestroy });
            const resources = await evaluate(() => new AwsBucket("images", { settings }, { transformations: [note] }));
            assert.equal(options.get("images-bucket")?.protect, !forceDestroy);
            assert.equal(resources.find(({ name }) => name === "images-bucket")?.inputs["forceDestroy"], forceDestroy);
        });
    }

    describe("SDK", () => {
        /** Files of @pulumi/aws that a process of its own loads to evaluate the storage. */
        async function loaded(storage: object): Promise<readonly string[]> {
            const script = `
                const { evaluateSettings } = require("./test/support/mocks");
                evaluateSettings(${JSON.stringify({ cluster, storage })}).then(() => {
                    const files = Object.keys(require.cache).filter((file) => /@pulumi.aws/.test(file));
                    process.stdout.write(JSON.stringify(files));
                });`;
            const { stdout } = await exec(process.execPath, ["--require", "./bin/typescript.js", "--eval", script], {
                cwd: projectRoot,
            });
            return JSON.parse(stdout) as string[];
        }

        it("is loaded by a stack on AWS: the few modules of it that are used", async () => {
            const files = await loaded(aws);
            assert.ok(files.length > 0 && files.length < 20, `${String(files.length)} files`);
        });

        for (const storage of [{ kind: "volume" }, { kind: "s3", bucket: "images", existingSecret: "keys" }]) {
            it(`is not loaded by a stack with storage.kind ${storage.kind}`, async () => {
                assert.deepEqual(await loaded(storage), []);
            });
        }
    });
});
