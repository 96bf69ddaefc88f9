import assert from "node:assert/strict";
import type { ResourceChange } from "../../../automation/engine";
import { allowedDangers, refuseDangers } from "../../../automation/preview-report/gate";
import { effectsOf } from "../../../automation/preview-report/rules";
import { ExitCode } from "../../../lib/errors";
import { change, differs, release, releaseType } from "../../support/resource-changes";

describe("automation/preview-report/rules", () => {
    it("let a rewrite of the database through with --accept-engine-change, and nothing else", () => {
        const rewrite = change("update", "kubernetes:acid.zalan.do/v1:postgresql", "registry-database-postgresql", [
            differs("spec.postgresql.version", "16", "17"),
        ]);
        const gone = change("delete", "kubernetes:core/v1:Namespace", "registry-cluster-namespace");
        const refuse = (changes: readonly ResourceChange[], flags: Parameters<typeof allowedDangers>[0]): void =>
            refuseDangers({ changes, summary: {} }, allowedDangers(flags), { stack: "public" });
        const refused = { exitCode: ExitCode.dangerous };
        assert.throws(() => refuse([rewrite], {}), refused);
        refuse([rewrite], { acceptEngineChange: true });
        refuse([rewrite], { allow: ["database-major"] });
        assert.throws(() => refuse([rewrite, gone], { acceptEngineChange: true }), refused);
    });

    it("says what each kind of change does", () => {
        const cases: readonly (readonly [ResourceChange, severity: string, words: RegExp])[] = [
            [
                release(differs("values.core.resources.limits.memory", "1Gi", "2Gi")),
                "interruption",
                /^restarts core one pod at a time$/,
            ],
            [release(differs("values.core.replicas", 3, 2)), "change", /^runs core in 2 pods in place of 3$/],
            [release(differs("values.externalURL", "https://a", "https://b")), "interruption", /how clients reach/],
            [release(differs("values.database.type", "internal", "external")), "dangerous", /another database/],
            [
                release(differs("values.existingSecretSecretKey", "a", "b")),
                "dangerous",
                /key that Harbor encrypts with/,
            ],
            [
                release(differs("values.persistence.imageChartStorage.s3.bucket", "a", "b")),
                "dangerous",
                /images elsewhere/,
            ],
            [release(differs("version", "1.18.2", "1.18.3")), "interruption", /restarts every component/],
            [
                change("replace", "kubernetes:core/v1:PersistentVolumeClaim", "database-data"),
                "dangerous",
                /^replaces the database volume: data loss$/,
            ],
            [
                change("delete", "kubernetes:core/v1:Namespace", "registry-cluster-namespace"),
                "dangerous",
                /^deletes the namespace/,
            ],
            [
                change("replace", "kubernetes:postgresql.cnpg.io/v1:Cluster", "registry-database-cluster"),
                "dangerous",
                /data loss/,
            ],
            [
                change("update", "kubernetes:postgresql.cnpg.io/v1:Cluster", "registry-database-cluster", [
                    differs("spec.instances", 2, 3),
                ]),
                "change",
                /standbys/,
            ],
            [
                change("update", "kubernetes:postgresql.cnpg.io/v1:Cluster", "registry-database-cluster", [
                    differs(
                        "spec.imageName",
                        "ghcr.io/cloudnative-pg/postgresql:16.15-202608170814-standard-trixie",
                        "ghcr.io/cloudnative-pg/postgresql:17.11-202608170816-standard-trixie",
                    ),
                    differs("spec.instances", 2, 3),
                ]),
                "dangerous",
                /^rewrites the whole database for another major version \(PostgreSQL 16 to 17\)/,
            ],
            [
                change("update", "kubernetes:acid.zalan.do/v1:postgresql", "registry-database-postgresql", [
                    differs("spec.postgresql.version", "17", "16"),
                ]),
                "dangerous",
                /^goes back to an older major version \(PostgreSQL 17 to 16\)/,
            ],
            [
                change("update", "kubernetes:postgresql.cnpg.io/v1:Cluster", "registry-database-cluster", [
                    differs("spec.imageName", "registry:5000/postgresql:17.10-a", "registry:5000/postgresql:17.11-b"),
                ]),
                "interruption",
                /restarts the database/,
            ],
            [
                change("replace", "command:local:Command", "registry-cluster-kind"),
                "dangerous",
                /^replaces a KinD cluster with all that is in it/,
            ],
            [
                change("delete", "command:local:Command", "registry-cluster-kind-second"),
                "dangerous",
                /^deletes a KinD cluster/,
            ],
            [change("delete", "aws:s3/bucket:Bucket", "registry-storage-bucket"), "dangerous", /all images are lost/],
            [
                change("replace", "random:index/randomPassword:RandomPassword", "registry-secrets-encryption-key"),
                "dangerous",
                /encrypts/,
            ],
            [
                change("replace", "random:index/randomPassword:RandomPassword", "registry-secrets-admin"),
                "interruption",
                /password/,
            ],
            [change("delete", "kubernetes:example.com/v1:Widget", "w"), "interruption", /^deletes a Widget$/],
            [change("create", "kubernetes:core/v1:ConfigMap", "c"), "change", /^makes a ConfigMap/],
        ];
        for (const [one, severity, words] of cases) {
            const effect = effectsOf(one).at(0);
            assert.ok(effect !== undefined);
            assert.equal(effect.severity, severity, `${one.op} ${one.name}`);
            assert.match(effect.words, words);
        }
        assert.deepEqual(effectsOf(change("same", releaseType, "registry-harbor-release")), []);
    });
});
