import assert from "node:assert/strict";
import { parse } from "yaml";
import {
    copyLabel,
    copyNamespace,
    copyNotes,
    copyOutputs,
    copyPrefix,
    repointed,
    scratchDatabase,
} from "../../automation/restore/copy-values";
import type { DatabaseOutput, StackOutputs } from "../../config/contract";
import { sampleOutputs } from "../support/fakes";

const key = { secretName: "s", secretKey: "k" };
const database: DatabaseOutput = {
    kind: "external",
    host: "db.example.com",
    port: 5432,
    database: "registry",
    user: "harbor",
    sslmode: "require",
    password: key,
};
const bucket = { bucket: "backups", region: "eu", endpoint: "http://s3:9000", pathStyle: true, prefix: "harbor" };
const outputs: StackOutputs = {
    ...sampleOutputs,
    database,
    storage: { kind: "s3", bucket: "live", region: "eu", pathStyle: true, accessKey: key, secretKey: key },
    backup: {
        namespace: "velero",
        location: "anchorage",
        bucket,
        credentials: key,
        volumes: "none",
        volumePolicy: "p",
        retention: { count: 1, days: 1 },
    },
};

describe("a copy of the registry", () => {
    it("has a database of its own, named by it; the chart's own database comes with the namespace", () => {
        const at = (more: Partial<DatabaseOutput>) =>
            copyOutputs({ ...outputs, database: { ...database, ...more } }, "copy", "a1").database;
        assert.deepEqual(at({}), { ...database, database: "registry_copy_a1" });
        assert.equal(at({ kind: "cloudnative-pg", host: "harbor-db-rw" })?.host, "harbor-db-rw.harbor.svc");
        const internal = { kind: "internal", host: "harbor-database" } as const;
        assert.deepEqual(at(internal), { ...database, ...internal });
        assert.equal(scratchDatabase({ ...outputs, database: { ...database, kind: "internal" } }, "a1"), undefined);
    });

    it("has its blobs in the backup bucket, never in the registry's", () => {
        const { storage } = copyOutputs(outputs, "copy", "a1");
        assert.deepEqual(storage, {
            ...bucket,
            kind: "s3",
            prefix: "harbor/anchorage/copies/a1",
            accessKey: key,
            secretKey: key,
        });
        const plain = { bucket: "backups", region: "eu", pathStyle: true };
        assert.ok(outputs.backup);
        const without = { ...outputs, backup: { ...outputs.backup, bucket: plain } };
        const at = copyOutputs(without, "copy", "a1").storage;
        assert.equal(at?.kind === "s3" ? at.prefix : "", "anchorage/copies/a1");
    });

    it("says in its namespace all that is needed to remove it", () => {
        const place = { rehearsal: true, id: "a1", database: "registry_copy_a1" };
        assert.deepEqual(copyNamespace("copy", "harbor", place), {
            apiVersion: "v1",
            kind: "Namespace",
            metadata: {
                name: "copy",
                labels: { "app.kubernetes.io/managed-by": "anchorage", [copyLabel]: "harbor" },
                annotations: {
                    [copyNotes.rehearsal]: "true",
                    [copyNotes.prefix]: copyPrefix("a1"),
                    [copyNotes.database]: "registry_copy_a1",
                },
            },
        });
    });

    it("is turned to them: core's address and database, the registry's bucket; the rest stays", () => {
        const place = copyOutputs(outputs, "copy", "a1");
        const url = "http://127.0.0.1:1";
        const core = {
            EXT_ENDPOINT: "https://r.example.com",
            POSTGRESQL_HOST: "h",
            POSTGRESQL_DATABASE: "registry",
            LOG_LEVEL: "info",
        };
        assert.deepEqual(repointed(core, { place, url }), {
            EXT_ENDPOINT: url,
            POSTGRESQL_HOST: "db.example.com",
            POSTGRESQL_DATABASE: "registry_copy_a1",
            LOG_LEVEL: "info",
        });
        const registry = {
            "config.yml":
                "version: 0.1\nstorage:\n  redirect: { disable: true }\n  s3: { bucket: live, region: eu, regionendpoint: http://old, secure: false }\n",
            "ctl.yml": "x",
        };
        const turned = repointed(registry, { place, url });
        assert.equal(turned?.["ctl.yml"], "x");
        assert.deepEqual(parse(turned["config.yml"] ?? ""), {
            version: 0.1,
            storage: {
                redirect: { disable: true },
                s3: {
                    bucket: "backups",
                    region: "eu",
                    regionendpoint: "http://s3:9000",
                    secure: false,
                    rootdirectory: "/harbor/anchorage/copies/a1",
                },
            },
        });
        assert.equal(repointed({ "nginx.conf": "x" }, { place, url }), undefined);
    });
});
