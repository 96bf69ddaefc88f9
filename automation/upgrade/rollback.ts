import { ExitCode, UserError } from "../../lib/errors";
import { unlockBackups } from "../backup/manage";
import type { Context } from "../context";
import { stackFlags } from "../stack-files";
import { goBack } from "./drive";
import { currentHop, describeHop, hopsToUndo, isOver, nameOf, type HopRecord, type UpgradeRecord } from "./record";
import { consent, doorsOf, hasLeft, onGround, tell, type UpgradeOptions } from "./run";

export interface UpgradeRollbackOptions extends UpgradeOptions {
    /** The Harbor to go back to, over every hop since. @default the one before the hop under way, or before the last one */
    readonly to?: string | undefined;
}

/** `anchorage upgrade rollback`: the hop under way, or the last one, with its database; or every hop as far as `to`. */
export async function upgradeRollback(options: UpgradeRollbackOptions, context: Context): Promise<void> {
    await onGround(options, context, async (ground) => {
        const { record } = ground;
        if (record === undefined) {
            throw new UserError(`no upgrade of stack ${options.stack} is on record: there is nothing to roll back`, {
                next: [`npx anchorage restore --from NAME${stackFlags(options)} brings a backup back`],
                exitCode: ExitCode.refused,
            });
        }
        const doors = doorsOf(ground, options, context);
        const untouched = isOver(record) ? undefined : currentHop(record);
        // Of a hop that was killed before it changed the release, only what it switched is to be put back.
        if (untouched?.state === "waiting" && (await hasLeft(doors))) {
            await unlockBackups(options, context);
            context.reporter.line(`${nameOf(untouched, "from")} is still there: nothing had been changed`);
            return;
        }
        const hops = hopsToUndo(record, options.to);
        const last = hops?.at(-1);
        if (hops === undefined || last === undefined) {
            tellNothingToUndo(record, options, context);
            return;
        }
        const lost = hops.some(({ state }) => state === "upgraded") ? " What was pushed since then is lost." : "";
        await consent(`put ${nameOf(last, "from")} back?${lost}`, "upgrade rollback", options, context);
        const beganAt = Date.now();
        const result = await goBack(hops, record, doors, {
            reporter: context.reporter,
            signal: ground.signal,
            flags: stackFlags(options),
        });
        await tell("upgrade rollback", { record, result, beganAt }, ground, options, context);
    });
}

/** @throws UserError (exit code 2) where no hop leads back to what was asked for */
function tellNothingToUndo(record: UpgradeRecord, options: UpgradeRollbackOptions, { reporter }: Context): void {
    const { hops } = record;
    const back = hops.find(({ state }) => state === "rolled-back");
    const further = hops.findLast(({ state }) => state === "upgraded");
    const goOn = (hop: HopRecord): string => `npx anchorage upgrade rollback${stackFlags(options)} --to ${hop.from}`;
    if (options.to !== undefined && options.to !== back?.from) {
        throw new UserError(`no hop from Harbor ${options.to} is on record that could be undone`, {
            details: hops.map((hop) => `${describeHop(hop)}: ${hop.state}`),
            next: further === undefined ? [] : [goOn(further)],
            exitCode: ExitCode.usage,
        });
    }
    reporter.event({ kind: "result", verb: "upgrade rollback", stack: options.stack, hops: [] });
    if (back === undefined) {
        reporter.line("no hop had changed anything: nothing is to be rolled back");
        return;
    }
    reporter.line(`${nameOf(back, "from")} is back already: nothing is to be done`);
    if (further === undefined || further.parts !== undefined) return;
    reporter.line(`next: ${goOn(further)} undoes the hop before it too; what was pushed since that is lost`);
}
