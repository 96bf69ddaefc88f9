import type { StackOutputs } from "../../config/contract";
import { HeldError, UserError } from "../../lib/errors";
import type { ClusterDoor } from "../cluster-access";
import type { Context, StackOptions } from "../context";
import type { Engine } from "../engine";
import { withPatience } from "../patience";
import { completeStackOutputs } from "../stack-outputs";
import { isThisProcess, maintenanceLease, read, releaseLease, type LeaseName } from "./lease";
import { refuseWhileHeld } from "./lock";
import { VeleroObjects } from "./velero-access";

/**
 * Waits for a backup, a restore, an upgrade or a release of the stack, before all of it is changed. A cluster that does
 * not answer is a warning: what is to be done will say more of it.
 * @throws HeldError (exit code 3) that names who works there, after `lockTimeout` seconds
 */
export async function waitWhileUnderWay(
    engine: Pick<Engine, "outputs">,
    { lockTimeout = 0 }: Pick<StackOptions, "lockTimeout">,
    context: Pick<Context, "exec" | "kubectl" | "reporter" | "signal">,
): Promise<void> {
    const { exec, reporter, signal } = context;
    const outputs = completeStackOutputs(await engine.outputs());
    if (outputs === undefined) return;
    try {
        const door = { exec, kubectl: await context.kubectl(outputs.cluster), signal };
        await withPatience(() => refuseWhileUnderWay(outputs, door), { lockTimeout, reporter, signal });
    } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof UserError) || error instanceof HeldError) throw error;
        reporter.warn(`whether another command works on the stack is not checked: ${error.message}`);
    }
}

async function refuseWhileUnderWay(outputs: StackOutputs, door: ClusterDoor): Promise<void> {
    const { backup } = outputs;
    await Promise.all([
        refuseDuringRelease(outputs, door),
        // Backups, restores and upgrades hold the one in Velero's namespace, whatever else they hold.
        ...(backup === undefined
            ? []
            : [refuseOther(new VeleroObjects(outputs, backup.namespace, door), maintenanceLease)]),
    ]);
}

/** Of a release alone: for those that take the Lease of maintenance themselves. @throws as {@link waitWhileUnderWay}, at once */
export async function refuseDuringRelease(outputs: StackOutputs, door: ClusterDoor): Promise<void> {
    await refuseOther(new VeleroObjects(outputs, outputs.namespace, door), releaseLease);
}

/** What this very process holds, as a release of which this is a step, keeps nobody away from it. */
async function refuseOther(objects: VeleroObjects, name: LeaseName): Promise<void> {
    const lease = await read(objects, name);
    if (lease !== undefined && !isThisProcess(lease)) refuseWhileHeld(lease);
}
