import type { StackOutputs } from "../../config/contract";
import { UserError } from "../../lib/errors";
import { VeleroObjects } from "../backup/velero-access";
import type { ClusterDoor } from "../cluster-access";
import type { Engine } from "../engine";
import { forwardEvent } from "../preview";
import { takeFailedForDeployed } from "../recover/helm-release";
import { renderSummary } from "../render/changes";
import type { Reporter } from "../reporter";
import type { ReleaseOptions } from "./upgrading";
import { HarborWorkloads } from "./workloads";

export interface BringUpGround {
    readonly engine: Engine;
    /** What gets ready: `Harbor 2.15.2`. */
    readonly what: string;
    /** Of the last update. */
    readonly outputs: StackOutputs;
    readonly door: ClusterDoor;
    /** Milliseconds that it has to get ready. */
    readonly waitMs: number;
    /** Absolute folders of policy packs. @default none */
    readonly policyPacks?: readonly string[];
}

/**
 * The engine's `up` of a Harbor that is installed. @returns what changed
 * @throws UserError as soon as a pod crashes again and again, and after the time that it has
 */
export async function bringUp(
    { engine, what, outputs, door, waitMs, policyPacks = [] }: BringUpGround,
    { signal, update }: ReleaseOptions,
    reporter: Reporter,
): Promise<string> {
    const patience = AbortSignal.timeout(waitMs);
    const crashed = new AbortController();
    const over = new AbortController();
    const objects = new VeleroObjects(outputs, outputs.namespace, { ...door, signal: over.signal });
    await takeFailedForDeployed(objects, outputs.release.name);
    const watching = new HarborWorkloads(objects, outputs.release.name)
        .watchForCrash(over.signal)
        .catch((error: unknown) => {
            crashed.abort(error);
        });
    try {
        const result = await engine.up({
            signal: AbortSignal.any([signal, patience, crashed.signal]),
            policyPacks,
            onEvent: (event) => {
                forwardEvent(event, reporter, update);
            },
        });
        return renderSummary(result, "done");
    } catch (error) {
        signal.throwIfAborted();
        crashed.signal.throwIfAborted();
        if (!patience.aborted) throw error;
        throw new UserError(`${what} was not ready within ${String(Math.round(waitMs / 1000))} s`, {
            details: error instanceof UserError ? [error.message, ...error.details] : [],
            next: ["--wait gives it more time, where it only needs that"],
            cause: error,
        });
    } finally {
        over.abort();
        await watching;
    }
}
