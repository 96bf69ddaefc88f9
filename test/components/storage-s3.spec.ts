import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { storageValues } from "../../components/storage-values";
import { s3Values, type S3Target } from "../../components/storage/s3-values";
import { s3Presets } from "../../config/schema/storage";
import { parseSettings } from "../../config/settings";
import { projectRoot } from "../../lib/home";
import type { Tree } from "../support/chart-objects";
import { evaluateSettings } from "../support/mocks";
import { secretValue } from "../support/secret-value";
import { schemaKeys, valueKeys } from "../support/values-schema";

const endpoint = "https://s3.example.com";
const keys = { accessKey: "AKIA", secretKey: "hush-hush" };
const cluster = { kind: "kubeconfig" };

/** Keys that the chart has, by its contract. */
const chart = schemaKeys(
    JSON.parse(readFileSync(path.join(projectRoot, "lab", "charts", "harbor", "values.schema.json"), "utf8")) as Tree,
);

const table: readonly (readonly [title: string, target: S3Target, expected: object])[] = [
    [
        "AWS: redirects, no endpoint",
        { bucket: "images" },
        { disableredirect: false, s3: { bucket: "images", region: "us-east-1", secure: true, v4auth: true } },
    ],
    [
        "AWS in another region",
        { bucket: "images", preset: "aws", region: "eu-central-1" },
        { disableredirect: false, s3: { bucket: "images", region: "eu-central-1", secure: true, v4auth: true } },
    ],
    [
        "AWS in a region that is younger than the registry's driver",
        { bucket: "images", preset: "aws", region: "eu-north-1" },
        {
            disableredirect: false,
            s3: {
                bucket: "images",
                region: "eu-north-1",
                regionendpoint: "https://s3.eu-north-1.amazonaws.com",
                secure: true,
                v4auth: true,
            },
        },
    ],
    [
        "an S3 that no preset names",
        { bucket: "images", endpoint },
        {
            disableredirect: true,
            s3: { bucket: "images", region: "us-east-1", regionendpoint: endpoint, secure: true, v4auth: true },
        },
    ],
    [
        "one without TLS",
        { bucket: "images", preset: "minio", endpoint: "http://minio:9000" },
        {
            disableredirect: true,
            s3: {
                bucket: "images",
                region: "us-east-1",
                regionendpoint: "http://minio:9000",
                secure: false,
                v4auth: true,
            },
        },
    ],
    [
        "Garage, whose region is its name",
        { bucket: "images", preset: "garage", endpoint },
        {
            disableredirect: true,
            s3: { bucket: "images", region: "garage", regionendpoint: endpoint, secure: true, v4auth: true },
        },
    ],
    [
        "Ceph, which copies a layer as one",
        { bucket: "images", preset: "ceph", endpoint },
        {
            disableredirect: true,
            s3: {
                bucket: "images",
                region: "us-east-1",
                regionendpoint: endpoint,
                secure: true,
                v4auth: true,
                multipartcopythresholdsize: "5368709120",
            },
        },
    ],
    [
        "everything that can be set",
        {
            bucket: "images",
            preset: "rustfs",
            endpoint,
            region: "eu",
            redirect: true,
            caSecret: "s3-ca",
            rootDirectory: "/harbor",
            chunkSize: "50Mi",
        },
        {
            disableredirect: false,
            caBundleSecretName: "s3-ca",
            s3: {
                bucket: "images",
                region: "eu",
                regionendpoint: endpoint,
                secure: true,
                v4auth: true,
                rootdirectory: "/harbor",
                chunksize: "52428800",
            },
        },
    ],
    [
        "a certificate that is not checked",
        { bucket: "images", preset: "seaweedfs", endpoint, skipVerify: true },
        {
            disableredirect: true,
            s3: {
                bucket: "images",
                region: "us-east-1",
                regionendpoint: endpoint,
                secure: true,
                skipverify: true,
                v4auth: true,
            },
        },
    ],
];

