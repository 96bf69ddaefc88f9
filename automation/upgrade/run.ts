import { randomBytes } from "node:crypto";
import { hostname, userInfo } from "node:os";
import path from "node:path";
import type { StackOutputs } from "../../config/contract";
import { ExitCode, UserError } from "../../lib/errors";
import { anchorageHome } from "../../lib/home";
import { openBackupStore } from "../backup/stores";
import { refuseDuringRelease } from "../backup/under-way";
import { VeleroObjects } from "../backup/velero-access";
import type { ClusterDoor } from "../cluster-access";
import type { Context, StackOptions } from "../context";
import { repair as repairStack } from "../recover";
import { requireStack, stackFlags } from "../stack-files";
import { requireStackOutputs } from "../stack-outputs";
import type { StepsResult } from "../steps";
import { requireConsent } from "../up";
import { upgradeDoors } from "./doors";
import { goForward } from "./drive";
import { planStackUpgrade, refuseUpgrade, type StackUpgradePlan } from "./plan";
import { preflight } from "./preflight";
import {
    currentHop,
    describeHop,
    isOver,
    nameOf,
    newHop,
    readRecord,
    type HopRecord,
    type UpgradeRecord,
} from "./record";
import { tellUpgrade } from "./tell";
import type { UpgradeDoors } from "./upgrading";

/** What `run`, `resume` and `rollback` have in common. */
export interface UpgradeOptions extends StackOptions {
    readonly yes: boolean;
    /** Seconds that a release has to get ready. @default 900 */
    readonly wait?: number | undefined;
    /** Folder of the reports. @default reports in `.anchorage`, or of `ANCHORAGE_HOME` */
    readonly report?: string | undefined;
}

export interface UpgradeForwardOptions extends UpgradeOptions {
    /** Minutes; an older backup set is not good enough. @default 60 */
    readonly maxBackupAge?: number | undefined;
    /** Whether a hop that fails is rolled back at once. @default true */
    readonly autoRollback?: boolean | undefined;
}

export interface UpgradeRunOptions extends UpgradeForwardOptions {
    readonly to?: string | undefined;
    readonly acceptEngineChange?: boolean | undefined;
}

/** `anchorage upgrade run`: every hop to a newer Harbor, each of which can be undone. */
export async function upgradeRun(options: UpgradeRunOptions, context: Context): Promise<void> {
    await onGround(options, context, async (ground) => {
        refuseUnfinished(ground.record, options);
        const plan = await planStackUpgrade(options, context);
        refuseUpgrade(plan);
        for (const warning of plan.warnings) context.reporter.warn(warning);
        if (plan.hops.length === 0) {
            context.reporter.line(`Harbor ${plan.to} is installed: nothing is to be done`);
            context.reporter.event({ kind: "result", verb: "upgrade run", stack: options.stack, hops: [] });
            return;
        }
        await preflight(plan, ground, options, context);
        await consent(`upgrade Harbor from ${plan.from} over ${steps(plan)}?`, "upgrade run", options, context);
        await forward("upgrade run", newRecord(options.stack, plan.hops.map(newHop)), ground, options, context);
    });
}

/** `anchorage upgrade resume`: goes on with what was killed or left, forward or back. */
export async function upgradeResume(options: UpgradeForwardOptions, context: Context): Promise<void> {
    await onGround(options, context, async (ground) => {
        const { record } = ground;
        if (record === undefined || isOver(record)) {
            context.reporter.line(`no upgrade of stack ${options.stack} is under way: nothing is to be done`);
            context.reporter.event({ kind: "result", verb: "upgrade resume", stack: options.stack, hops: [] });
            return;
        }
        const hop = currentHop(record);
        const what = hop === undefined ? "" : ` (${describeHop(hop)}, ${hop.state})`;
        await consent(`go on with the upgrade of ${record.beganAt}${what}?`, "upgrade resume", options, context);
        await forward("upgrade resume", record, ground, options, context);
    });
}

export interface Ground {
    readonly outputs: StackOutputs;
    readonly door: ClusterDoor;
    readonly store: Awaited<ReturnType<typeof openBackupStore>>;
    readonly record: UpgradeRecord | undefined;
    /** Aborted by Ctrl-C, and where the lock is lost. */
    readonly signal: AbortSignal;
    readonly onLost: (reason: unknown) => void;
}

