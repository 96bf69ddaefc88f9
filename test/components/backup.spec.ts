import assert from "node:assert/strict";
import {
    backupBucket,
    credentialsFile,
    locationObject,
    scheduleObjects,
    snapshotClassObject,
    type BackupSettings,
} from "../../components/backup/velero-values";
import { parseSettings } from "../../config/settings";
import { evaluateSettings, type MockResource } from "../support/mocks";

type Raw = Readonly<Record<string, unknown>>;

const keys = { accessKey: "backup-access-key", secretKey: "backup-secret-key" };
const s3 = { kind: "s3", bucket: "backups", ...keys };
const endpoint = "https://s3.example.com";
const raw = (location: Raw, more: Raw = {}, others: Raw = {}): Raw => ({
    cluster: { kind: "kubeconfig" },
    ...others,
    backup: { kind: "velero", location, ...more },
});
const settingsOf = (location: Raw, more: Raw = {}): BackupSettings => {
    const { backup } = parseSettings(raw(location, more));
    assert.equal(backup.kind, "velero");
    return backup;
};

describe("the location of backups", () => {
    const locations: Readonly<Record<string, { location: Raw; objectStorage: object; config: object }>> = {
        "on AWS": {
            location: { kind: "aws", bucket: "backups", region: "eu-west-1" },
            objectStorage: { bucket: "backups", prefix: "velero" },
            config: { region: "eu-west-1" },
        },
        "on AWS with keys": {
            location: { ...s3, prefix: "harbor" },
            objectStorage: { bucket: "backups", prefix: "harbor/velero" },
            config: { region: "us-east-1" },
        },
        "on another S3": {
            location: { ...s3, endpoint, preset: "garage" },
            objectStorage: { bucket: "backups", prefix: "velero" },
            config: { region: "garage", s3Url: endpoint, s3ForcePathStyle: "true", checksumAlgorithm: "" },
        },
        "on the course's MinIO": {
            location: { kind: "minio", endpoint: "http://192.0.2.10:9000", rootPassword: "miniorootpass" },
            objectStorage: { bucket: "velero", prefix: "velero" },
            config: {
                region: "us-east-1",
                s3Url: "http://192.0.2.10:9000",
                s3ForcePathStyle: "true",
                checksumAlgorithm: "",
            },
        },
        "with a certificate that is not checked": {
            location: { ...s3, endpoint, skipVerify: true },
            objectStorage: { bucket: "backups", prefix: "velero" },
            config: {
                ...{ region: "us-east-1", s3Url: endpoint, s3ForcePathStyle: "true", checksumAlgorithm: "" },
                insecureSkipTLSVerify: "true",
            },
        },
    };
    for (const [title, { location, objectStorage, config }] of Object.entries(locations)) {
        it(`is as the plug-in wants it ${title}`, () => {
            const { metadata, spec } = locationObject(settingsOf(location), "keys", true);
            assert.deepEqual(metadata, { name: "anchorage" });
            assert.deepEqual(spec, {
                provider: "aws",
                default: true,
                accessMode: "ReadWrite",
                objectStorage,
                credential: { name: "keys", key: "cloud" },
                validationFrequency: "1m",
                config,
            });
        });
    }

    it("trusts a CA of its own", () => {
        const ca = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
        const { spec } = locationObject(settingsOf({ ...s3, endpoint, ca }), "keys", true);
        const { objectStorage } = spec as { objectStorage: { caCert: string } };
        assert.equal(Buffer.from(objectStorage.caCert, "base64").toString(), ca);
    });

    it("is told to the commands without Velero's folder", () => {
        assert.deepEqual(backupBucket(settingsOf({ ...s3, endpoint, prefix: "harbor" })), {
            bucket: "backups",
            region: "us-east-1",
            endpoint,
            pathStyle: true,
            prefix: "harbor",
        });
    });

    it("has its keys as AWS's tools write them", () => {
        assert.equal(credentialsFile("a", "s"), "[default]\naws_access_key_id=a\naws_secret_access_key=s\n");
    });
});

describe("what Velero takes", () => {
    const schedules = [{ name: "daily", cron: "0 3 * * *", ttl: "168h" }];
    for (const [volumes, snapshotVolumes, defaultVolumesToFsBackup] of [
        ["none", false, false],
        ["files", false, true],
        ["snapshots", true, false],
    ] as const) {
        it(`by schedule, with ${volumes} of volumes`, () => {
            const more = volumes === "snapshots" ? { snapshotClass: { driver: "csi.example.com" } } : {};
            const [schedule] = scheduleObjects(settingsOf(s3, { volumes, schedules, ...more }), "registry");
            assert.deepEqual(schedule?.spec, {
                schedule: "0 3 * * *",
                paused: false,
                template: {
                    storageLocation: "anchorage",
                    includedNamespaces: ["registry"],
                    ttl: "168h",
                    snapshotVolumes,
                    defaultVolumesToFsBackup,
                    resourcePolicy: { kind: "configmap", name: "anchorage-volumes" },
                },
            });
        });
    }

    it("by snapshots of a class that it finds by its label", () => {
        const more = { volumes: "snapshots", snapshotClass: { driver: "csi.example.com" } };
        assert.deepEqual(snapshotClassObject(settingsOf(s3, more)), {
            apiVersion: "snapshot.storage.k8s.io/v1",
            kind: "VolumeSnapshotClass",
            metadata: { name: "anchorage-velero", labels: { "velero.io/csi-volumesnapshot-class": "true" } },
            driver: "csi.example.com",
            deletionPolicy: "Retain",
        });
        assert.equal(snapshotClassObject(settingsOf(s3)), undefined);
    });
});

