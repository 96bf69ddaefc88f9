import path from "node:path";
import { ExitCode, UserError } from "../lib/errors";
import { anchorageHome } from "../lib/home";
import { backup } from "./backup";
import { onBackupGround, type BackupGround } from "./backup/ground";
import { defaultSetName, type CompleteManifest } from "./backup/manifest";
import { requireComplete } from "./backup/sets";
import { Velero } from "./backup/velero";
import type { Context, StackOptions } from "./context";
import { nestedReporter, withNested, type NestedReporter } from "./drill/nested-reporter";
import { gatherMigrationFacts, migrationRefusals, type MigrationFacts } from "./migrate/checks";
import { MigrationRecords } from "./migrate/record";
import { moveSteps, type MoveFindings } from "./migrate/steps";
import { parseClassMap } from "./migrate/storage-classes";
import { writeReport } from "./report";
import { gatherFacts } from "./restore/facts";
import { requireRestorable } from "./restore/refusals";
import { describeCounts } from "./restore/restoration";
import { tryLock } from "./restore/stack-lock";
import { stackFlags } from "./stack-files";
import { planLines, runSteps, type Step, type StepRecord, type StepsResult } from "./steps";
import { requireConsent } from "./up";

export interface MigrateOptions extends StackOptions {
    /** Stack that the registry moves into; it is up, with Harbor and Velero of its own. */
    readonly to: string;
    /** Lab that the target is rehearsed in. @default its own cluster */
    readonly toLab?: string;
    /** A complete backup of the source. @default a new one */
    readonly from?: string;
    /** `old=new` of StorageClasses. @default the target's default one for those that it does not have */
    readonly storageClass?: readonly string[];
    /** The target has images that nobody needs. @default false */
    readonly overwrite?: boolean;
    /** Only say what would be done. @default false */
    readonly plan?: boolean;
    readonly yes: boolean;
    /** Images that are pulled by their digest on both sides. @default 20 */
    readonly samples?: number;
    /** Folder of the reports. @default reports in `.anchorage`, or of `ANCHORAGE_HOME` */
    readonly reports?: string;
}

/** Moves a registry into another cluster, by a backup in a bucket that both share. The source is left as it is. */
export async function migrate(options: MigrateOptions, context: Context): Promise<void> {
    const given = parseClassMap(options.storageClass ?? []);
    const { engine, to, toLab } = options;
    const at = { stack: to, engine, ...(toLab === undefined ? {} : { lab: toLab }) };
    await onBackupGround(options, context, (source) =>
        onBackupGround(at, context, async (target) => {
            const record = await new MigrationRecords(target.outputs, target.door).find();
            const facts = await gatherMigrationFacts(source, target, given, record);
            refuse(facts, options);
            const from = options.from ?? record?.set;
            if (options.plan === true) {
                await tellPlan({ source, target, facts, from }, options, context);
                return;
            }
            if (!options.yes) await requireAnswer(source, target, options, context);
            await move({ source, target, facts, from }, options, at, context);
        }),
    );
}

interface Ground {
    readonly source: BackupGround;
    readonly target: BackupGround;
    readonly facts: MigrationFacts;
    /** The backup that is there already. */
    readonly from: string | undefined;
}