export async function onGround(
    options: UpgradeOptions,
    context: Context,
    work: (ground: Ground) => Promise<void>,
): Promise<void> {
    await requireStack(context.projectRoot, options.stack);
    const { engine } = await context.selectEngine(options);
    const outputs = await requireStackOutputs(engine);
    requireWayBack(outputs);
    const lost = new AbortController();
    const signal = AbortSignal.any([context.signal, lost.signal]);
    const door = { exec: context.exec, kubectl: await context.kubectl(outputs.cluster), signal };
    await refuseDuringRelease(outputs, door);
    const store = await openBackupStore(outputs, door);
    try {
        const record = await readRecord(new VeleroObjects(outputs, outputs.namespace, door));
        const onLost = (reason: unknown): void => {
            lost.abort(reason);
        };
        await work({ outputs, door, store, record, signal, onLost });
    } finally {
        store.close();
    }
}

/** @throws UserError (exit code 3) where no hop could be undone */
function requireWayBack({ backup }: StackOutputs): void {
    if (backup !== undefined) return;
    throw new UserError("the stack has no backup: an upgrade of it could not be undone", {
        next: ["set backup.kind to velero, then: npx anchorage up (docs/backup-velero.md)"],
        exitCode: ExitCode.refused,
    });
}

export function doorsOf(ground: Ground, options: UpgradeForwardOptions, context: Context): UpgradeDoors {
    const { wait = 900, maxBackupAge = 60 } = options;
    const repair = async (): Promise<readonly string[]> => {
        const { engine } = await context.selectEngine(options);
        return repairStack(engine, ground.outputs, ground.door);
    };
    const given = { options, maxBackupAgeMs: maxBackupAge * 60_000, waitMs: wait * 1000, repair };
    return upgradeDoors({ ...ground, ...given }, { ...context, signal: ground.signal });
}

export async function forward(
    verb: string,
    record: UpgradeRecord,
    ground: Ground,
    options: UpgradeForwardOptions,
    context: Context,
): Promise<void> {
    const doors = doorsOf(ground, options, context);
    const beganAt = Date.now();
    await doors.save(record);
    const result = await goForward(record, doors, {
        reporter: context.reporter,
        signal: ground.signal,
        autoRollback: options.autoRollback ?? true,
        flags: stackFlags(options),
    });
    await tell(verb, { record, result, beganAt }, ground, options, context);
}

export async function tell(
    verb: string,
    done: { readonly record: UpgradeRecord; readonly result: StepsResult; readonly beganAt: number },
    { outputs }: Ground,
    options: UpgradeOptions,
    { reporter }: Context,
): Promise<void> {
    await tellUpgrade({
        ...{ ...done, verb, reporter, outputs },
        flags: stackFlags(options),
        folder: options.report ?? path.join(anchorageHome(), "reports"),
    });
}

export function newRecord(stack: string, hops: HopRecord[]): UpgradeRecord {
    return {
        version: 1,
        id: `${Date.now().toString(36)}${randomBytes(2).toString("hex")}`,
        stack,
        beganAt: new Date().toISOString(),
        by: `${userInfo().username}@${hostname()}`,
        hops,
    };
}

/** @throws UserError (exit code 3) */
export function refuseUnfinished(record: UpgradeRecord | undefined, options: StackOptions): void {
    if (record === undefined || isOver(record)) return;
    const hop = currentHop(record);
    // All hops before it came to their end, and nothing was begun of this one: a new plan may be another one.
    if (hop === undefined || hop.state === "waiting") return;
    const flags = stackFlags(options);
    throw new UserError(`an upgrade of stack ${options.stack} is under way: ${describeHop(hop)}`, {
        details: [`begun at ${record.beganAt} by ${record.by}`],
        next: [
            `npx anchorage upgrade resume${flags} goes on with it`,
            `npx anchorage upgrade rollback${flags} puts ${nameOf(hop, "from")} back`,
        ],
        exitCode: ExitCode.refused,
    });
}

export async function hasLeft(doors: UpgradeDoors): Promise<boolean> {
    const held = await doors.lock();
    const { left } = held;
    await held.release();
    return left !== undefined;
}

function steps({ hops }: StackUpgradePlan): string {
    return hops.map(({ to }) => to).join(", then ");
}

export async function consent(
    question: string,
    verb: string,
    { yes }: UpgradeOptions,
    context: Context,
): Promise<void> {
    requireConsent(verb, yes, context);
    if (yes || (await context.confirm(question))) return;
    throw new UserError("not confirmed: nothing was changed", { exitCode: ExitCode.refused });
}
