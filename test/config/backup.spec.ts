import assert from "node:assert/strict";
import { goDuration } from "../../config/go-duration";
import { parseSettings } from "../../config/settings";
import { withLab } from "../../config/stand-in";
import { mockLab } from "../support/mocks";
import { mistakesOf } from "../support/settings";

type Raw = Readonly<Record<string, unknown>>;

const keys = { accessKey: "a", secretKey: "s" };
const s3 = { kind: "s3", bucket: "backups", ...keys };
const velero = (more: Raw = {}, location: Raw = s3, others: Raw = {}): Raw => ({
    cluster: { kind: "kubeconfig" },
    ...others,
    backup: { kind: "velero", location, ...more },
});
const schedule = (more: Raw): Raw =>
    velero({ schedules: [{ name: "daily", cron: "0 3 * * *", ttl: "168h", ...more }] });
const images = { storage: { kind: "s3", bucket: "backups", ...keys } };
const ownFolder = { storage: { ...images.storage, rootDirectory: "/images" } };
const endpoint = "https://s3.example.com";

const cases: readonly { title: string; refused: Raw; because: RegExp; allowed: Raw }[] = [
    {
        title: "the bucket of the images without a folder of its own",
        refused: velero({}, s3, images),
        because: /^backup\.location\.bucket is "backups" with no prefix, which is where the registry keeps its images/,
        allowed: velero({}, { ...s3, prefix: "backups" }, images),
    },
    {
        title: "the folder that the images are in",
        refused: velero({}, { ...s3, prefix: "images" }, ownFolder),
        because: /^backup\.location\.bucket is "backups" with the prefix "images"/,
        allowed: velero({}, { ...s3, prefix: "images-backup" }, ownFolder),
    },
    {
        title: "a folder inside that of the images",
        refused: velero({}, { ...s3, prefix: "docker/backups" }, images),
        because: /with the prefix "docker\/backups"/,
        allowed: velero({}, { ...s3, bucket: "others", prefix: "docker/backups" }, images),
    },
    {
        title: "the same bucket on the same other S3",
        refused: velero({}, { ...s3, endpoint: `${endpoint}/` }, { storage: { ...images.storage, endpoint } }),
        because: /^backup\.location\.bucket/,
        allowed: velero(
            {},
            { ...s3, endpoint: "https://other.example.com" },
            { storage: { ...images.storage, endpoint } },
        ),
    },
    {
        title: "a role without keys",
        refused: velero({}, { kind: "s3", bucket: "backups" }),
        because: /^backup\.location has no keys: .* a role of the pod or the node alone is not enough/,
        allowed: velero({}, { kind: "s3", bucket: "backups", existingSecret: "velero-keys" }),
    },
    {
        title: "a lab's S3 for a cluster that is none",
        refused: velero({}, { ...s3, lab: "anchorage" }),
        because: /^backup\.location\.lab is "anchorage", but the stack's cluster is kubeconfig/,
        allowed: velero({}, { kind: "s3", bucket: "backups", lab: "anchorage" }, { cluster: { kind: "lab" } }),
    },
    {
        title: "a lab's S3 with another endpoint",
        refused: velero({}, { ...s3, endpoint, lab: "anchorage" }, { cluster: { kind: "lab" } }),
        because: /^backup\.location\.lab is "anchorage", whose S3 has its own endpoint and keys/,
        allowed: velero({}, { ...s3, endpoint }, { cluster: { kind: "lab" } }),
    },
    {
        title: "one key of two",
        refused: velero({}, { kind: "s3", bucket: "backups", accessKey: "a" }),
        because: /^backup\.location\.secretKey is missing/,
        allowed: velero(),
    },
    {
        title: "keys beside a Secret",
        refused: velero({}, { ...s3, existingSecret: "velero-keys" }),
        because: /^backup\.location\.existingSecret is "velero-keys", and the keys are set as well/,
        allowed: velero({}, s3),
    },
    {
        title: "a bucket to be made without keys",
        refused: velero({}, { kind: "s3", bucket: "backups", existingSecret: "velero-keys", createBucket: true }),
        because: /^backup\.location\.createBucket is true/,
        allowed: velero({}, { kind: "s3", bucket: "backups", existingSecret: "velero-keys", createBucket: false }),
    },
    {
        title: "a preset without its endpoint",
        refused: velero({}, { ...s3, preset: "ceph" }),
        because: /^backup\.location\.preset is "ceph", and backup\.location\.endpoint is missing/,
        allowed: velero({}, { ...s3, preset: "ceph", endpoint }),
    },
    {
        title: "an endpoint of AWS",
        refused: velero({}, { ...s3, preset: "aws", endpoint }),
        because: /^backup\.location\.endpoint is "https:\/\/s3\.example\.com", but backup\.location\.preset is aws/,
        allowed: velero({}, { ...s3, preset: "aws" }),
    },
    {
        title: "trust in a certificate that there is not",
        refused: velero({}, { ...s3, endpoint: "http://s3.example.com", skipVerify: true }),
        because: /^backup\.location\.skipVerify is set, but backup\.location\.endpoint is "http:/,
        allowed: velero({}, { ...s3, endpoint, skipVerify: true }),
    },
    {
        title: "a CA that is none",
        refused: velero({}, { ...s3, endpoint, ca: "ca.pem" }),
        because: /^backup\.location\.ca is no PEM/,
        allowed: velero({}, { ...s3, endpoint, ca: "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n" }),
    },
    {
        title: "snapshots without a class",
        refused: velero({ volumes: "snapshots" }),
        because: /^backup\.volumes is snapshots, and backup\.snapshotClass is missing/,
        allowed: velero({ volumes: "snapshots", snapshotClass: { driver: "ebs.csi.aws.com" } }),
    },
    {
        title: "a class without snapshots",
        refused: velero({ volumes: "files", snapshotClass: { driver: "ebs.csi.aws.com" } }),
        because: /^backup\.snapshotClass is set, but backup\.volumes is files/,
        allowed: velero({ volumes: "files" }),
    },
    {
        title: "a cron with seconds",
        refused: schedule({ cron: "0 0 3 * * *" }),
        because: /^backup\.schedules\.0\.cron is "0 0 3 \* \* \*": set five fields/,
        allowed: schedule({ cron: "*/15 3-5 1,15 jan-mar MON" }),
    },
    {
        title: "an hour that there is not",
        refused: schedule({ cron: "0 24 * * *" }),
        because: /^backup\.schedules\.0\.cron is "0 24/,
        allowed: schedule({ cron: "@every 6h" }),
    },
    {
        title: "a schedule whose backups are never deleted",
        refused: schedule({ ttl: undefined }),
        because: /^backup\.schedules\.0\.ttl is missing: set how long backups of schedule daily are kept/,
        allowed: schedule({}),
    },
    {
        title: "days, which Go does not know",
        refused: schedule({ ttl: "7d" }),
        because: /^backup\.schedules\.0\.ttl is "7d": set hours such as 168h/,
        allowed: schedule({ ttl: "1h30m" }),
    },
    {
        title: "two schedules of one name",
        refused: velero({
            schedules: ["0 3 * * *", "@daily"].map((cron) => ({ name: "daily", cron, ttl: "24h" })),
        }),
        because: /^backup\.schedules\.1\.name is "daily", as of another schedule/,
        allowed: velero({
            schedules: ["daily", "hourly"].map((name) => ({ name, cron: `@${name}`, ttl: "24h" })),
        }),
    },
    {
        title: "a frequency that is none",
        refused: velero({ validationFrequency: "often" }),
        because: /^backup\.validationFrequency is "often"/,
        allowed: velero({ validationFrequency: "30s" }),
    },
    {
        title: "the registry in Velero's namespace",
        refused: velero({}, s3, { namespace: "velero" }),
        because: /^namespace is "velero", which is where Velero is installed/,
        allowed: velero({}, s3, { namespace: "registry" }),
    },
    {
        title: "a Velero that nothing uses",
        refused: { cluster: { kind: "kubeconfig" }, operators: { velero: { installed: true } } },
        because: /^operators\.velero\.installed is true, but backup\.kind is none/,
        allowed: velero({}, s3, { operators: { velero: { installed: true } } }),
    },
    {
        title: "a prefix with slashes at its ends",
        refused: velero({}, { ...s3, prefix: "/backups/" }),
        because: /^backup\.location\.prefix is "\/backups\/"; it must be a folder such as backups\/harbor/,
        allowed: velero({}, { ...s3, prefix: "backups/harbor" }),
    },
];

