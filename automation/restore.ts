import { randomBytes } from "node:crypto";
import path from "node:path";
import type { StackOutputs } from "../config/contract";
import { ExitCode, UserError } from "../lib/errors";
import { anchorageHome } from "../lib/home";
import { onBackupGround } from "./backup/ground";
import type { CompleteManifest } from "./backup/manifest";
import { describePending } from "./backup/pending";
import { requireComplete } from "./backup/sets";
import { openBackupStore } from "./backup/stores";
import { Velero } from "./backup/velero";
import type { Context, StackOptions } from "./context";
import { writeReport, type ReportFiles } from "./report";
import { gatherFacts } from "./restore/facts";
import { requireRestorable } from "./restore/refusals";
import { inPlace, type RestoreGround } from "./restore/open-restoration";
import { openCopy, type CopyMode } from "./restore/copy";
import { findCopies, removeCopy } from "./restore/remove-copy";
import { describeCounts, setOf, type Restoration, type SetToRestore } from "./restore/restoration";
import { restoreSteps } from "./restore/steps";
import { tryLock } from "./restore/stack-lock";
import { requireStack, stackFlags } from "./stack-files";
import { requireStackOutputs } from "./stack-outputs";
import { planLines, runSteps, type Step, type StepsResult } from "./steps";
import { requireConsent } from "./up";

export interface RestoreOptions extends StackOptions {
    /** Name of the backup. */
    readonly from: string;
    /** Namespace that gets a copy, beside the registry; a rehearsal has one by itself. @default in place */
    readonly into?: string;
    /** Restores a copy, checks it and removes it again. @default false */
    readonly rehearse?: boolean;
    /** Only say what would be done. @default false */
    readonly plan?: boolean;
    readonly yes: boolean;
    /** Images that are pulled by their digest at the end. @default 20 */
    readonly samples?: number;
    /** Folder of the reports. @default reports in `.anchorage`, or of `ANCHORAGE_HOME` */
    readonly reports?: string;
}

/** Puts a backup set back in place, or into a copy beside the registry; refuses what would do harm, before it touches anything. */
export async function restore(options: RestoreOptions, context: Context): Promise<void> {
    await requireStack(context.projectRoot, options.stack);
    const { engine } = await context.selectEngine(options);
    const outputs = await requireStackOutputs(engine);
    const door = { exec: context.exec, kubectl: await context.kubectl(outputs.cluster), signal: context.signal };
    const backups = await openBackupStore(outputs, door);
    try {
        const manifest = await requireComplete(backups, options.from);
        const mode = modeOf(options, outputs);
        if (options.plan === true) {
            const ground = { outputs, door, backups };
            await refuse(manifest, ground);
            tellPlan(restoreSteps(open(ground, setOf(manifest), mode, options)), options, context);
            return;
        }
        const lost = new AbortController();
        const signal = AbortSignal.any([context.signal, lost.signal]);
        const purpose = `${mode.kind === "in-place" ? "restore" : mode.kind} of stack ${options.stack}`;
        const taken = await tryLock(outputs, door, purpose, (reason) => {
            lost.abort(reason);
        });
        const lock = "lock" in taken ? taken.lock : undefined;
        try {
            const ground = { outputs, door: { ...door, signal }, backups, ...(lock === undefined ? {} : { lock }) };
            await refuse(manifest, ground, "refused" in taken ? taken.refused : undefined);
            const set = setOf(manifest);
            if (mode.kind === "in-place") {
                await requireAnswer(options, set, outputs, context);
                const left = lock?.left;
                if (left !== undefined) {
                    context.reporter.line(`goes on where a ${left.by} came to no end: ${describePending(left)}`);
                }
            }
            await run(open(ground, set, mode, options), mode, options, outputs, { ...context, signal });
        } finally {
            await lock?.release();
        }
    } finally {
        backups.close();
    }
}

/** Removes a copy that `--into` made, with its database and its blobs. */
export async function removeCopyOf(
    options: StackOptions & { readonly namespace: string },
    context: Context,
): Promise<void> {
    const { stack, namespace } = options;
    await onBackupGround(options, context, async (ground) => {
        const copies = await findCopies(ground);
        const copy = copies.find((one) => one.namespace === namespace);
        if (copy === undefined) {
            const names = copies.map((one) => one.namespace).join(", ");
            throw new UserError(`namespace ${namespace} is no copy of the registry of stack ${stack}`, {
                details: [names === "" ? "there is none" : `there is: ${names}`],
                exitCode: ExitCode.refused,
            });
        }
        await context.reporter.step(`remove ${namespace}`, () => removeCopy(ground, copy));
        context.reporter.event({ kind: "result", verb: "restore", stack, removed: namespace });
    });
}

