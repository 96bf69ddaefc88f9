import { explained, messageOf, UserError } from "../../lib/errors";
import type { Reporter } from "../reporter";
import { runSteps, type StepsResult } from "../steps";
import { backSteps, changeSteps, firstSteps, putBackError, type Findings, type ReleaseDoors } from "./steps";

export interface ReleaseDriveOptions {
    readonly reporter: Reporter;
    readonly signal: AbortSignal;
    /** What fails is put back at once. */
    readonly autoRollback: boolean;
    /** As typed behind a command: ` --stack public`. */
    readonly flags: string;
}

/** Steps whose failure leaves something that is to be put back; an upgrade that fails does that by itself. */
const reversible: readonly string[] = ["up", "verify", "verify-upgrade"];

/** Forward; and back, where something that was changed does not pass its checks. Never throws. */
export async function driveRelease(
    doors: ReleaseDoors,
    findings: Findings,
    options: ReleaseDriveOptions,
): Promise<StepsResult> {
    const forward = await goForward(doors, findings, options);
    const { error, records, interrupted } = forward;
    const failed = records.findLast(({ state }) => state === "failed");
    if (error === undefined || interrupted || failed === undefined || !reversible.includes(failed.id)) return forward;
    const way = await doors.wayBack(failed.id).catch((cause: unknown) => messageOf(cause));
    if (typeof way === "string") return { ...forward, error: explained(error, [`nothing is put back: ${way}`]) };
    const { reporter, signal, autoRollback, flags } = options;
    const command = `npx anchorage release${flags}`;
    if (!autoRollback) return { ...forward, error: explained(error, ["it was left as it is"], [`${command} goes on`]) };
    reporter.warn(`the release failed: what was there before is put back (${messageOf(error)})`);
    const back = await runSteps(backSteps(doors, way, messageOf(error)), { reporter, signal });
    const all = [...records, ...back.records];
    if (back.error === undefined) return { interrupted: false, records: all, error: putBackError(way, error) };
    const why = back.error instanceof UserError ? [back.error.message, ...back.error.details] : [messageOf(back.error)];
    // A defect keeps its stack; what came of the way back is said beside it.
    if (!(error instanceof UserError)) reporter.warn(`the way back failed: ${why.join("; ")}`);
    const details = why.map((text, index) => (index === 0 ? `the way back failed: ${text}` : text));
    return {
        interrupted: back.interrupted,
        records: all,
        error: explained(error, details, [`${command} goes on`]),
    };
}

/** What is ahead is asked about between two steps: a question in the midst of one would not be seen. */
async function goForward(
    doors: ReleaseDoors,
    findings: Findings,
    { reporter, signal }: ReleaseDriveOptions,
): Promise<StepsResult> {
    const first = await runSteps(firstSteps(doors, findings), { reporter, signal });
    const { ahead } = findings;
    if (first.error !== undefined || ahead === undefined) return first;
    try {
        await doors.consent(ahead);
    } catch (error) {
        return { ...first, interrupted: signal.aborted, error: signal.aborted ? signal.reason : error };
    }
    const changes = await runSteps(changeSteps(doors, findings, ahead), { reporter, signal });
    return { ...changes, records: [...first.records, ...changes.records] };
}