describe("settings of backup", () => {
    for (const { title, refused, because, allowed } of cases) {
        it(`refuse ${title}, allow its neighbour`, () => {
            const [first, ...rest] = mistakesOf(refused);
            assert.match(first ?? "nothing was refused", because);
            assert.deepEqual(rest, []);
            assert.deepEqual(mistakesOf(allowed), []);
        });
    }

    it("say nothing of a stack without backup", () => {
        assert.deepEqual(parseSettings({ cluster: { kind: "kubeconfig" } }).backup, { kind: "none" });
    });

    it("keep keys out of every message", () => {
        const [mistake] = mistakesOf(velero({}, { ...s3, accessKey: "", secretKey: "shown-nowhere" }));
        assert.match(mistake ?? "", /^backup\.location\.accessKey is \[secret\]/);
    });
});

describe("backup of a stack in a lab", () => {
    const inLab = (location: Raw, more: Raw = {}) => {
        const settings = parseSettings({
            cluster: { kind: "lab", standIn: true },
            backup: { kind: "velero", location, ...more },
        });
        const { backup } = withLab(settings, mockLab);
        assert.equal(backup.kind, "velero");
        return backup;
    };

    for (const location of [
        { ...s3, endpoint, prefix: "p" },
        { kind: "aws", bucket: "backups", prefix: "p" },
        { kind: "minio", bucket: "backups", prefix: "p", endpoint, rootPassword: "long-enough" },
    ]) {
        it(`goes to the lab's S3 in place of ${location.kind}`, () => {
            const backup = inLab(location);
            assert.deepEqual(backup.location, {
                kind: "s3",
                bucket: "backups",
                prefix: "p",
                forceDestroy: false,
                createBucket: true,
                preset: "versitygw",
                ...mockLab.s3,
            });
        });
    }

    it("takes no files of volumes, which its simulated pods do not have", () => {
        assert.equal(inLab(s3, { volumes: "files" }).volumes, "none");
        const snapshots = { volumes: "snapshots", snapshotClass: { driver: "csi.example.com" } };
        const { volumes, snapshotClass } = inLab(s3, snapshots);
        assert.equal(volumes, "snapshots");
        assert.equal(snapshotClass?.driver, "volume.lab.anchorage");
    });
});

describe("a duration of Go", () => {
    const durations: Readonly<Record<string, number | undefined>> = {
        "1h30m": 5_400_000,
        "168h": 604_800_000,
        "1.5s": 1_500,
        "0s": 0,
        "7d": undefined,
        "": undefined,
        "1": undefined,
        "1h ": undefined,
    };
    for (const [text, milliseconds] of Object.entries(durations)) {
        it(`"${text}" has ${milliseconds === undefined ? "no meaning" : `${String(milliseconds)} ms`}`, () => {
            assert.equal(goDuration(text), milliseconds);
        });
    }
});