async function move(ground: Ground, options: MigrateOptions, at: StackOptions, context: Context): Promise<void> {
    const { source, target, from } = ground;
    const { reporter, signal } = context;
    const { stack } = options;
    const beganAt = Date.now();
    const set = from ?? `move-${defaultSetName(new Date())}`;
    const nested: Record<string, NestedReporter> = {};
    const made = await runSteps([backupStep(set, from, options, nested, context)], { reporter, signal });
    let result = made;
    let findings: MoveFindings = {};
    let manifest: CompleteManifest | undefined;
    if (made.error === undefined) {
        const lost = new AbortController();
        const both = AbortSignal.any([signal, lost.signal]);
        const taken = await tryLock(target.outputs, target.door, `migration of stack ${stack}`, (reason) => {
            lost.abort(reason);
        });
        const lock = "lock" in taken ? taken.lock : undefined;
        try {
            manifest = await requireComplete(target.backups, set);
            const { outputs, door, backups } = target;
            const velero = new Velero(outputs, door);
            const locked = "refused" in taken ? { locked: taken.refused } : {};
            requireRestorable(await gatherFacts(manifest, { outputs, door, backups, velero, ...locked }));
            const steps = moveSteps({
                from: stack,
                to: options.to,
                source: { ...source, door: { ...source.door, signal: both } },
                target: { ...target, door: { ...door, signal: both } },
                manifest,
                classes: ground.facts.classes.mapping,
                samples: options.samples ?? 20,
                ...(lock === undefined ? {} : { lock }),
            });
            findings = steps.findings;
            result = await runSteps(steps.steps, { reporter, signal: both, undoTimeoutMs: 120_000 });
        } finally {
            await lock?.release();
        }
    }
    const records = [...withNested(made.records, nested), ...(result === made ? [] : result.records)];
    await tellEnd({ ...result, records }, { set, findings, manifest, beganAt, ground }, { ...options, at }, context);
}

function backupStep(
    set: string,
    from: string | undefined,
    { stack, engine, lab, reports }: MigrateOptions,
    nested: Record<string, NestedReporter>,
    context: Context,
): Step {
    return {
        id: "backup",
        title: "back the source up",
        plan: from === undefined ? `a backup of stack ${stack}` : `${from} is there`,
        skip: () => (from === undefined ? undefined : `backup ${from} is there`),
        run: async ({ update }) => {
            const inner = nestedReporter(context.reporter, "backup", update);
            nested["backup"] = inner;
            const at = { stack, engine, ...(lab === undefined ? {} : { lab }) };
            const folder = reports === undefined ? {} : { reports };
            await backup({ ...at, ...folder, name: set, kind: "regular" }, { ...context, reporter: inner.reporter });
            return set;
        },
    };
}

/** @throws UserError with all reasons at once, exit code 3 */
function refuse(facts: MigrationFacts, { stack, to, overwrite = false }: MigrateOptions): void {
    const reasons = migrationRefusals(overwrite ? { ...facts, artifacts: 0 } : facts, { from: stack, to });
    if (reasons.length === 0) return;
    throw new UserError(`stack ${stack} is not moved into stack ${to}: nothing was touched`, {
        details: reasons,
        exitCode: ExitCode.refused,
    });
}

async function requireAnswer(
    source: BackupGround,
    target: BackupGround,
    options: MigrateOptions,
    context: Context,
): Promise<void> {
    requireConsent("migrate", options.yes, context);
    const question =
        `move ${source.outputs.registryUrl} (stack ${options.stack}) into ${target.outputs.registryUrl} (stack ${options.to})? ` +
        "What the target's Harbor has is replaced.";
    if (await context.confirm(question)) return;
    throw new UserError("not confirmed: nothing was touched", { exitCode: ExitCode.refused });
}

async function tellPlan(
    { source, target, facts, from }: Ground,
    options: MigrateOptions,
    context: Context,
): Promise<void> {
    const { reporter } = context;
    const manifest =
        from === undefined ? futureManifest(source, options.stack) : await requireComplete(target.backups, from);
    const { steps } = moveSteps({
        ...{ from: options.stack, to: options.to, source, target, manifest },
        ...{ classes: facts.classes.mapping, samples: options.samples ?? 20 },
    });
    // What a backup that is not made yet will hold nobody knows.
    const vague: Readonly<Partial<Record<string, string>>> =
        from === undefined ? { counts: "as in the backup", blobs: "objects of the backup that are not there yet" } : {};
    const all = [
        backupStep(manifest.name, from, options, {}, context),
        ...steps.map((step) => ({ ...step, plan: vague[step.id] ?? step.plan })),
    ];
    for (const line of planLines(all)) reporter.line(line);
    const plan = all.map(({ id, title, plan: text }) => ({ id, title, plan: text }));
    reporter.event({ kind: "result", verb: "migrate", stack: options.stack, to: options.to, plan });
}

