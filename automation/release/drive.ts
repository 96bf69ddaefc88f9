import { explained, messageOf } from "../../lib/errors";
import type { Reporter } from "../reporter";
import { runSteps, type StepsResult } from "../steps";
import { backSteps, forwardSteps, putBackError, type Findings, type ReleaseDoors } from "./steps";

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
    const { reporter, signal, autoRollback, flags } = options;
    const forward = await runSteps(forwardSteps(doors, findings), { reporter, signal });
    const { error, records, interrupted } = forward;
    const failed = records.findLast(({ state }) => state === "failed");
    if (error === undefined || interrupted || failed === undefined || !reversible.includes(failed.id)) return forward;
    const way = await doors.wayBack(failed.id).catch((cause: unknown) => messageOf(cause));
    if (typeof way === "string") return { ...forward, error: explained(error, [`nothing is put back: ${way}`]) };
    const command = `npx anchorage release${flags}`;
    if (!autoRollback) return { ...forward, error: explained(error, ["it was left as it is"], [`${command} goes on`]) };
    reporter.warn(`the release failed: what was there before is put back (${messageOf(error)})`);
    const back = await runSteps(backSteps(doors, way, messageOf(error)), { reporter, signal });
    const all = [...records, ...back.records];
    if (back.error !== undefined) {
        const details = [`the way back failed: ${messageOf(back.error)}`];
        return {
            interrupted: back.interrupted,
            records: all,
            error: explained(error, details, [`${command} goes on with it`]),
        };
    }
    return { interrupted: false, records: all, error: putBackError(way, error) };
}
