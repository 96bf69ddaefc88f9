import assert from "node:assert/strict";
import { storageOutput } from "../../components/storage/storage-output";
import type { StorageOutput } from "../../config/contract";
import { parseSettings } from "../../config/settings";

const keys = {
    accessKey: { secretName: "harbor-registry-storage", secretKey: "REGISTRY_STORAGE_S3_ACCESSKEY" },
    secretKey: { secretName: "harbor-registry-storage", secretKey: "REGISTRY_STORAGE_S3_SECRETKEY" },
};

function outputOf(storage: Readonly<Record<string, unknown>>, secret?: string): StorageOutput {
    return storageOutput(parseSettings({ cluster: { kind: "kubeconfig" }, storage }).storage, secret);
}

describe("the output storage", () => {
    const cases: readonly [string, Readonly<Record<string, unknown>>, string | undefined, StorageOutput][] = [
        ["a volume", { kind: "volume" }, undefined, { kind: "volume" }],
        ["nfs", { kind: "nfs", server: "nfs.example.com" }, undefined, { kind: "nfs" }],
        [
            "swift",
            {
                kind: "swift",
                authUrl: "https://keystone.example.com/v3",
                container: "c",
                username: "u",
                existingSecret: "s",
            },
            "harbor-registry-storage",
            { kind: "swift" },
        ],
        [
            "a bucket of the program on AWS",
            { kind: "aws", bucket: "acme-images", region: "eu-west-1" },
            "harbor-registry-storage",
            { kind: "s3", bucket: "acme-images", region: "eu-west-1", pathStyle: false, ...keys },
        ],
        [
            "MinIO in the cluster",
            { kind: "minio" },
            "harbor-registry-storage",
            {
                kind: "s3",
                bucket: "harbor",
                region: "us-east-1",
                endpoint: "http://harbor-minio:9000",
                pathStyle: true,
                ...keys,
            },
        ],
        [
            "any S3, in a folder, with a CA and a Secret of its own",
            {
                kind: "s3",
                bucket: "images",
                preset: "garage",
                endpoint: "https://s3.example.com",
                rootDirectory: "/prod/harbor/",
                caSecret: "s3-ca",
                existingSecret: "my-keys",
            },
            "my-keys",
            {
                kind: "s3",
                bucket: "images",
                region: "garage",
                endpoint: "https://s3.example.com",
                pathStyle: true,
                prefix: "prod/harbor",
                accessKey: { ...keys.accessKey, secretName: "my-keys" },
                secretKey: { ...keys.secretKey, secretName: "my-keys" },
                ca: { secretName: "s3-ca", secretKey: "ca.crt" },
            },
        ],
    ];
    for (const [what, settings, secret, expected] of cases) {
        it(`of ${what}`, () => {
            assert.deepEqual(outputOf(settings, secret), expected);
        });
    }
});
