import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { backup } from "../../automation/backup";
import { unlockBackups } from "../../automation/backup/manage";
import { findSet, listSets, setKeys } from "../../automation/backup/sets";
import { openBackupStore } from "../../automation/backup/stores";
import { verifyBackup } from "../../automation/backup/verifying";
import type { Context } from "../../automation/context";
import type { Engine } from "../../automation/engine";
import { onLab } from "../../automation/engines/on-lab";
import { createRehearsalEngine } from "../../automation/engines/rehearsal";
import { labChartPins } from "../../automation/lab-charts";
import type { ObjectStore } from "../../automation/objects/store";
import { restore } from "../../automation/restore";
import { readStackOutputs } from "../../automation/stack-outputs";
import type { StackOutputs } from "../../config/contract";
import type { OpenedClient } from "../../harbor/client/client";
import { smallImage } from "../../harbor/registry/image";
import type { LabBinaries } from "../../lab/binaries";
import { runningHarbor } from "../../lab/harbor-process";
import { resetLab, startLab } from "../../lab/lab";
import { labLayout } from "../../lab/layout";
import { prepareLabCharts } from "../../lab/operators/lab-charts";
import { resolveTools } from "../../lab/tools/resolver";
import { addVelero, veleroBinaries } from "../../lab/velero-process";
import { ExitCode, type UserError } from "../../lib/errors";
import { exec, type Exec } from "../../lib/exec";
import { projectRoot, type LabEndpoints } from "../../lib/home";
import { isRunning } from "../../lib/processes";
import { waitFor } from "../../lib/wait";
import { kubectl } from "../support/engine-lab";
import { asOutputs, collectingReporter, fakeContext } from "../support/fakes";
import { FaultyS3 } from "../support/faulty-s3";
import { labTimeout, testBinaries } from "../support/lab";
import { harborHealthy, openLabRegistry } from "../support/lab-registry";
import { locationAvailable, userErrorOf } from "../support/backup-failing";
import { keysOf } from "../support/object-stores";

const name = "failing";
const stack = "lab-backup";
const bucket = "velero";

/** Seconds: servers tell their time in whole ones, and an answer that is read late moves what is made of it. */
const aboutTenMinutes = "(59\\d|60\\d)";

