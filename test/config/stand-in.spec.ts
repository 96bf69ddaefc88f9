import assert from "node:assert/strict";
import { parseSettings } from "../../config/settings";
import { withLab } from "../../config/stand-in";
import { mockLab } from "../support/mocks";

const lab = { cluster: { kind: "lab" } };
const standIn = { cluster: { kind: "lab", standIn: true } };
const keys = { accessKey: "AKIA", secretKey: "hush-hush" };
const ofTheLab = {
    endpoint: mockLab.s3.endpoint,
    region: mockLab.s3.region,
    accessKey: mockLab.s3.accessKey,
    secretKey: mockLab.s3.secretKey,
    preset: "versitygw",
};

describe("a stack on a lab", () => {
    it("takes the lab's S3 where nothing else is said", () => {
        const open = parseSettings({ ...lab, storage: { kind: "s3", bucket: "images" } });
        assert.deepEqual(withLab(open, mockLab).storage, { ...open.storage, ...ofTheLab });
        const own = parseSettings({
            ...lab,
            storage: { kind: "s3", bucket: "images", endpoint: "http://s3.example", ...keys },
        });
        assert.deepEqual(withLab(own, mockLab), own);
    });

    it("takes another lab's S3 for backups that two labs share, and leaves its bucket alone", () => {
        const location = { kind: "s3", bucket: "velero", lab: "source" };
        const s3 = { ...mockLab.s3, endpoint: "http://127.0.0.1:2", accessKey: "theirs", secretKey: "hush" };
        const others = { source: { ...mockLab, s3 } };
        const { backup } = withLab(parseSettings({ ...lab, backup: { kind: "velero", location } }), mockLab, others);
        assert.ok(backup.kind === "velero" && backup.location.kind === "s3");
        const { endpoint, accessKey, secretKey, createBucket } = backup.location;
        assert.deepEqual(
            { endpoint, accessKey, secretKey, createBucket },
            { endpoint: s3.endpoint, accessKey: "theirs", secretKey: "hush", createBucket: false },
        );
    });
});

describe("a lab in place of a stack's own cluster", () => {
    const stores: readonly Readonly<Record<string, unknown>>[] = [
        { kind: "s3", bucket: "images", existingSecret: "keys" },
        { kind: "s3", bucket: "images", endpoint: "https://s3.example", ...keys },
        { kind: "aws", bucket: "images" },
        { kind: "minio", bucket: "images", endpoint: "https://minio.example", rootPassword: "hush-hush" },
    ];
    for (const storage of stores) {
        it(`takes the place of the bucket of ${JSON.stringify(storage)}`, () => {
            const { storage: taken } = withLab(parseSettings({ ...standIn, storage }), mockLab);
            assert.ok(taken.kind === "s3");
            const { endpoint, region, accessKey, secretKey, preset } = taken;
            assert.deepEqual({ endpoint, region, accessKey, secretKey, preset }, ofTheLab);
            assert.equal(taken.bucket, "images");
            assert.equal(taken.existingSecret, undefined);
        });
    }

    it("leaves volumes as they are", () => {
        const settings = parseSettings({ ...standIn, storage: { kind: "volume" } });
        assert.deepEqual(withLab(settings, mockLab).storage, settings.storage);
    });

    it("configures no load balancer's host", () => {
        const exposure = {
            kind: "nodePort",
            host: "registry.example.com",
            nodes: ["10.0.0.1"],
            haproxy: { install: { host: "lb.example.com", privateKey: "a key" } },
        };
        const settings = parseSettings({ ...standIn, exposure });
        const { exposure: kept } = withLab(settings, mockLab);
        assert.ok(kept.kind === "nodePort");
        assert.equal(kept.haproxy.install, undefined);
        assert.equal(kept.host, "registry.example.com");
    });
});
