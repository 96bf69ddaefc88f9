import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { openHarbor } from "../../automation/backup/ground";
import { setKeys } from "../../automation/backup/sets";
import { openBackupStore } from "../../automation/backup/stores";
import type { Context } from "../../automation/context";
import type { Engine } from "../../automation/engine";
import { onLab } from "../../automation/engines/on-lab";
import { createRehearsalEngine } from "../../automation/engines/rehearsal";
import { labChartPins } from "../../automation/lab-charts";
import { migrate, type MigrateOptions } from "../../automation/migrate";
import type { OpenHarbor } from "../../automation/restore/restoration";
import { readStackOutputs } from "../../automation/stack-outputs";
import type { StackOutputs } from "../../config/contract";
import { smallImage } from "../../harbor/registry/image";
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

const location = { kind: "s3", bucket: "velero" };
const velero = { kind: "velero", validationFrequency: "5s" };

interface Place {
    readonly lab: LabEndpoints;
    readonly engine: Engine;
    readonly outputs: StackOutputs;
}

/** Two labs with a Velero each, and one bucket: the course's KinD cluster and its migration-target. */
describe("migration into another cluster", function () {
    this.timeout(10 * 60_000);

    const labs = { "lab-backup": "move-source", "lab-target": "move-target" } as const;
    type Stack = keyof typeof labs;

    let binaries: LabBinaries;
    let reports: string;
    let set = "";
    const places: Partial<Record<Stack, Place>> = {};

    const place = (stack: Stack): Place => {
        const found = places[stack];
        assert.ok(found);
        return found;
    };

    /** @param source name of the source's lab, whose S3 has the bucket */
    async function bringUp(stack: Stack, overrides: Readonly<Record<string, unknown>>): Promise<Place> {
        const name = labs[stack];
        const lab = (await startLab({ name, binaries, exec, nodes: 1 })).endpoints;
        await prepareLabCharts({ name, charts: labChartPins(["velero"]), exec });
        await addVelero(name, veleroBinaries(await resolveTools(["velero"], { exec, env: process.env })));
        const selection = await onLab({ projectRoot, stack, overrides }, name, process.env);
        const engine = createRehearsalEngine(selection);
        const outputs = readStackOutputs((await engine.up()).outputs);
        assert.ok(outputs, "the stack has no outputs");
        return { lab, engine, outputs };
    }

    const withHarbor = async <T>(stack: Stack, work: (harbor: OpenHarbor) => Promise<T>): Promise<T> => {
        const { outputs, lab } = place(stack);
        const door = { exec, kubectl: lab.tools.kubectl, signal: new AbortController().signal };
        const harbor = await openHarbor(outputs, door, () => undefined);
        try {
            return await work(harbor);
        } finally {
            await harbor.close();
        }
    };

    const push = (stack: Stack, tag: string): Promise<string> =>
        withHarbor(stack, ({ registry }) => registry.push("library/app", tag, smallImage(`${tag}\n`)));

    const run = (options: Partial<MigrateOptions>): Promise<Record<string, unknown>> =>
        resultOf((context) =>
            migrate({ stack: "lab-backup", to: "lab-target", engine: "auto", yes: true, reports, ...options }, context),
        );
    /** A command of docs/migrate.md on these stacks. */
    const typed = (last: "--plan" | "--yes"): Promise<Record<string, unknown>> => {
        const args = commandsOf("docs/migrate.md").find((one) => one.includes("old") && one.at(-1) === last);
        assert.ok(args);
        const stacks: Readonly<Record<string, string>> = { old: "lab-backup", new: "lab-target" };
        return resultOf((context) =>
            runCommand(
                args.map((arg) => stacks[arg] ?? arg),
                context,
            ),
        );
    };

    async function resultOf(verb: (context: Context) => Promise<void>): Promise<Record<string, unknown>> {
        const { reporter, text } = collectingReporter("json");
        const context: Context = fakeContext({
            reporter,
            exec,
            projectRoot,
            kubectl: () => Promise.resolve(place("lab-backup").lab.tools.kubectl),
            selectEngine: ({ stack }) => Promise.resolve({ engine: place(stack as Stack).engine, why: "test" }),
        });
        await verb(context);
        const events = text().trim().split("\n");
        const result = events
            .map((line) => JSON.parse(line) as Record<string, unknown>)
            .findLast(({ kind }) => kind === "result");
        assert.ok(result);
        return result;
    }

    const accessMode = (): Promise<string> =>
        kubectl(
            place("lab-target").lab,
            ...["-n", "velero", "get", "backupstoragelocation", "anchorage", "-o", "jsonpath={.spec.accessMode}"],
        );

    before(async function () {
        this.timeout(labTimeout);
        reports = await mkdtemp(path.join(tmpdir(), "anchorage-migrate-"));
        const [registry] = await resolveTools(["registry"], { exec, env: process.env });
        assert.ok(registry);
        binaries = { ...(await testBinaries()), registry: registry.file };
        places["lab-backup"] = await bringUp("lab-backup", {});
        places["lab-target"] = await bringUp("lab-target", {
            backup: { ...velero, location: { ...location, lab: labs["lab-backup"] } },
        });
    });

    after(async () => {
        for (const name of Object.values(labs)) await resetLab({ name, binaries, exec });
        await rm(reports, { recursive: true });
    });

    it("says what it would do, and touches nothing", async () => {
        const { plan } = await typed("--plan");
        const ids = (plan as readonly { readonly id: string }[]).map(({ id }) => id);
        assert.deepEqual(ids.slice(0, 5), ["backup", "source", "record", "location", "hold"]);
    });

    it("moves every image, and leaves source and target each with its own keys", async () => {
        const digests: string[] = [];
        for (const tag of ["v1", "v2", "v3"]) digests.push(await push("lab-backup", tag));
        const result = await typed("--yes");
        assert.equal(result["moved"], true);
        set = String(result["backup"]);
        assert.deepEqual(result["comparison"], { images: 3, missing: [], later: [] });
        // With the administrator's password of the target's own Secret.
        await withHarbor("lab-target", async ({ registry, client }) => {
            for (const digest of digests) await registry.pullManifest("library/app", digest);
            assert.equal((await client.system.info()).read_only, false);
            const queues = await client.jobservice.queues();
            assert.deepEqual(
                queues.filter(({ paused }) => paused),
                [],
            );
        });
        assert.equal(await accessMode(), "ReadWrite");
        const { changes } = await place("lab-target").engine.preview();
        const changed = changes.filter(({ op }) => op !== "same" && op !== "read");
        assert.deepEqual(
            changed.map(({ op, name }) => `${op} ${name}`),
            [],
        );
        // Both go on.
        await push("lab-backup", "v4");
        await push("lab-target", "v5");
    });

    it("is refused into a registry that has images", async () => {
        await assert.rejects(run({ plan: true }), (error: unknown) => {
            assert.ok(error instanceof UserError);
            assert.equal(error.exitCode, ExitCode.refused);
            assert.match(error.render(), /stack lab-target has 4 images already, which would be lost: --overwrite/);
            return true;
        });
    });

    it("that failed goes on with the same backup, and the location is ReadWrite in between", async () => {
        const { outputs, lab } = place("lab-backup");
        const door = { exec, kubectl: lab.tools.kubectl, signal: new AbortController().signal };
        const backups = await openBackupStore(outputs, door);
        const { database } = setKeys(set);
        const dump = await buffer(await backups.read(database));
        await backups.write(database, Buffer.alloc(dump.length, "?"));
        await assert.rejects(run({ from: set, overwrite: true }), (error: unknown) => {
            assert.ok(error instanceof UserError);
            assert.match(
                error.render(),
                new RegExp(`npx anchorage migrate --to lab-target .*--from ${set} once more goes on`),
            );
            return true;
        });
        assert.equal(await accessMode(), "ReadWrite");
        await backups.write(database, dump);
        backups.close();
        // No word of the set, and none of what was overwritten: it is on record.
        const result = await run({});
        assert.equal(result["backup"], set);
        const { images, missing, later } = result["comparison"] as Record<string, unknown>;
        assert.deepEqual({ images, missing }, { images: 4, missing: [] });
        assert.match(String(later), /^library\/app@sha256:[0-9a-f]{64} \(v4\)$/);
    });
});
