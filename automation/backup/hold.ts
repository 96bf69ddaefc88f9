import type { StackOutputs } from "../../config/contract";
import { ExitCode, UserError } from "../../lib/errors";
import type { ClusterDoor } from "../cluster-access";
import { LeaseLock } from "./lock";
import { heldForRestore, type Pending } from "./pending";
import { requireBackup } from "./stores";
import { VeleroObjects } from "./velero-access";

/**
 * Keeps every other backup and restore of a stack away: the Lease of maintenance in Velero's namespace, which a restore
 * takes first as well, since Harbor's may be gone, and the one in Harbor's namespace, which keeps what is switched.
 */
export class StackHold {
    private constructor(
        private readonly outer: LeaseLock,
        private readonly inner: LeaseLock,
    ) {}

    /** @throws UserError (exit code 3) that names who works there */
    static async take(outputs: StackOutputs, door: ClusterDoor, purpose: string): Promise<StackHold> {
        // Without the command's signal: an interrupted one puts back, and lets go.
        const { signal } = new AbortController();
        const objects = (namespace: string): VeleroObjects =>
            new VeleroObjects(outputs, namespace, { ...door, signal });
        const outer = await LeaseLock.acquire(objects(requireBackup(outputs).namespace), { purpose });
        try {
            const inner = await LeaseLock.acquire(objects(outputs.namespace), { purpose });
            return new StackHold(outer, inner);
        } catch (error) {
            await outer.release();
            const busy = error instanceof UserError && error.exitCode === ExitCode.refused;
            // Harbor's namespace is not there yet again.
            throw busy || outer.left === undefined ? error : heldForRestore(outer.left);
        }
    }

    /** Aborted when it is lost. */
    get signal(): AbortSignal {
        return AbortSignal.any([this.outer.signal, this.inner.signal]);
    }

    /** What is switched; right after {@link take}: by a command that was killed. */
    get left(): Pending | undefined {
        return this.inner.left ?? this.outer.left;
    }

    /** How far the API server's clock is ahead of this machine's, in milliseconds. */
    get clusterSkewMs(): number | undefined {
        return this.inner.clusterSkewMs;
    }

    readonly record = async (switched: Omit<Pending, "by">): Promise<void> => {
        await this.inner.setPending(switched);
        if (this.outer.left !== undefined) await this.outer.setPending(undefined);
    };

    /** @throws UserError where it is lost */
    readonly fence = (): void => {
        this.outer.signal.throwIfAborted();
        this.inner.signal.throwIfAborted();
    };

    /** Never throws. */
    async release(): Promise<void> {
        await this.inner.release();
        await this.outer.release();
    }
}