/** As far as it can be told before the backup is made. */
function futureManifest({ outputs }: BackupGround, stack: string): CompleteManifest {
    const { release, namespace, registryUrl, backup: output } = outputs;
    const now = new Date().toISOString();
    const none = { projects: 0, repositories: 0, artifacts: 0 };
    const name = "new";
    const inventory = { key: "", size: 0, sha256: "" };
    return {
        ...{ version: 1, name, stack, kind: "regular", state: "complete", beganAt: now, endedAt: now, anchorage: "" },
        ...{
            harbor: release.harborVersion,
            chart: release.chartVersion,
            release: release.name,
            namespace,
            registryUrl,
        },
        secretKeyFingerprint: "",
        velero: {
            ...{ backupName: "of the source", phase: "Completed", items: 0, warnings: 0 },
            volumes: output?.volumes ?? "none",
        },
        database: { kind: "internal", serverVersion: "0", bytes: 0, sha256: "", format: "custom" },
        blobs: outputs.storage?.kind === "s3" ? { kind: "objects", count: 0, bytes: 0, inventory } : { kind: "velero" },
        ...{ counts: none, quietWindow: { beganAt: now, endedAt: now, ms: 0 }, schedules: [], sample: [] },
    };
}

interface End {
    readonly set: string;
    readonly findings: MoveFindings;
    readonly manifest: CompleteManifest | undefined;
    readonly beganAt: number;
    readonly ground: Ground;
}

async function tellEnd(
    result: StepsResult & { readonly records: readonly StepRecord[] },
    { set, findings, manifest, beganAt, ground }: End,
    options: MigrateOptions & { readonly at: StackOptions },
    { reporter }: Context,
): Promise<void> {
    const { stack, to } = options;
    const { comparison } = findings;
    const facts = {
        "moved to": `stack ${to}, ${ground.target.outputs.registryUrl}`,
        backup: set,
        ...(manifest === undefined ? {} : { content: describeCounts(manifest.counts) }),
        ...(comparison === undefined
            ? {}
            : {
                  "in both": `${String(comparison.images - comparison.missing.length - comparison.later.length)} images`,
                  "pushed after the backup": String(comparison.later.length),
              }),
    };
    const subject = ground.source.outputs.registryUrl;
    const files = await writeReport(
        { verb: "migrate", stack, subject, beganAt, endedAt: Date.now(), facts, result },
        options.reports ?? path.join(anchorageHome(), "reports"),
    );
    reporter.line(`report ${files.html}`);
    const moved = result.error === undefined;
    const steps = result.records.map(({ id, title, kind, state, detail, elapsedMs }) => ({
        ...{ id, title, kind, state, detail, elapsedMs },
    }));
    const compared = comparison === undefined ? {} : { comparison };
    reporter.event({
        kind: "result",
        verb: "migrate",
        stack,
        to,
        backup: set,
        moved,
        ...compared,
        steps,
        report: files,
    });
    if (!moved) throw explained(result, set, options);
    for (const image of comparison?.later ?? []) reporter.warn(`pushed after the backup, not moved: ${image}`);
    reporter.line(reporter.style("green", `stack ${stack} is moved into stack ${to}; the source is as it was`));
}

function explained({ error, records }: StepsResult, set: string, options: MigrateOptions): unknown {
    if (!(error instanceof UserError)) return error;
    const began = records.some(({ id, kind, state }) => id === "record" && kind === "step" && state === "done");
    if (!began) return error;
    const { message, details, next, exitCode } = error;
    const toLab = options.toLab === undefined ? "" : ` --to-lab ${options.toLab}`;
    const again = `npx anchorage migrate --to ${options.to}${toLab}${stackFlags(options)} --from ${set}`;
    return new UserError(message, {
        details,
        next: [...next, `${again} once more goes on`],
        exitCode,
        cause: error,
    });
}
