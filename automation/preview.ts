import path from "node:path";
import type { Context, SelectedEngine, StackOptions } from "./context";
import type { EngineOptions, EngineResult } from "./engine";
import { isUnchanged, renderChanges, renderSummary } from "./render/changes";
import { eventDetail, type Reporter } from "./reporter";
import { preflight, type PreflightOptions } from "./preflight";
import { startRehearsalLab } from "./rehearsal-lab";
import { requireStack } from "./stack-files";

/** Shows what `up` would change. Touches nothing. */
export async function preview(options: PreflightOptions, context: Context): Promise<EngineResult> {
    return (await preparedPreview(options, context)).result;
}

/** The same, with the engine that has made it. @param orRecord as in EngineOptions */
export async function preparedPreview(
    options: PreflightOptions,
    context: Context,
    orRecord = false,
): Promise<{ readonly selected: SelectedEngine; readonly result: EngineResult }> {
    await requireStack(context.projectRoot, options.stack);
    await startRehearsalLab(options, context);
    const selected = await context.selectEngine(options);
    announceEngine(selected, context.reporter);
    await preflight(selected, options, context);
    const result = await runPreview(selected, context, options, { orRecord });
    context.reporter.event({ kind: "result", verb: "preview", ...machineResult(selected, result) });
    return { selected, result };
}

export function announceEngine({ engine, why }: SelectedEngine, reporter: Reporter): void {
    const { style } = reporter;
    reporter.line(`${style("bold", `stack ${engine.stack}`)}  ${style("dim", `engine ${engine.name}: ${why}`)}`);
}

/** Runs the preview as a step and prints what would change. */
export async function runPreview(
    { engine }: SelectedEngine,
    context: Context,
    { policyPack = [] }: Pick<StackOptions, "policyPack"> = {},
    how: Pick<EngineOptions, "orRecord" | "beforeUp"> = {},
): Promise<EngineResult> {
    const { reporter, signal } = context;
    const result = await reporter.step(`preview ${engine.stack}`, (update) =>
        engine.preview({
            ...how,
            signal,
            policyPacks: policyPack.map((folder) => path.resolve(folder)),
            onEvent: (event) => forwardEvent(event, reporter, update),
        }),
    );
    for (const line of renderChanges(result.changes, "planned", reporter.style)) reporter.line(line);
    reporter.line(
        isUnchanged(result) ? `no changes: ${renderSummary(result, "planned")}` : renderSummary(result, "planned"),
    );
    return result;
}

/** An engine's event to whoever reads: a detail beside the step, a warning, or an object for a machine. */
export function forwardEvent(
    event: Parameters<typeof eventDetail>[0],
    reporter: Reporter,
    update: (detail: string) => void,
): void {
    reporter.event(event);
    if (event.kind === "diagnostic" && event.severity === "warning") reporter.warn(event.message);
    const detail = eventDetail(event, reporter.style);
    if (detail !== undefined) update(detail);
}

/** A result without the values of secrets. */
export function machineResult({ engine, why }: SelectedEngine, result: EngineResult): object {
    return {
        stack: engine.stack,
        engine: { name: engine.name, version: engine.version, why },
        summary: result.summary,
        changes: result.changes,
        outputs: Object.fromEntries(
            Object.entries(result.outputs).map(([name, { value, secret }]) => [name, secret ? "[secret]" : value]),
        ),
        durationMs: result.durationMs,
    };
}
