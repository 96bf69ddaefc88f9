import { explained, outcomeOf, type UserError } from "../../lib/errors";
import type { Reporter } from "../reporter";
import { runSteps, type StepRecord, type StepsResult } from "../steps";
import { hopSteps } from "./hop-steps";
import {
    currentHop,
    describeHop,
    isOver,
    nameOf,
    verifiedMark,
    type HopRecord,
    type Side,
    type UpgradeRecord,
} from "./record";
import { rollbackSteps } from "./rollback-steps";
import { Upgrading, type UpgradeDoors } from "./upgrading";

/** Goes over the hops of a record, forward or back, from wherever it stands. */

export interface DriveOptions {
    readonly reporter: Reporter;
    readonly signal: AbortSignal;
    /** A hop that fails once its release was changed is rolled back at once. */
    readonly autoRollback: boolean;
    /** As it is typed behind a command: ` --stack public`. */
    readonly flags: string;
}

/** Milliseconds that what puts back may take. */
const undoTimeoutMs = 120_000;

/** Makes the hops that are left. Where a rollback was begun it comes to its end instead. */
export async function goForward(
    record: UpgradeRecord,
    doors: UpgradeDoors,
    options: DriveOptions,
): Promise<StepsResult> {
    const records: StepRecord[] = [];
    for (;;) {
        const hop = currentHop(record);
        if (hop === undefined || isOver(record)) return { records, interrupted: false };
        if (hop.state === "back") {
            const { records: more, ...end } = await goBack([hop], record, doors, options);
            return { ...end, records: [...records, ...more] };
        }
        options.reporter.line(titleOf(hop));
        const result = await runSteps(hopSteps(new Upgrading(doors, record, hop)), { ...options, undoTimeoutMs });
        records.push(...named(result, hop, "to"));
        if (result.error === undefined) continue;
        const { interrupted } = result;
        if (interrupted) return { records, interrupted, error: interruptedOn(hop, result.error, options) };
        // As it was: nothing but what was put back had been changed.
        if (hop.state === "waiting") return { records, interrupted, error: result.error };
        if (!options.autoRollback) return { records, interrupted, error: leftForALook(hop, result.error, options) };
        options.reporter.warn(`${titleOf(hop)} failed: it is rolled back`);
        const back = await goBack([hop], record, doors, options);
        records.push(...back.records);
        if (back.error !== undefined) return { ...back, records };
        return { records, interrupted, error: rolledBack(hop, result.error) };
    }
}

/** Undoes these hops, one after the other, as far as none fails. */
export async function goBack(
    hops: readonly HopRecord[],
    record: UpgradeRecord,
    doors: UpgradeDoors,
    options: Omit<DriveOptions, "autoRollback">,
): Promise<StepsResult> {
    const records: StepRecord[] = [];
    for (const hop of hops) {
        const result = await runSteps(rollbackSteps(new Upgrading(doors, record, hop)), { ...options, undoTimeoutMs });
        records.push(...named(result, hop, "from"));
        const { error, interrupted } = result;
        if (error === undefined) continue;
        const next = [`npx anchorage upgrade rollback${options.flags} goes on`];
        return { records, interrupted, error: explained(error, [], next) };
    }
    return { records, interrupted: false };
}

function named({ records }: StepsResult, hop: HopRecord, side: Side): readonly StepRecord[] {
    const version = hop.parts === undefined ? hop[side] : nameOf(hop, side);
    return records.map((one) => ({ ...one, id: `${version}-${one.id}`, title: `${version}: ${one.title}` }));
}

function titleOf(hop: HopRecord): string {
    return hop.parts === undefined ? `Harbor ${describeHop(hop)}` : describeHop(hop);
}

function interruptedOn(hop: HopRecord, error: unknown, { flags }: DriveOptions): unknown {
    if (hop.state === "waiting") return error;
    return explained(error, [stillQuiet(hop)], waysOn(flags));
}

function leftForALook(hop: HopRecord, error: unknown, { flags }: DriveOptions): unknown {
    return explained(error, [stillQuiet(hop)], waysOn(flags));
}

function stillQuiet(hop: HopRecord): string {
    if (hop.verified === verifiedMark(hop, "to")) return `${nameOf(hop, "to")} passed its checks, and takes writes`;
    return "Harbor stays read-only, so that a rollback loses nothing";
}

function waysOn(flags: string): string[] {
    return [
        `npx anchorage upgrade resume${flags} tries on`,
        `npx anchorage upgrade rollback${flags} puts the old one back`,
    ];
}

function rolledBack(hop: HopRecord, error: unknown): UserError {
    const from = hop.parts === undefined ? hop.from : nameOf(hop, "from");
    return outcomeOf(`${nameOf(hop, "to")} failed, and ${from} is back, with the database as it was`, error);
}