describe("a stack with backup", () => {
    const names = (resources: readonly MockResource[]): string[] =>
        resources.map(({ name }) => name).filter((name) => /backup|velero/.test(name));
    const release = (resources: readonly MockResource[], name: string): Raw => {
        const found = resources.find((resource) => resource.name === name);
        assert.ok(found, `there is no ${name}`);
        return found.inputs;
    };

    it("installs Velero and makes bucket, keys, location, policy and schedules", async () => {
        const schedules = [{ name: "daily", cron: "@daily", ttl: "24h" }];
        const resources = await evaluateSettings(raw(s3, { schedules }));
        assert.deepEqual(names(resources).sort(), [
            "registry-backup",
            "registry-backup-bucket",
            "registry-backup-credentials",
            "registry-backup-location",
            "registry-backup-schedule-daily",
            "registry-backup-volume-policy",
            "registry-operators-velero",
            "registry-operators-velero-namespace",
        ]);
        const values = JSON.stringify(release(resources, "registry-operators-velero"));
        assert.ok(!values.includes(keys.secretKey) && !values.includes(keys.accessKey));
    });

    it("leaves Redis out", async () => {
        const { redis } = release(await evaluateSettings(raw(s3)), "registry-harbor-release")["values"] as {
            redis: Raw;
        };
        assert.deepEqual(redis["podLabels"], { "velero.io/exclude-from-backup": "true" });
        assert.deepEqual(redis["podAnnotations"], { "backup.velero.io/backup-volumes-excludes": "data" });
    });

    it("has nothing of it where backup is none", async () => {
        const resources = await evaluateSettings({ cluster: { kind: "kubeconfig" } });
        assert.deepEqual(names(resources), []);
        const { redis } = release(resources, "registry-harbor-release")["values"] as { redis?: Raw };
        assert.equal(redis?.["podLabels"], undefined);
    });

    it("makes no bucket that is the registry's own", async () => {
        const storage = { kind: "s3", bucket: "backups", ...keys };
        const resources = await evaluateSettings(raw({ ...s3, prefix: "backups" }, {}, { storage }));
        assert.ok(!names(resources).includes("registry-backup-bucket"));
    });

    it("takes keys of a Secret that is there, and makes neither Secret nor bucket", async () => {
        const location = { kind: "s3", bucket: "backups", existingSecret: "velero-keys" };
        const resources = await evaluateSettings(raw(location));
        assert.ok(!names(resources).some((name) => /bucket|credentials/.test(name)));
        assert.match(JSON.stringify(release(resources, "registry-backup-location")), /"name":"velero-keys"/);
    });

    it("adds a location that is not the default one to a Velero that is there", async () => {
        const resources = await evaluateSettings(raw(s3, {}, { operators: { velero: { installed: true } } }));
        assert.ok(!names(resources).includes("registry-operators-velero"));
        const { spec } = release(resources, "registry-backup-location") as { spec: { default: boolean } };
        assert.equal(spec.default, false);
    });

    it("sets the course's MinIO up with a user of its own", async () => {
        const location = { kind: "minio", endpoint: "http://192.0.2.10:9000", rootPassword: "miniorootpass" };
        const resources = await evaluateSettings(raw(location));
        const job = JSON.stringify(release(resources, "registry-backup-minio-set-up"));
        assert.match(job, /"REGISTRY_USER","value":"velero-backup"/);
        assert.match(job, /"BUCKET","value":"velero"/);
        assert.match(job, /"namespace":"velero"/);
        assert.ok(!job.includes("miniorootpass"));
        const policy = release(resources, "registry-backup-minio-policy")["data"] as Record<string, string>;
        assert.match(policy["policy.json"] ?? "", /arn:aws:s3:::velero\/\*/);
    });

    it("has a bucket on AWS that no destroy deletes", async () => {
        const resources = await evaluateSettings(raw({ kind: "aws", bucket: "backups" }));
        assert.ok(names(resources).includes("registry-backup-aws-bucket"));
        assert.ok(names(resources).includes("registry-backup-credentials"));
    });
});
