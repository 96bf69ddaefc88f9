import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { defaultHarborVersion, findHarborRelease, harborReleases } from "../../config/catalogue";
import { nearest } from "../../config/nearest";
import { rawSettings } from "../../config/raw-settings";
import { parseSettings } from "../../config/settings";
import { ExitCode, UserError } from "../../lib/errors";
import { projectRoot } from "../../lib/home";

const lab = { cluster: { kind: "lab" } };
const onCluster = { cluster: { kind: "kubeconfig" } };
const keys = { accessKey: "AKIA", secretKey: "hush-hush" };

/** The mistakes that the settings are refused with. */
function mistakes(raw: Record<string, unknown>): readonly string[] {
    try {
        parseSettings(raw);
    } catch (error) {
        assert.ok(error instanceof UserError);
        assert.equal(error.exitCode, ExitCode.usage);
        return error.details;
    }
    return [];
}

describe("settings", () => {
    it("have defaults for all but the cluster", () => {
        const settings = parseSettings(lab);
        assert.equal(settings.namespace, "harbor");
        assert.equal(settings.harbor.version, defaultHarborVersion);
        assert.deepEqual(settings.cluster, { kind: "lab", name: "anchorage", standIn: false });
        assert.deepEqual(settings.exposure, { kind: "clusterIP", localPort: 8080 });
        assert.equal(settings.storage.kind, "volume");
        assert.deepEqual(settings.harbor.replicas, { portal: 1, core: 1, jobservice: 1, registry: 1, trivy: 1 });
    });

    const wrong: readonly (readonly [title: string, raw: Record<string, unknown>, expected: RegExp])[] = [
        ["no cluster", {}, /^cluster is missing/],
        ["an unknown setting", { ...lab, namspace: "x" }, /^namspace is no setting; did you mean namespace\?/],
        [
            "an unknown key inside",
            { ...lab, harbor: { replica: {} } },
            /^harbor\.replica is no setting; did you mean harbor\.replicas\?/,
        ],
        [
            "an unknown key of a kind",
            { ...lab, storage: { kind: "volume", accesMode: "x" } },
            /did you mean storage\.accessMode\?/,
        ],
        ["a wrong type", { ...lab, harbor: { trivy: "yes" } }, /^harbor\.trivy is "yes"; it must be a boolean/],
        ["a wrong kind", { cluster: { kind: "openshift" } }, /^cluster.*"openshift".*lab/],
        [
            "a wrong choice",
            { ...lab, harbor: { version: "2.15.3" } },
            /^harbor\.version is "2\.15\.3"; one of: .*2\.15\.2/,
        ],
        ["a name that is none", { ...lab, namespace: "My_Space" }, /^namespace is "My_Space"; it must be a DNS label/],
        [
            "a size that is none",
            { ...lab, persistence: { redis: "1 GB" } },
            /^persistence\.redis is "1 GB"; it must be a size/,
        ],
        [
            "no replicas",
            { ...lab, harbor: { replicas: { core: 0 } } },
            /^harbor\.replicas\.core is 0; it must be 1 or more/,
        ],
        ["a missing bucket", { ...lab, storage: { kind: "s3" } }, /^storage\.bucket is missing/],
    ];
    for (const [title, raw, expected] of wrong) {
        it(`refuse ${title}`, () => {
            const [first, ...rest] = mistakes(raw);
            assert.match(first ?? "nothing was refused", expected);
            assert.deepEqual(rest, []);
        });
    }

    it("are refused with every mistake at once, and never with a secret's value", () => {
        const all = mistakes({
            ...onCluster,
            typo: 1,
            namespace: "A",
            harbor: { trivy: 1, replicas: { core: "two" } },
            storage: { kind: "s3", bucket: "b", accessKey: 12345, secretKey: ["hunter2"] },
        });
        assert.equal(all.length, 7, all.join("\n"));
        assert.doesNotMatch(all.join("\n"), /12345|hunter2/);
        assert.match(all.join("\n"), /storage\.accessKey is \[secret\]/);
    });

    describe("that do not fit together", () => {
        const twice = { registry: 2 };
        const rwo = { kind: "volume" };
        const rwx = { kind: "volume", accessMode: "ReadWriteMany" };
        const s3 = { kind: "s3", bucket: "images", ...keys };
        const pairs: readonly (readonly [
            title: string,
            refused: Record<string, unknown>,
            expected: RegExp,
            allowed: Record<string, unknown>,
        ])[] = [
            [
                "a ReadWriteOnce volume with two registry pods",
                { ...onCluster, storage: rwo, harbor: { replicas: twice } },
                /harbor\.replicas\.registry is 2, but storage\.accessMode is ReadWriteOnce/,
                { ...onCluster, storage: rwx, harbor: { replicas: twice } },
            ],
            [
                "a ReadWriteOnce volume with rolling updates",
                { ...onCluster, storage: rwo, harbor: { updateStrategy: "RollingUpdate" } },
                /harbor\.updateStrategy is RollingUpdate, but storage\.accessMode is ReadWriteOnce/,
                { ...onCluster, storage: s3, harbor: { updateStrategy: "RollingUpdate" } },
            ],
            [
                "job logs in files of several pods",
                { ...onCluster, storage: s3, harbor: { jobLogs: "file", replicas: { jobservice: 2 } } },
                /harbor\.jobLogs is "file" with 2 jobservice replicas/,
                { ...onCluster, storage: rwx, harbor: { jobLogs: "file", replicas: { jobservice: 2 } } },
            ],
            [
                "S3 without keys",
                { ...onCluster, storage: { kind: "s3", bucket: "images" } },
                /storage has no keys: set storage\.accessKey and storage\.secretKey/,
                { ...lab, storage: { kind: "s3", bucket: "images" } },
            ],
            [
                "S3 with half of its keys",
                { ...onCluster, storage: { kind: "s3", bucket: "images", accessKey: "a" } },
                /storage\.secretKey is missing/,
                { ...onCluster, storage: s3 },
            ],
            [
                "S3 with keys and a Secret",
                { ...onCluster, storage: { ...s3, existingSecret: "keys" } },
                /set one of them/,
                { ...onCluster, storage: { kind: "s3", bucket: "images", existingSecret: "keys" } },
            ],
            [
                "a bucket to be made without keys",
                { ...onCluster, storage: { kind: "s3", bucket: "images", existingSecret: "keys", createBucket: true } },
                /storage\.createBucket is true, but the program has no keys/,
                { ...onCluster, storage: { ...s3, createBucket: true } },
            ],
            [
                "the contract chart on a real cluster",
                { ...onCluster, charts: { source: "contract" } },
                /charts\.source is "contract", which only the lab can run/,
                { ...lab, charts: { source: "contract" } },
            ],
            [
                "a folder of charts without its place",
                { ...onCluster, charts: { source: "folder" } },
                /charts\.location is missing/,
                { ...onCluster, charts: { source: "folder", location: "charts" } },
            ],
            [
                "an OCI location that is none",
                { ...onCluster, charts: { source: "oci", location: "https://x" } },
                /begins with oci:\/\//,
                { ...onCluster, charts: { source: "oci", location: "oci://x/y" } },
            ],
            [
                "an external URL with a path",
                { ...onCluster, harbor: { externalUrl: "http://localhost:8080/harbor" } },
                /root of a host only: set "http:\/\/localhost:8080"/,
                { ...onCluster, harbor: { externalUrl: "http://localhost:8080" } },
            ],
            [
                "an external URL that the exposure does not answer on",
                { ...onCluster, harbor: { externalUrl: "https://registry.example.com" } },
                /exposure\.kind is "clusterIP", which answers on http and port 8080/,
                {
                    ...onCluster,
                    harbor: { externalUrl: "http://127.0.0.1:9000" },
                    exposure: { kind: "clusterIP", localPort: 9000 },
                },
            ],
            [
                "an external URL that is none",
                { ...onCluster, harbor: { externalUrl: "registry" } },
                /it must be an http\(s\) URL/,
                { ...onCluster },
            ],
            [
                "raw values that lock Harbor's settings",
                { ...lab, harbor: { values: { core: { configureUserSettings: "{}" } } } },
                /harbor\.values\.core\.configureUserSettings is not for raw values/,
                { ...lab, harbor: { values: { core: { quotaUpdateProvider: "redis" } } } },
            ],
            [
                "raw values with a secret in clear",
                { ...lab, harbor: { values: { harborAdminPassword: "Harbor12345" } } },
                /harbor\.values\.harborAdminPassword is not for raw values/,
                { ...lab, harbor: { values: { logLevel: "debug" } } },
            ],
        ];
        for (const [title, refused, expected, allowed] of pairs) {
            it(`refuse ${title}, allow its neighbour`, () => {
                const [first, ...rest] = mistakes(refused);
                assert.match(first ?? "nothing was refused", expected);
                assert.deepEqual(rest, []);
                assert.deepEqual(mistakes(allowed), []);
            });
        }

        it("are all named together", () => {
            const raw = {
                ...onCluster,
                storage: rwo,
                harbor: { replicas: twice, externalUrl: "ftp://x" },
                charts: { source: "contract" },
            };
            assert.equal(mistakes(raw).length, 3);
        });
    });

    it("are read whole from Pulumi's configuration", () => {
        const config = {
            "anchorage:cluster": '{"kind":"lab"}',
            "anchorage:namespace": "x",
            "anchorage:odd": "[1",
            "aws:region": "y",
        };
        assert.deepEqual(rawSettings(config, "anchorage"), { cluster: { kind: "lab" }, namespace: "x", odd: "[1" });
    });

    const files = readdirSync(projectRoot).filter((file) => /^Pulumi\..+\.yaml$/.test(file));
    it("of every stack are there", () => {
        assert.deepEqual(files.sort(), [
            "Pulumi.dev.yaml",
            "Pulumi.lab-backup.yaml",
            "Pulumi.lab-target.yaml",
            "Pulumi.lab.yaml",
            "Pulumi.onprem.yaml",
            "Pulumi.public-ha.yaml",
            "Pulumi.public.yaml",
        ]);
    });
    for (const file of files) {
        it(`of ${file} are right`, () => {
            const { config } = parse(readFileSync(path.join(projectRoot, file), "utf8")) as {
                config: Record<string, unknown>;
            };
            const raw = Object.fromEntries(
                Object.entries(config).map(([key, value]) => [key.replace("anchorage:", ""), value]),
            );
            assert.deepEqual(mistakes(raw), []);
        });
    }
});

describe("nearest word", () => {
    it("is found where one is near, and only there", () => {
        assert.equal(nearest("replica", ["replicas", "version"]), "replicas");
        assert.equal(nearest("accesMode", ["accessMode", "size"]), "accessMode");
        assert.equal(nearest("zzzzzzzz", ["accessMode", "size"]), undefined);
        assert.equal(nearest("x", []), undefined);
    });
});

describe("catalogue", () => {
    it("has each release once, its charts rising with it, and the default among them", () => {
        assert.equal(new Set(harborReleases.map(({ harbor }) => harbor)).size, harborReleases.length);
        const order = (version: string): number =>
            version.split(".").reduce((sum, part) => sum * 1_000 + Number(part), 0);
        for (const [index, release] of harborReleases.entries()) {
            const before = harborReleases[index - 1];
            if (!before) continue;
            assert.ok(order(release.harbor) > order(before.harbor), release.harbor);
            assert.ok(order(release.chart) > order(before.chart), release.chart);
        }
        assert.ok(findHarborRelease(defaultHarborVersion));
    });
});