/** Looks at everything that a restore could founder on. @throws UserError with all of it at once */
async function refuse(manifest: CompleteManifest, ground: RestoreGround, locked?: string): Promise<void> {
    const { outputs, door, backups } = ground;
    const velero = new Velero(outputs, door);
    const facts = { outputs, door, backups, velero, ...(locked === undefined ? {} : { locked }) };
    requireRestorable(await gatherFacts(manifest, facts));
}

function open(
    ground: RestoreGround,
    set: SetToRestore,
    mode: RestoreMode,
    { samples = 20 }: RestoreOptions,
): Restoration {
    return mode.kind === "in-place" ? inPlace(ground, set, samples) : openCopy(ground, set, mode, samples);
}

function tellPlan(steps: readonly Step[], { stack }: RestoreOptions, { reporter }: Context): void {
    for (const line of planLines(steps)) reporter.line(line);
    const plan = steps.map(({ id, title, plan: text }) => ({ id, title, plan: text }));
    reporter.event({ kind: "result", verb: "restore", stack, plan });
}

async function run(
    restoration: Restoration,
    mode: RestoreMode,
    options: RestoreOptions,
    { registryUrl }: StackOutputs,
    context: Context,
): Promise<void> {
    const { set, namespace } = restoration;
    const { reporter, signal } = context;
    const beganAt = Date.now();
    const result = await runSteps(restoreSteps(restoration), { reporter, signal, undoTimeoutMs: 600_000 });
    const report = {
        verb: mode.kind === "rehearsal" ? "rehearsal" : "restore",
        stack: options.stack,
        subject: registryUrl,
        beganAt,
        endedAt: Date.now(),
        facts: { backup: set.name, harbor: set.harborVersion, namespace, content: describeCounts(set.counts) },
        result,
    };
    const files = await writeReport(report, options.reports ?? path.join(anchorageHome(), "reports"));
    tellEnd(options, mode, result, files, context);
}

function tellEnd(
    options: RestoreOptions,
    mode: RestoreMode,
    result: StepsResult,
    files: ReportFiles,
    { reporter }: Context,
): void {
    reporter.line(`report ${files.html}`);
    const steps = result.records.map(({ id, title, kind, state, detail, elapsedMs }) => ({
        id,
        title,
        kind,
        state,
        detail,
        elapsedMs,
    }));
    const restored = result.error === undefined;
    reporter.event({ kind: "result", verb: "restore", stack: options.stack, restored, steps, report: files });
    if (result.error !== undefined) throw explained(result, options, mode);
    const done = { "in-place": "is restored", copy: "is restored beside the registry", rehearsal: "can be restored" };
    reporter.line(reporter.style("green", `backup ${options.from} ${done[mode.kind]}`));
    if (mode.kind === "copy") {
        reporter.line(`it is read-only and without jobs; npx anchorage restore --remove ${mode.namespace} removes it`);
    }
}

/** What is left after a failure, and how to go on. */
function explained({ error, records }: StepsResult, options: RestoreOptions, mode: RestoreMode): unknown {
    const changed = records.some(({ id, kind, state }) => id === "objects" && kind === "step" && state !== "skipped");
    if (mode.kind !== "in-place" || !changed || !(error instanceof UserError)) return error;
    const { message, details, next, exitCode } = error;
    const up = records.some(({ id, kind, state }) => id === "start" && kind === "step" && state === "done");
    return new UserError(message, {
        details: [
            ...details,
            ...(up ? [] : ["Harbor is held until the restore comes through: half of a backup is never served"]),
        ],
        next: [...next, `npx anchorage restore --from ${options.from}${stackFlags(options)} once more goes on`],
        exitCode,
        cause: error,
    });
}

type RestoreMode = { readonly kind: "in-place" } | CopyMode;

/** @throws UserError (exit code 2) for a combination that makes no sense */
function modeOf({ into, rehearse }: RestoreOptions, { namespace }: StackOutputs): RestoreMode {
    const suffix = randomBytes(3).toString("hex");
    if (into === namespace) {
        throw new UserError(`--into ${into} is the registry's own namespace`, {
            next: ["leave --into out to restore in place, or name a namespace that is not there"],
            exitCode: ExitCode.usage,
        });
    }
    if (rehearse === true)
        return { kind: "rehearsal", namespace: into ?? `${namespace}-rehearsal-${suffix}`, id: suffix };
    return into === undefined ? { kind: "in-place" } : { kind: "copy", namespace: into, id: suffix };
}

async function requireAnswer(
    options: RestoreOptions,
    set: SetToRestore,
    { namespace, registryUrl }: StackOutputs,
    context: Context,
): Promise<void> {
    requireConsent("restore", options.yes, context);
    if (options.yes) return;
    const question = `put ${registryUrl} (namespace ${namespace}) back to backup ${set.name}? What came after it is lost.`;
    if (await context.confirm(question)) return;
    throw new UserError("not confirmed: nothing was touched", { exitCode: ExitCode.refused });
}
