import assert from "node:assert/strict";
import { Velero } from "../../automation/backup/velero";
import {
    backupObject,
    hasEnded,
    readBackup,
    readLocation,
    readRestore,
    restoreObject,
} from "../../automation/backup/velero-objects";
import { failureOf, resultLines } from "../../automation/backup/velero-results";
import type { BackupOutput } from "../../config/contract";
import { UserError } from "../../lib/errors";
import { type Exec, ExecFailure } from "../../lib/exec";
import { sampleOutputs, unexpected } from "../support/fakes";

const output: BackupOutput = {
    namespace: "velero",
    location: "anchorage",
    bucket: { bucket: "backups", region: "us-east-1", pathStyle: false },
    credentials: { secretName: "keys", secretKey: "cloud" },
    volumes: "none",
    volumePolicy: "anchorage-volumes",
    retention: { count: 7, days: 30 },
};

describe("Velero's objects", () => {
    it("are made as it wants a Backup, with every word on volumes said", () => {
        const spec = { name: "one", namespaces: ["harbor"], ttlHours: 48, labels: { set: "one" } };
        assert.deepEqual(backupObject(spec, output), {
            apiVersion: "velero.io/v1",
            kind: "Backup",
            metadata: { name: "one", namespace: "velero", labels: { set: "one" } },
            spec: {
                storageLocation: "anchorage",
                includedNamespaces: ["harbor"],
                snapshotVolumes: false,
                defaultVolumesToFsBackup: false,
                resourcePolicy: { kind: "configmap", name: "anchorage-volumes" },
                ttl: "48h0m0s",
            },
        });
    });

    it("take the kind of volumes that is asked for before that of the settings", () => {
        const { spec } = backupObject({ name: "one", namespaces: ["harbor"], volumes: "snapshots" }, output) as {
            spec: Record<string, unknown>;
        };
        assert.equal(spec["snapshotVolumes"], true);
        assert.equal(spec["defaultVolumesToFsBackup"], false);
    });

    it("are made as it wants a Restore", () => {
        assert.deepEqual(restoreObject({ name: "two", backup: "one", into: { harbor: "copy" } }, "velero"), {
            apiVersion: "velero.io/v1",
            kind: "Restore",
            metadata: { name: "two", namespace: "velero" },
            spec: {
                backupName: "one",
                includedNamespaces: ["*"],
                namespaceMapping: { harbor: "copy" },
                restorePVs: true,
            },
        });
    });

    it("are read where Go left everything out", () => {
        const name = "one";
        assert.deepEqual(readBackup({ metadata: { name } }), {
            ...{ name, phase: "New", items: 0, warnings: 0, errors: 0, validationErrors: [], snapshots: 0 },
        });
        assert.deepEqual(readRestore({ metadata: { name } }), {
            ...{ name, backup: "", phase: "New", items: 0, warnings: 0, errors: 0, validationErrors: [] },
        });
        assert.deepEqual(readLocation({}), { phase: "New", accessMode: "ReadWrite" });
    });

    it("have ended in four phases, good and bad", () => {
        for (const phase of ["Completed", "PartiallyFailed", "Failed", "FailedValidation"]) assert.ok(hasEnded(phase));
        for (const phase of ["New", "Queued", "ReadyToStart", "InProgress", "FinalizingPartiallyFailed", "Deleting"])
            assert.ok(!hasEnded(phase), phase);
    });
});

describe("why Velero failed", () => {
    const ended = { ...readBackup({ metadata: { name: "one" } }), phase: "PartiallyFailed", errors: 12, warnings: 1 };

    it("is told in its own words, at most ten of them", () => {
        const errors = { velero: ["no bucket"], namespaces: { harbor: Array.from({ length: 12 }, () => "no pod") } };
        const { message, details } = failureOf("backup", ended, { errors }, []);
        assert.equal(message, "Velero's backup one ended PartiallyFailed");
        assert.deepEqual(details.slice(0, 3), ["errors: 12, warnings: 1", "no bucket", "harbor: no pod"]);
        assert.equal(details.length, 12);
        assert.equal(details.at(-1), "and 3 more");
    });

    it("is told as far as it is known where its own account cannot be read", () => {
        const { details } = failureOf("backup", { ...ended, failureReason: "killed" }, { unreadable: "no S3" }, []);
        assert.deepEqual(details, [
            "killed",
            "errors: 12, warnings: 1",
            "Velero's own account of it could not be read: no S3",
        ]);
    });

    it("is told with the time to wait where a kind is newer than Velero's knowledge of kinds", () => {
        const line = "error: /no matches for velero.io/, Resource=serverstatusrequests";
        const next = (error: string): readonly string[] =>
            failureOf("backup", ended, { errors: { velero: [error] } }, ["describe it"]).next;
        assert.deepEqual(next("no bucket"), ["describe it"]);
        assert.match(next(line)[0] ?? "", /^try again in five minutes/);
        assert.equal(next(line)[1], "describe it");
    });

    it("is nothing where it says nothing", () => {
        assert.deepEqual(resultLines(undefined), []);
    });
});

