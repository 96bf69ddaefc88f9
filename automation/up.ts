import path from "node:path";
import { ExitCode, UserError } from "../lib/errors";
import { waitWhileUnderWay } from "./backup/under-way";
import type { Context, SelectedEngine, StackOptions } from "./context";
import type { EngineResult } from "./engine";
import { announceEngine, forwardEvent, machineResult, runPreview } from "./preview";
import { settleHelm } from "./recover/settle-helm";
import { allowedDangers, refuseDangers } from "./preview-report/gate";
import { isUnchanged, renderChanges, renderSummary } from "./render/changes";
import { preflight, type PreflightOptions } from "./preflight";
import { printStack } from "./stack-summary";
import { startRehearsalLab } from "./rehearsal-lab";
import { requireStack } from "./stack-files";

export interface UpOptions extends PreflightOptions {
    /** Go on without asking. */
    readonly yes: boolean;
    /** Dangers that are wanted, by their ids in the report of a preview. @default none */
    readonly allow?: readonly string[];
}

/**
 * Makes the stack's resources as its settings say. A person is shown the preview and asked; with `yes` it
 * goes straight on. An unchanged stack is not asked about.
 */
export async function up(options: UpOptions, context: Context): Promise<void> {
    await requireStack(context.projectRoot, options.stack);
    requireConsent("up", options.yes, context);
    await startRehearsalLab(options, context);
    const selected = await context.selectEngine(options);
    announceEngine(selected, context.reporter);
    await waitWhileUnderWay(selected.engine, options, context);
    const before = await preflight(selected, options, context);
    // A policy is kept before anything is made, not found broken half-way; and what is there may be lost.
    const hasPolicies = (options.policyPack ?? []).length > 0;
    const isThere = Object.keys(before).length > 0;
    let mayHaveFailed = isThere;
    if (!options.yes || hasPolicies || isThere) {
        const planned = await runPreview(selected, context, options, { beforeUp: true });
        refuseDangers(planned, allowedDangers(options), options);
        mayHaveFailed &&= !isUnchanged(planned);
        if (!options.yes && !isUnchanged(planned) && !(await context.confirm(`bring stack ${options.stack} up?`))) {
            throw new UserError("not confirmed: nothing was changed", { exitCode: ExitCode.refused });
        }
    }
    if (mayHaveFailed) await settleHelm(before, context);
    const result = await runUp(selected, context, options);
    await printStack(selected, result, options, context);
    context.reporter.event({ kind: "result", verb: "up", ...machineResult(selected, result) });
}

/** Runs `up` as a step and prints what was changed. */
export async function runUp(
    { engine }: SelectedEngine,
    context: Context,
    { policyPack = [] }: Pick<StackOptions, "policyPack"> = {},
): Promise<EngineResult> {
    const { reporter, signal } = context;
    const result = await reporter.step(`up ${engine.stack}`, (update) =>
        engine.up({
            signal,
            policyPacks: policyPack.map((folder) => path.resolve(folder)),
            onEvent: (event) => forwardEvent(event, reporter, update),
        }),
    );
    if (!isUnchanged(result) && (result.summary.same ?? 0) > 0) {
        for (const line of renderChanges(result.changes, "done", reporter.style)) reporter.line(line);
    }
    reporter.line(`${isUnchanged(result) ? "nothing changed: " : ""}${renderSummary(result, "done")}`);
    return result;
}

/** @throws UserError (exit code 2) where nobody can be asked and `--yes` was not given */
export function requireConsent(verb: string, yes: boolean, context: Pick<Context, "interactive">): void {
    if (yes || context.interactive) return;
    throw new UserError(`${verb} asks before it changes anything, and there is no terminal to ask on`, {
        next: [`add --yes`, `look first with: npx anchorage preview`],
        exitCode: ExitCode.usage,
    });
}
