import assert from "node:assert/strict";
import { mistakesOf } from "../support/settings";

type Raw = Readonly<Record<string, unknown>>;

/** What is refused, the one sentence that says so, and a neighbour that is allowed. */
interface Case {
    readonly title: string;
    readonly refused: Raw;
    readonly because: RegExp;
    readonly allowed: Raw;
}

const volume = { kind: "volume" };
const shared = { kind: "volume", accessMode: "ReadWriteMany" };
const nfs = { kind: "nfs", server: "10.0.0.5" };
const keys = { accessKey: "AKIA", secretKey: "hush-hush" };
const s3 = { kind: "s3", bucket: "images", ...keys };
const withoutKeys = { kind: "s3", bucket: "images" };
const endpoint = "https://s3.example.com";
const minio = { kind: "minio" };
const otherMinio = { ...minio, endpoint: "https://minio.example.com", rootPassword: "hush-hush" };
const swift = { kind: "swift", authUrl: "https://keystone.example.com/v3", container: "images", username: "harbor" };
const withPassword = { ...swift, password: "hush-hush" };
const harbor = (more: Raw): Raw => ({ harbor: more });

const cases: readonly Case[] = [
    {
        title: "a ReadWriteOnce volume with several registry pods",
        refused: { storage: volume, ...harbor({ replicas: { registry: 3 } }) },
        because: /^harbor\.replicas\.registry is 3, but storage\.accessMode is ReadWriteOnce: set storage\.accessMode/,
        allowed: { storage: nfs, ...harbor({ replicas: { registry: 3 } }) },
    },
    {
        title: "a ReadWriteOnce volume with rolling updates",
        refused: { storage: volume, ...harbor({ updateStrategy: "RollingUpdate" }) },
        because: /^harbor\.updateStrategy is RollingUpdate, but storage\.accessMode is ReadWriteOnce/,
        allowed: { storage: nfs, ...harbor({ updateStrategy: "RollingUpdate" }) },
    },
    {
        title: "job logs of several pods in files without a shared volume",
        refused: { storage: volume, ...harbor({ jobLogs: "file", replicas: { jobservice: 2 } }) },
        because: /^harbor\.jobLogs is "file" with 2 jobservice replicas and no ReadWriteMany volume/,
        allowed: { storage: nfs, ...harbor({ jobLogs: "file", replicas: { jobservice: 2 } }) },
    },
    {
        title: "a class for volumes that are folders on NFS",
        refused: { storage: nfs, persistence: { storageClass: "fast" } },
        because: /^persistence\.storageClass is "fast", but storage\.kind nfs/,
        allowed: { storage: shared, persistence: { storageClass: "fast" } },
    },
    {
        title: "an exported folder that is not absolute",
        refused: { storage: { ...nfs, path: "export" } },
        because: /^storage\.path is "export"; it must begin with \//,
        allowed: { storage: { ...nfs, path: "/export" } },
    },
    {
        title: "NFS without a server",
        refused: { storage: { kind: "nfs" } },
        because: /^storage\.server is missing/,
        allowed: { storage: nfs },
    },
    {
        title: "S3 with a role and no keys",
        refused: {
            storage: withoutKeys,
            ...harbor({ values: { registry: { serviceAccountName: "role-of-the-registry" } } }),
        },
        because:
            /^storage has no keys: set storage\.accessKey.*a role .* not enough.*static keys only \(harbor#12888\)/,
        allowed: { storage: { ...withoutKeys, existingSecret: "keys" } },
    },
    {
        title: "one key of two",
        refused: { storage: { ...withoutKeys, accessKey: "AKIA" } },
        because: /^storage\.secretKey is missing: set both keys/,
        allowed: { storage: s3 },
    },
    {
        title: "keys twice",
        refused: { storage: { ...s3, existingSecret: "keys" } },
        because: /^storage\.existingSecret is "keys", and the keys are set as well/,
        allowed: { storage: s3 },
    },
    {
        title: "a bucket to make without keys",
        refused: { storage: { ...withoutKeys, existingSecret: "keys", createBucket: true } },
        because: /^storage\.createBucket is true, but the program has no keys/,
        allowed: { storage: { ...s3, createBucket: true } },
    },
    ...["minio", "seaweedfs", "garage", "rustfs", "ceph", "versitygw"].map((preset) => ({
        title: `${preset} without an endpoint`,
        refused: { storage: { ...s3, preset } },
        because: new RegExp(`^storage\\.preset is "${preset}", and storage\\.endpoint is missing: set it`),
        allowed: { storage: { ...s3, preset, endpoint } },
    })),
    {
        title: "an endpoint for AWS",
        refused: { storage: { ...s3, preset: "aws", endpoint } },
        because: /^storage\.endpoint is "https:\/\/s3\.example\.com", but storage\.preset is aws/,
        allowed: { storage: { ...s3, preset: "aws" } },
    },
    {
        title: "an endpoint that is no URL",
        refused: { storage: { ...s3, endpoint: "s3.example.com:9000" } },
        because: /^storage\.endpoint is "s3\.example\.com:9000"; it must be an http\(s\) URL/,
        allowed: { storage: { ...s3, endpoint: "http://s3.example.com:9000" } },
    },
    {
        title: "parts that S3 does not take",
        refused: { storage: { ...s3, chunkSize: "4Mi" } },
        because: /^storage\.chunkSize is 4Mi: S3 takes parts from 5Mi to 5Gi/,
        allowed: { storage: { ...s3, chunkSize: "5Mi" } },
    },
    {
        title: "parts that are too large",
        refused: { storage: { ...s3, chunkSize: "6Gi" } },
        because: /^storage\.chunkSize is 6Gi/,
        allowed: { storage: { ...s3, chunkSize: "5Gi" } },
    },
    {
        title: "a CA for an endpoint without TLS",
        refused: { storage: { ...s3, endpoint: "http://s3.example.com", caSecret: "s3-ca" } },
        because: /^storage\.caSecret is "s3-ca", but storage\.endpoint is "http:.*set an https URL/,
        allowed: { storage: { ...s3, endpoint, caSecret: "s3-ca" } },
    },
    {
        title: "no check of AWS's certificate",
        refused: { storage: { ...s3, skipVerify: true } },
        because: /^storage\.skipVerify is true, but storage\.endpoint is missing/,
        allowed: { storage: { ...s3, endpoint, skipVerify: true } },
    },
    {
        title: "a CA that is not asked",
        refused: { storage: { ...s3, endpoint, caSecret: "s3-ca", skipVerify: true } },
        because: /^storage\.caSecret is "s3-ca", and storage\.skipVerify is true/,
        allowed: { storage: { ...s3, endpoint, caSecret: "s3-ca", skipVerify: false } },
    },
    {
        title: "a region of AWS that is none",
        refused: { storage: { kind: "aws", bucket: "images", region: "Frankfurt" } },
        because: /^storage\.region is "Frankfurt"; it must be a region such as eu-central-1/,
        allowed: { storage: { kind: "aws", bucket: "images", region: "us-gov-east-1" } },
    },
    {
        title: "a MinIO elsewhere without its administrator's password",
        refused: { storage: { ...minio, endpoint } },
        because:
            /^storage\.endpoint is "https:\/\/s3\.example\.com", and storage\.rootPassword is missing.*preset minio/,
        allowed: { storage: otherMinio },
    },
    {
        title: "an administrator's password that MinIO does not take",
        refused: { storage: { ...minio, rootPassword: "short" } },
        because: /^storage\.rootPassword is \[secret\]; it must have 8 characters or more/,
        allowed: { storage: { ...minio, rootPassword: "long-enough" } },
    },
    {
        title: "a class for disks that are elsewhere",
        refused: { storage: { ...otherMinio, storageClass: "fast" } },
        because: /^storage\.storageClass is "fast", but the MinIO at storage\.endpoint/,
        allowed: { storage: { ...minio, storageClass: "fast" } },
    },
    {
        title: "clients sent to a MinIO in the cluster",
        refused: { storage: { ...minio, redirect: true } },
        because: /^storage\.redirect is true, but clients cannot reach/,
        allowed: { storage: { ...otherMinio, redirect: true } },
    },
    {
        title: "a CA for a MinIO in the cluster",
        refused: { storage: { ...minio, caSecret: "ca" } },
        because: /^storage\.caSecret is "ca", but storage\.endpoint is missing: set an https URL/,
        allowed: { storage: { ...otherMinio, caSecret: "ca" } },
    },
    {
        title: "Swift without a password",
        refused: { storage: swift },
        because: /^storage has no password: set storage\.password .*REGISTRY_STORAGE_SWIFT_PASSWORD/,
        allowed: { storage: withPassword },
    },
    {
        title: "Swift with two passwords",
        refused: { storage: { ...withPassword, existingSecret: "swift" } },
        because: /^storage\.existingSecret is "swift", and storage\.password is set as well/,
        allowed: { storage: { ...swift, existingSecret: "swift" } },
    },
    {
        title: "Swift without a user",
        refused: { storage: { ...withPassword, username: undefined } },
        because: /^storage\.username is missing/,
        allowed: { storage: withPassword },
    },
    {
        title: "a Keystone whose version nobody knows",
        refused: { storage: { ...withPassword, authUrl: "https://keystone.example.com" } },
        because: /^storage\.authUrl is "https:\/\/keystone\.example\.com", which names no version/,
        allowed: { storage: { ...withPassword, authUrl: "https://swift.example.com/auth/v1.0" } },
    },
    {
        title: "a CA for a Keystone without TLS",
        refused: { storage: { ...withPassword, authUrl: "http://keystone/v3", caSecret: "ca" } },
        because: /^storage\.caSecret is "ca", but storage\.authUrl is "http:\/\/keystone\/v3": set an https URL/,
        allowed: { storage: { ...withPassword, caSecret: "ca" } },
    },
    {
        title: "a container that is a path",
        refused: { storage: { ...withPassword, container: "a/b" } },
        because: /^storage\.container is "a\/b"; it must have 1 to 256 characters, and no \//,
        allowed: { storage: withPassword },
    },
];

describe("settings of storage", () => {
    for (const { title, refused, because, allowed } of cases) {
        it(`refuse ${title}, and allow its neighbour`, () => {
            const cluster = { kind: "kubeconfig" };
            const [first, ...rest] = mistakesOf({ cluster, ...refused });
            assert.match(first ?? "nothing was refused", because);
            assert.deepEqual(rest, []);
            assert.deepEqual(mistakesOf({ cluster, ...allowed }), []);
        });
    }

    it("need neither keys nor an endpoint of S3 on a lab, which has its own", () => {
        const cluster = { kind: "lab" };
        assert.deepEqual(mistakesOf({ cluster, storage: withoutKeys }), []);
        assert.deepEqual(mistakesOf({ cluster, storage: { ...withoutKeys, preset: "garage" } }), []);
        const elsewhere = mistakesOf({ cluster, storage: { ...withoutKeys, endpoint } });
        assert.match(elsewhere.join("\n"), /^storage has no keys/);
    });

    it("are refused without showing a secret", () => {
        const all = mistakesOf({ cluster: { kind: "kubeconfig" }, storage: { ...s3, secretKey: 7, preset: "garage" } });
        assert.match(all.join("\n"), /storage\.secretKey is \[secret\]/);
        assert.doesNotMatch(all.join("\n"), /hush-hush|7/);
    });
});