describe("storage s3", () => {
    for (const [title, target, expected] of table) {
        it(`gives the chart the values of ${title}`, () => {
            const { s3, ...rest } = expected as { s3: object };
            assert.deepEqual(s3Values(target, "keys"), { type: "s3", ...rest, s3: { ...s3, existingSecret: "keys" } });
        });
    }

    for (const preset of s3Presets) {
        it(`sets keys of the chart alone for ${preset}`, () => {
            const values = { persistence: { imageChartStorage: s3Values({ bucket: "b", preset, endpoint }, "keys") } };
            for (const key of valueKeys(values, () => false))
                assert.ok(chart.has(key), `${key} is no key of the chart`);
        });
    }

    it("takes all of its settings", () => {
        const given = {
            kind: "s3",
            bucket: "images",
            preset: "ceph",
            endpoint,
            region: "zone-1",
            redirect: true,
            caSecret: "s3-ca",
            rootDirectory: "/harbor",
            chunkSize: "1Gi",
            existingSecret: "keys",
        };
        const { storage, persistence } = parseSettings({ cluster, storage: given });
        assert.ok(storage.kind === "s3");
        assert.deepEqual(
            (storageValues({ storage, persistence, credentialsSecret: "keys" })["persistence"] as Tree)[
                "imageChartStorage"
            ],
            s3Values(
                {
                    bucket: "images",
                    preset: "ceph",
                    endpoint,
                    region: "zone-1",
                    redirect: true,
                    caSecret: "s3-ca",
                    rootDirectory: "/harbor",
                    chunkSize: "1Gi",
                },
                "keys",
            ),
        );
    });

    it("keeps the keys in a Secret, and makes the bucket with them in the preset's region", async () => {
        const storage = { kind: "s3", bucket: "images", preset: "garage", endpoint, ...keys };
        const resources = await evaluateSettings({ cluster, storage });
        const inputs = (name: string): Readonly<Record<string, unknown>> | undefined =>
            resources.find((resource) => resource.name === name)?.inputs;
        assert.deepEqual(secretValue(inputs("registry-storage-credentials")?.["stringData"]), {
            REGISTRY_STORAGE_S3_ACCESSKEY: "AKIA",
            REGISTRY_STORAGE_S3_SECRETKEY: "hush-hush",
        });
        const { bucket, region, forceDestroy, accessKey, secretKey } = inputs("registry-storage-bucket") ?? {};
        assert.deepEqual([secretValue(accessKey), secretValue(secretKey)], ["AKIA", "hush-hush"]);
        assert.deepEqual({ bucket, region, forceDestroy }, { bucket: "images", region: "garage", forceDestroy: false });
        assert.doesNotMatch(JSON.stringify(inputs("registry-harbor-release")), /hush-hush|AKIA/);
    });

    it("restarts Harbor's pods when the keys change", async () => {
        const checksum = async (secretKey: string): Promise<unknown> => {
            const storage = { kind: "s3", bucket: "images", endpoint, accessKey: "AKIA", secretKey };
            const resources = await evaluateSettings({ cluster, storage });
            const release = resources.find(({ name }) => name === "registry-harbor-release");
            const { registry } = release?.inputs["values"] as { registry: { podAnnotations: Tree } };
            return registry.podAnnotations["anchorage/secrets"];
        };
        const before = await checksum("one");
        assert.match(String(before), /^[0-9a-f]{64}$/);
        assert.equal(await checksum("one"), before);
        assert.notEqual(await checksum("two"), before);
    });

    it("makes neither bucket nor Secret where a Secret is named", async () => {
        const storage = { kind: "s3", bucket: "images", endpoint, existingSecret: "keys" };
        const resources = await evaluateSettings({ cluster, storage });
        assert.deepEqual(
            resources.filter(({ name }) => name.startsWith("registry-storage-")).map(({ name }) => name),
            [],
        );
    });
});
