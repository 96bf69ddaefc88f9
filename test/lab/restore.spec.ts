import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { openBackupStore } from "../../automation/backup/stores";
import type { ClusterDoor } from "../../automation/cluster-access";
import type { Context } from "../../automation/context";
import { drillDisaster } from "../../automation/drill";
import type { Engine } from "../../automation/engine";
import { onLab } from "../../automation/engines/on-lab";
import { createRehearsalEngine } from "../../automation/engines/rehearsal";
import { restore } from "../../automation/restore";
import { StackLock } from "../../automation/restore/stack-lock";
import { readStackOutputs } from "../../automation/stack-outputs";
import type { StackOutputs } from "../../config/contract";
import type { LabBinaries } from "../../lab/binaries";
import { resetLab, startLab } from "../../lab/lab";
import { prepareLabCharts } from "../../lab/operators/lab-charts";
import { resolveTools } from "../../lab/tools/resolver";
import { addVelero, veleroBinaries } from "../../lab/velero-process";
import { ExitCode, UserError } from "../../lib/errors";
import { exec } from "../../lib/exec";
import { projectRoot, type LabEndpoints } from "../../lib/home";
import { commandsOf, runCommand } from "../support/documented";
import { kubectl } from "../support/engine-lab";
import { collectingReporter, fakeContext } from "../support/fakes";
import { labTimeout, testBinaries } from "../support/lab";

const name = "restore";
const stack = "lab";

/** What the stack gets after the drill, which brings its own. */
const withBackup = {
    backup: {
        kind: "velero",
        location: { kind: "s3", bucket: "velero", forceDestroy: true },
        validationFrequency: "5s",
    },
};