describe("the stack's Velero", () => {
    const signal = new AbortController().signal;
    const outputs = { ...sampleOutputs, backup: output };
    const velero = (exec: Exec): Velero => new Velero(outputs, { exec, kubectl: "kubectl", signal });
    const failure = async (work: Promise<unknown>): Promise<UserError> => {
        const error: unknown = await work.then(
            () => undefined,
            (thrown: unknown) => thrown,
        );
        assert.ok(error instanceof UserError, String(error));
        return error;
    };
    const answers =
        (object: unknown): Exec =>
        (file, args) => {
            assert.equal(file, "kubectl");
            assert.deepEqual(args.slice(0, 6), [
                ...["--kubeconfig", "/tmp/kubeconfig", "--context", "kwok-anchorage", "-n", "velero"],
            ]);
            return Promise.resolve({ stdout: object === undefined ? "" : JSON.stringify(object), stderr: "" });
        };

    it("is missed with the setting that brings it", () => {
        assert.throws(
            () => new Velero(sampleOutputs, { exec: unexpected("exec"), kubectl: "kubectl", signal }),
            (error) => error instanceof UserError && error.render().includes("set backup.kind to velero"),
        );
    });

    it("tells which of its backups and restores have not ended", async () => {
        const item = (kind: string, name: string, phase?: string): object => ({
            kind,
            metadata: { name },
            ...(phase === undefined ? {} : { status: { phase } }),
        });
        const items = [
            item("Backup", "done", "Completed"),
            item("Backup", "new"),
            item("Backup", "going", "Deleting"),
            item("Restore", "back", "InProgress"),
        ];
        assert.deepEqual(await velero(answers({ items })).running(), ["backup/new", "restore/back"]);
    });

    it("says that there is no location, and why one cannot be used", async () => {
        assert.match((await failure(velero(answers(undefined)).location())).render(), /no BackupStorageLocation/);
        const status = { phase: "Unavailable", message: "403 Forbidden" };
        const error = await failure(velero(answers({ status })).requireLocation(1_000, 0));
        assert.match(error.render(), /Unavailable\n {2}- 403 Forbidden/);
    });

    it("waits for the first look at a new location, and takes a bad one as an answer", async () => {
        const phases = [undefined, "New", "Unavailable"];
        const looked: Exec = () => {
            const phase = phases.length > 1 ? phases.shift() : phases[0];
            return Promise.resolve({
                stdout: JSON.stringify(phase === undefined ? {} : { status: { phase } }),
                stderr: "",
            });
        };
        assert.equal((await velero(looked).seenLocation(60_000, 0)).phase, "Unavailable");
        assert.deepEqual(phases, ["Unavailable"]);
    });

    it("waits for one more look at a location that was not to be had, and takes that one as it is", async () => {
        const looks = (...phases: string[]): Exec => {
            const left = phases.map((phase, turn) => ({
                phase,
                lastValidationTime: String(turn),
                message: `look ${String(turn)}`,
            }));
            return () =>
                Promise.resolve({
                    stdout: JSON.stringify({ status: left.length > 1 ? left.shift() : left[0] }),
                    stderr: "",
                });
        };
        assert.equal((await velero(looks("Unavailable", "Available")).requireLocation()).phase, "Available");
        const error = await failure(velero(looks("Unavailable", "Unavailable", "Available")).requireLocation());
        assert.match(error.render(), /Unavailable\n {2}- look 1/);
    });

    it("gives up a location that nobody looks at", async () => {
        const error = await failure(velero(answers({})).requireLocation(1));
        assert.match(error.message, /waited 0 s for the BackupStorageLocation anchorage to be looked at/);
    });

    it("says what the cluster said, and nothing else", async () => {
        const refusing: Exec = () =>
            Promise.reject(new ExecFailure("kubectl ended", "kubectl", 1, "", "first\nno route\n", undefined, {}));
        const error = await failure(velero(refusing).backups());
        assert.equal(error.message, "cannot read Velero's backups");
        assert.deepEqual(error.details, ["no route"]);
    });

    it("does nothing to delete a backup that is not there", async () => {
        await velero(answers(undefined)).deleteBackup("none");
        assert.equal(await velero(answers(undefined)).findBackup("none"), undefined);
    });
});