/** Each with the real part, of which one fails: the command fails with a clear error, and nothing is harmed. */
describe("a backup in which something fails", function () {
    this.timeout(180_000);

    let binaries: LabBinaries;
    let lab: LabEndpoints;
    let door: FaultyS3;
    let engine: Engine;
    let outputs: StackOutputs;
    let reports: string;
    let opened: OpenedClient;
    let backups: ObjectStore;
    /** All that the bucket has of the good set. */
    let kept: readonly string[];

    before(async function () {
        this.timeout(labTimeout);
        reports = await mkdtemp(path.join(tmpdir(), "anchorage-failures-"));
        const [registryBinary] = await resolveTools(["registry"], { exec, env: process.env });
        assert.ok(registryBinary);
        binaries = { ...(await testBinaries()), registry: registryBinary.file };
        lab = (await startLab({ name, nodes: 1, binaries, exec })).endpoints;
        await prepareLabCharts({ name, charts: labChartPins(["velero"]), exec });
        await addVelero(name, veleroBinaries(await resolveTools(["velero"], { exec, env: process.env })));
        door = await FaultyS3.start(lab.s3.endpoint);
        const settings = { kind: "velero", location: { kind: "s3", bucket, forceDestroy: true } };
        const overrides = { backup: { ...settings, validationFrequency: "5s" } };
        engine = createRehearsalEngine(await onLab({ projectRoot, stack, overrides }, name, process.env));
        const read = readStackOutputs((await engine.up()).outputs);
        assert.ok(read?.backup, "the stack has no backup");
        // Behind the door for the command and for Velero; the registry's bucket is not.
        const patch = JSON.stringify({ spec: { config: { s3Url: door.endpoint } } });
        const location = ["-n", "velero", "patch", "backupstoragelocation", "anchorage", "--type", "merge"];
        await kubectl(lab, ...location, "--patch", patch);
        outputs = { ...read, backup: { ...read.backup, bucket: { ...read.backup.bucket, endpoint: door.endpoint } } };
        const { registry, ...rest } = await openLabRegistry(lab);
        ({ opened } = rest);
        await registry.push("library/app", "v1", smallImage("an image\n"));
        await registry.close();
        const clusterDoor = { exec, kubectl: lab.tools.kubectl, signal: new AbortController().signal };
        backups = await openBackupStore(outputs, clusterDoor);
        await run("good");
        kept = await keysOf(backups);
    });

    after(async () => {
        backups.close();
        await opened.close();
        await door.down();
        await resetLab({ name, binaries, exec });
        await rm(reports, { recursive: true });
    });

    /** @param given the stack's outputs, and how programs run */
    const contextOf = (given: { outputs?: StackOutputs; exec?: Exec } = {}): Context =>
        fakeContext({
            reporter: collectingReporter("json").reporter,
            exec: given.exec ?? exec,
            projectRoot,
            kubectl: () => Promise.resolve(lab.tools.kubectl),
            selectEngine: () =>
                Promise.resolve({
                    engine: Object.assign(Object.create(engine) as Engine, {
                        outputs: () => Promise.resolve(asOutputs(given.outputs ?? outputs)),
                    }),
                    why: "test",
                }),
        });
    const run = (set: string, given: Parameters<typeof contextOf>[0] = {}): Promise<void> =>
        backup({ stack, engine: "auto", name: set, kind: "regular", reports }, contextOf(given));

    const failure = (work: Promise<unknown>): Promise<UserError> => userErrorOf(work, lab.s3.secretKey);

    /** Nothing of the good set is gone, Harbor is as it was, and what failed is never taken for a set. */
    const requireUnharmed = async (failed?: string): Promise<void> => {
        assert.equal((await opened.client.system.info()).read_only, false);
        const paused = (await opened.client.jobservice.queues()).filter((queue) => queue.paused);
        assert.deepEqual(paused, []);
        const there = new Set(await keysOf(backups));
        assert.deepEqual(
            kept.filter((key) => !there.has(key)),
            [],
        );
        const complete = (await listSets(backups)).sets.filter(({ state }) => state === "complete");
        assert.deepEqual(
            complete.map((set) => set.name),
            ["good"],
        );
        if (failed !== undefined) assert.equal((await findSet(backups, failed))?.state, "incomplete");
    };
    /** Fails requests that are like it, so long as it says so. */
    const faultyAt = (pattern: RegExp, fault: NonNullable<ReturnType<FaultyS3["fault"]>>): void => {
        door.fault = (what) => (pattern.test(what) ? fault : undefined);
    };
    afterEach(async () => {
        door.fault = () => undefined;
        await door.up();
        await locationAvailable(lab);
    });

    it("by an S3 that is down from the start", async () => {
        await door.down();
        const error = await failure(run("down"));
        await door.up();
        assert.match(error.render(), /ECONNREFUSED[^]*next: see that the object store runs/);
        await requireUnharmed();
    });

    it("by an S3 that goes down in the quiet window", async () => {
        faultyAt(/^PUT .*\/midst\/database\.dump/, { after: () => door.down() });
        const error = await failure(run("midst"));
        await door.up();
        // Whoever of the two notices first.
        assert.match(
            error.render(),
            /next: see that the object store runs|Velero's backup .* ended (Partially)?Failed/,
        );
        await requireUnharmed("midst");
    });

    it("by keys that are wrong", async () => {
        const secret = ["-n", "velero", "patch", "secret", "anchorage-backup-location", "--type", "merge", "--patch"];
        const keys = (secretKey: string): string =>
            JSON.stringify({
                stringData: {
                    cloud: `[default]\naws_access_key_id=${lab.s3.accessKey}\naws_secret_access_key=${secretKey}\n`,
                },
            });
        await kubectl(lab, ...secret, keys("not-the-secret-key"));
        const error = await failure(run("keys"));
        await kubectl(lab, ...secret, keys(lab.s3.secretKey));
        assert.match(error.render(), /SignatureDoesNotMatch[^]*next: the Secret with the keys/);
        await requireUnharmed();
    });

    it("by a bucket that is full: while Harbor is still writable, and in the quiet window", async () => {
        const full = { status: 507, code: "InsufficientStorage" };
        faultyAt(/^PUT .*\/anchorage\/(probes|blobs)\//, full);
        const before = await failure(run("full"));
        assert.equal(before.exitCode, ExitCode.refused);
        assert.match(before.render(), /507 InsufficientStorage[^]*next: make room in the object store/);
        await requireUnharmed();
        faultyAt(/^PUT .*\/full\/database\.dump/, full);
        const within = await failure(run("full"));
        assert.match(within.render(), /507 InsufficientStorage[^]*next: make room in the object store/);
        await requireUnharmed("full");
    });

    it("by a clock that is off", async () => {
        faultyAt(/^HEAD \/$/, { aheadMs: 600_000 });
        const error = await failure(run("clock"));
        assert.equal(error.exitCode, ExitCode.refused);
        assert.match(
            error.render(),
            new RegExp(`the backup bucket's server is ${aboutTenMinutes} s ahead[^]*next: let NTP set the clocks`),
        );
        await requireUnharmed();
    });

    it("by this machine's own clock, which is off from that of every server", async () => {
        const { now } = Date;
        Date.now = () => now() + 600_000;
        const error = await failure(run("own-clock")).finally(() => {
            Date.now = now;
        });
        assert.equal(error.exitCode, ExitCode.refused);
        for (const server of ["the cluster's API server", "Harbor's core", "the backup bucket's server"])
            assert.match(error.render(), new RegExp(`${server} is ${aboutTenMinutes} s behind`));
        await requireUnharmed();
    });

    it("by Velero that ends PartiallyFailed", async () => {
        assert.ok(outputs.backup);
        // Nothing in a lab reads the files of volumes.
        const error = await failure(
            run("partial", { outputs: { ...outputs, backup: { ...outputs.backup, volumes: "files" } } }),
        );
        assert.match(error.render(), /Velero's backup anchorage-partial ended PartiallyFailed\n.*errors: \d+/);
        await requireUnharmed("partial");
    });

    it("by Velero that is killed at work", async () => {
        const { pid } = (
            JSON.parse(readFileSync(path.join(labLayout(name).velero, "children.json"), "utf8")) as [{ pid: number }]
        )[0];
        faultyAt(/^PUT .*\/backups\/anchorage-killed\//, {
            after: async () => {
                if (isRunning(pid)) process.kill(pid, "SIGKILL");
                await waitFor(() => !isRunning(pid) || undefined, { what: "its end", timeoutMs: 10_000 });
                throw new Error("who asked is dead");
            },
        });
        const error = await failure(run("killed"));
        assert.match(error.render(), /Velero's backup anchorage-killed ended Failed\n.*InProgress.*server start/);
        await requireUnharmed("killed");
    });

    it("by a database that is killed in the quiet window; the next command puts back what it left", async () => {
        const children = readFileSync(path.join(labLayout(name).harbor, "children.json"), "utf8");
        const pids = (JSON.parse(children) as { pid: number }[]).map(({ pid }) => pid);
        const postgres = pids.find((pid) => readFileSync(`/proc/${String(pid)}/cmdline`, "utf8").includes("postgres"));
        assert.ok(postgres !== undefined);
        const error = await failure(
            run("database", {
                exec: async (file, args, options) => {
                    if (args.some((arg) => arg.includes("pg_dump"))) {
                        process.kill(postgres, "SIGKILL");
                        await waitFor(() => !isRunning(postgres) || undefined, { what: "its end", timeoutMs: 10_000 });
                    }
                    return exec(file, args, options);
                },
            }),
        );
        // By the dump, or by Harbor, which has lost it as well.
        assert.match(error.render(), /cannot be dumped|answered 500|does not answer/);
        assert.match(error.render(), /left behind: lift read-only mode/);
        // Without its database it ends, and is mended only then.
        const isGone = async (): Promise<true | undefined> =>
            (await runningHarbor(labLayout(name))) === undefined ? true : undefined;
        await waitFor(isGone, { what: "the lab's Harbor to end", timeoutMs: 10_000 });
        await startLab({ name, nodes: 1, binaries, exec });
        await harborHealthy(opened);
        await unlockBackups({ stack, engine: "auto" }, contextOf());
        await requireUnharmed("database");
    });

    it("is followed by a good one, which removes what they left", async () => {
        await run("next");
        const { sets, foreign } = await listSets(backups);
        assert.deepEqual(
            sets.map((set) => `${set.name} ${set.state}`),
            ["good complete", "next complete"],
        );
        assert.deepEqual(foreign, []);
        await verifyBackup({ stack, engine: "auto", name: "good" }, contextOf());
    });

    it("or a restore: an object that was cut is named, and nothing is touched", async () => {
        const fileOf = (key: string): string => path.join(labLayout(name).s3Data, bucket, key);
        const blob = kept.find((key) => /^anchorage\/blobs\/.*\/data$/.test(key)) ?? "";
        await truncate(fileOf(blob), 3);
        const told = await failure(verifyBackup({ stack, engine: "auto", name: "good" }, contextOf()));
        assert.match(told.render(), /backup good is not whole\n.*has 3 bytes in place of \d+/);
        await truncate(fileOf(setKeys("good").database), 100);
        const back = restore({ stack, engine: "auto", from: "good", yes: true, reports }, contextOf());
        const refused = await failure(back);
        assert.equal(refused.exitCode, ExitCode.refused);
        assert.match(refused.render(), /database/);
        assert.equal((await opened.client.system.health()).status, "healthy");
        assert.equal((await opened.client.system.info()).read_only, false);
    });
});
