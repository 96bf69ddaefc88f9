import { describeParts, planParts, type PartsPlan } from "../../config/upgrade-parts";
import { ExitCode, UserError } from "../../lib/errors";
import type { Context } from "../context";
import { readableSettings } from "../readable-settings";
import { isChange } from "../render/changes";
import { engineOf } from "./engine-for";
import { readLiveParts } from "./live-parts";
import { findHelm, missingHelm } from "./part-doors";
import { refuseProblems, requireVelero } from "./preflight";
import { newPartsHop, type HopRecord } from "./record";
import {
    consent,
    forward,
    newRecord,
    onGround,
    refuseUnfinished,
    type Ground,
    type UpgradeForwardOptions,
} from "./run";

export interface UpgradePartsOptions extends UpgradeForwardOptions {
    /** Only say what would be done. @default false */
    readonly plan?: boolean | undefined;
    /** A database's operator may rewrite it with another major version of PostgreSQL. @default false */
    readonly acceptEngineChange?: boolean | undefined;
}

/**
 * `anchorage upgrade parts`: operators and the PostgreSQL of an operator, from what is there to what the settings and the
 * catalogue say; as a hop of Harbor, with a backup, checks, and a way back.
 */
export async function upgradeParts(options: UpgradePartsOptions, context: Context): Promise<void> {
    const { reporter } = context;
    await onGround(options, context, async (ground) => {
        refuseUnfinished(ground.record, options);
        const settings = await readableSettings(context.projectRoot, options.stack);
        const live = await readLiveParts(settings, ground.outputs, ground.door);
        const plan = planParts(live, settings, { engineChange: options.acceptEngineChange ?? false });
        tellPlan(plan, options, context);
        refuse(plan, options);
        if (options.plan === true) return;
        if (isNothing(plan)) {
            reporter.event({ kind: "result", verb: "upgrade parts", stack: options.stack, hops: [] });
            return;
        }
        const { harborVersion, chartVersion } = ground.outputs.release;
        const hop = newPartsHop(harborVersion, chartVersion, plan);
        await preflight(hop, ground, options, context);
        await consent(`bring ${describeParts(plan)}?`, "upgrade parts", options, context);
        await forward("upgrade parts", newRecord(options.stack, [hop]), ground, options, context);
    });
}

function isNothing({ operators, database }: PartsPlan): boolean {
    return operators.length === 0 && database === undefined;
}

function tellPlan(plan: PartsPlan, { stack }: UpgradePartsOptions, { reporter }: Context): void {
    reporter.event({ kind: "result", verb: "upgrade parts --plan", stack, ...plan });
    if (isNothing(plan)) reporter.line(`${stack}: the parts beside Harbor are what they are to be`);
    if (plan.database !== undefined) {
        const { kind, from, to } = plan.database;
        reporter.line(`PostgreSQL ${from} → ${to}: rewritten by ${kind}; Harbor has no database meanwhile`);
    }
    for (const { id, from, to } of plan.operators)
        reporter.line(`${id} ${from} → ${to}: its kinds first; what it looks after goes on running`);
    for (const warning of plan.warnings) reporter.warn(warning);
}

/** @throws UserError (exit code 3) with every reason */
function refuse({ refusals }: PartsPlan, { stack }: UpgradePartsOptions): void {
    if (refusals.length === 0) return;
    throw new UserError(`the parts of stack ${stack} must not be changed`, {
        details: refusals,
        next: ["do what the sentences say; nothing was touched"],
        exitCode: ExitCode.refused,
    });
}

/** @throws UserError (exit code 3) with every reason why it must not be begun */
async function preflight(
    hop: HopRecord,
    ground: Ground,
    options: UpgradePartsOptions,
    context: Context,
): Promise<void> {
    await refuseProblems(options, context, [
        [
            "the settings change these parts alone, and the old ones can be had",
            () => requireOnlyParts(hop, options, context),
        ],
        ["the new ones can be had", () => requireNew(hop, options, context)],
        ["helm reads the operators' kinds", () => requireHelm(hop, ground, context)],
        ["Velero can write backups", () => requireVelero(ground)],
    ]);
}

/** A rollback brings the stack up with the settings as they are: all but these parts have to be what is there. */
async function requireOnlyParts(hop: HopRecord, options: UpgradePartsOptions, context: Context): Promise<void> {
    const { engine } = await engineOf(hop, "from", options, context);
    const { changes } = await engine.preview({ signal: context.signal });
    // Another catalogue may give an operator's old chart other values; the release itself is a part.
    const own = new Set((hop.parts?.operators ?? []).map(({ id }) => `operators-${id}`));
    const open = changes.filter((change) => isChange(change) && ![...own].some((name) => change.name.endsWith(name)));
    if (open.length === 0) return;
    throw new UserError("the settings say more than is installed, beside these parts", {
        details: open.slice(0, 5).map(({ name, op }) => `${name} would be changed (${op})`),
        next: ["put these settings back, upgrade the parts, then: npx anchorage up"],
    });
}

async function requireNew(hop: HopRecord, options: UpgradePartsOptions, context: Context): Promise<void> {
    const { engine } = await engineOf(hop, "to", options, context);
    await engine.preview({ signal: context.signal });
}

async function requireHelm(hop: HopRecord, { outputs }: Ground, { exec }: Context): Promise<void> {
    const [first] = hop.parts?.operators ?? [];
    if (first !== undefined && (await findHelm(outputs, exec)) === undefined) throw missingHelm(first);
}