/** With the real Velero, S3, PostgreSQL and distribution registry of a lab; every image by the registry's own protocol. */
describe("restore in a lab", function () {
    this.timeout(10 * 60_000);

    let binaries: LabBinaries;
    let lab: LabEndpoints;
    let engine: Engine;
    let outputs: StackOutputs;
    let reports: string;
    const set = "nightly";

    before(async function () {
        this.timeout(labTimeout);
        reports = await mkdtemp(path.join(tmpdir(), "anchorage-restore-"));
        const [registry] = await resolveTools(["registry"], { exec, env: process.env });
        assert.ok(registry);
        binaries = { ...(await testBinaries()), registry: registry.file };
        lab = (await startLab({ name, binaries, exec })).endpoints;
        engine = await engineOf({});
        await engine.up();
    });

    const engineOf = async (overrides: Readonly<Record<string, unknown>>): Promise<Engine> =>
        createRehearsalEngine(await onLab({ projectRoot, stack, overrides }, name, process.env));

    after(async () => {
        await resetLab({ name, binaries, exec });
        await rm(reports, { recursive: true });
    });

    const door = (): ClusterDoor => ({
        exec,
        kubectl: lab.tools.kubectl,
        signal: new AbortController().signal,
    });

    /** What a verb's machine-readable events say at its end. */
    async function resultOf(verb: (context: Context) => Promise<void>): Promise<Record<string, unknown>> {
        const { reporter, text } = collectingReporter("json");
        const context = fakeContext({
            reporter,
            exec,
            projectRoot,
            kubectl: () => Promise.resolve(lab.tools.kubectl),
            selectEngine: async (_options, overrides) => ({
                engine: overrides === undefined ? engine : await engineOf(overrides),
                why: "test",
            }),
            lab: {
                charts: (of, charts) => prepareLabCharts({ name: of, charts, exec }),
                velero: async (of) =>
                    addVelero(of, veleroBinaries(await resolveTools(["velero"], { exec, env: process.env }))),
            },
        });
        await verb(context).catch((error: unknown) => {
            throw error instanceof UserError ? new Error(error.render(), { cause: error }) : error;
        });
        const events = text()
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as Record<string, unknown>);
        const result = events.findLast(({ kind }) => kind === "result");
        assert.ok(result);
        return result;
    }

    const readOutputs = async (): Promise<StackOutputs> => {
        const read = readStackOutputs(await engine.outputs());
        assert.ok(read, "the stack has no outputs");
        return read;
    };
    const namespaces = (): Promise<string> => kubectl(lab, "get", "namespaces", "-o", "name");

    it("gets a registry back that was lost with its namespace, database and bucket, of a stack without backup", async () => {
        const result = await resultOf((context) =>
            drillDisaster({ stack, engine: "auto", lab: name, yes: true, images: 12, reports }, context),
        );
        // Every image of before the backup with its digest; and what a preview of the stack finds is what is on record.
        assert.equal(result["recovered"], true);
        assert.equal(result["restored"], 12);
        assert.deepEqual(result["lost"], ["1 image that was pushed after the backup"]);
        // The drill takes its Velero and its bucket away again.
        assert.equal((await readOutputs()).backup, undefined);
        assert.doesNotMatch(await namespaces(), /velero/);
    });

    /** A command of the documentation, on this stack. */
    const typed = (args: readonly string[]): Promise<Record<string, unknown>> =>
        resultOf((context) =>
            runCommand(
                args.map((arg) => (arg === "public" ? stack : arg)),
                context,
            ),
        );
    const requireNoCopies = async (): Promise<void> => {
        const backups = await openBackupStore(outputs, door());
        for await (const { key } of backups.list("anchorage/copies/")) assert.fail(`${key} is left`);
        backups.close();
    };

    it("of backups has the commands that docs/backup.md shows", async () => {
        engine = await engineOf(withBackup);
        await engine.up();
        outputs = await readOutputs();
        const results: Record<string, Record<string, unknown>> = {};
        for (const args of commandsOf("docs/backup.md")) results[args.join(" ")] = await typed(args);
        assert.equal(Object.keys(results).length, 10);
        assert.equal(results["backup --stack public"]?.["complete"], true);
        assert.equal(results["backup --stack public --name before-upgrade"]?.["complete"], true);
        const { sets } = results["backup list --stack public"] as { readonly sets: readonly object[] };
        assert.equal(sets.length, 2);
        assert.equal(results["backup verify before-upgrade --stack public"]?.["whole"], true);
        const { sets: left } = (await typed(["backup", "list"])) as { readonly sets: readonly object[] };
        assert.equal(left.length, 1);
    });

    it("rehearses beside the registry, leaves nothing, and puts it back, as docs/restore.md has it", async () => {
        await typed(["backup", "--name", set]);
        const before = await namespaces();
        const commands = commandsOf("docs/restore.md").filter(([verb]) => verb === "restore");
        assert.deepEqual(
            commands.map((args) => args.at(-1)),
            ["--plan", "--rehearse", "--yes"],
        );
        const ids = ["place", "repoint", "database", "blobs", "counts", "content"];
        for (const args of commands) {
            const result = await typed(args);
            if (args.includes("--plan")) continue;
            assert.equal(result["restored"], true);
            const steps = result["steps"] as readonly { readonly id: string; readonly state: string }[];
            const done = steps.filter(({ state }) => state === "done").map(({ id }) => id);
            for (const id of args.includes("--rehearse") ? ids : ids.slice(2)) assert.ok(done.includes(id), id);
            assert.equal(await namespaces(), before);
            await requireNoCopies();
        }
    });

    it("leaves a copy beside the registry until it is removed", async () => {
        const before = await namespaces();
        await typed(["restore", "--from", set, "--into", "harbor-copy"]);
        assert.match(await namespaces(), /harbor-copy/);
        await assert.rejects(
            typed(["restore", "--remove", "nothing"]),
            /nothing is no copy of the registry.*\n.*there is: harbor-copy/,
        );
        await typed(["restore", "--remove", "harbor-copy"]);
        assert.equal(await namespaces(), before);
        await requireNoCopies();
    });

    it("is refused while another command works on the registry, which it names", async () => {
        const lock = await StackLock.acquire(outputs, door(), "backup of stack public", () => undefined);
        try {
            await assert.rejects(
                resultOf((context) => restore({ stack, engine: "auto", from: set, yes: true, reports }, context)),
                ({ cause }: Error) => {
                    assert.ok(cause instanceof UserError);
                    assert.equal(cause.exitCode, ExitCode.refused);
                    assert.match(cause.details.join("\n"), /another command works on .*backup of stack public/);
                    return true;
                },
            );
        } finally {
            await lock.release();
        }
    });
});
