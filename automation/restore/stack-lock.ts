import type { StackOutputs } from "../../config/contract";
import { LeaseLock } from "../backup/lock";
import type { Pending } from "../backup/pending";
import { ExitCode, UserError } from "../../lib/errors";
import { requireBackup } from "../backup/stores";
import { refuseDuringRelease } from "../backup/under-way";
import { VeleroObjects } from "../backup/velero-access";
import { askCluster, type ClusterDoor } from "../cluster-access";
import type { RestoreLock } from "./restoration";

/**
 * Keeps every other backup and restore away. Harbor's namespace, where the Lease of maintenance is, may be gone: that is
 * what a restore is for. So a restore has one in Velero's namespace besides, and takes Harbor's as soon as it can.
 */
export class StackLock implements RestoreLock {
    private inner: LeaseLock | undefined;

    private constructor(
        private readonly outer: LeaseLock,
        private readonly outputs: StackOutputs,
        private readonly door: ClusterDoor,
        private readonly purpose: string,
        private readonly onLost: (reason: unknown) => void,
    ) {
        this.watch(outer);
    }

    /** @param onLost told when somebody else may be working on the stack @throws UserError that names who does */
    static async acquire(
        outputs: StackOutputs,
        given: ClusterDoor,
        purpose: string,
        onLost: (reason: unknown) => void,
    ): Promise<StackLock> {
        // Given back after Ctrl-C, too.
        const door = { ...given, signal: new AbortController().signal };
        await refuseDuringRelease(outputs, door);
        const inVelero = new VeleroObjects(outputs, requireBackup(outputs).namespace, door);
        const outer = await LeaseLock.acquire(inVelero, { purpose });
        const lock = new StackLock(outer, outputs, door, purpose, onLost);
        try {
            if (await namespaceExists(outputs, door)) await lock.inside();
            return lock;
        } catch (error) {
            await lock.release();
            throw error;
        }
    }

    async inside(): Promise<void> {
        if (this.inner !== undefined) return;
        const objects = new VeleroObjects(this.outputs, this.outputs.namespace, this.door);
        this.inner = await LeaseLock.acquire(objects, { purpose: this.purpose });
        this.watch(this.inner);
        const { left } = this.outer;
        if (left === undefined) return;
        await this.inner.setPending(left);
        await this.outer.setPending(undefined);
    }

    /** What is switched; at first: by a command that was killed. */
    get left(): Pending | undefined {
        return this.inner?.left ?? this.outer.left;
    }

    async held(set: string | undefined): Promise<void> {
        const { readOnly = false, queues = [] } = this.left ?? {};
        await this.record({ readOnly, queues, workloads: set !== undefined, ...(set === undefined ? {} : { set }) });
    }

    async frozen(queues: readonly string[] | undefined): Promise<void> {
        await this.record({ readOnly: queues !== undefined, queues: [...(queues ?? [])], workloads: false });
    }

    /** In Velero's namespace, as long as Harbor's is not there. */
    private record(switched: Omit<Pending, "by">): Promise<void> {
        return (this.inner ?? this.outer).setPending(switched);
    }

    async release(): Promise<void> {
        await this.inner?.release();
        await this.outer.release();
    }

    private watch({ signal }: LeaseLock): void {
        signal.addEventListener("abort", () => {
            this.onLost(signal.reason);
        });
    }
}

/** Takes it, or says why that cannot be: who has it. */
export async function tryLock(
    outputs: StackOutputs,
    door: ClusterDoor,
    purpose: string,
    onLost: (reason: unknown) => void,
): Promise<{ readonly lock: StackLock } | { readonly refused: string }> {
    try {
        return { lock: await StackLock.acquire(outputs, door, purpose, onLost) };
    } catch (error) {
        if (error instanceof UserError && error.exitCode === ExitCode.refused) return { refused: error.message };
        throw error;
    }
}

export async function namespaceExists(outputs: StackOutputs, door: ClusterDoor): Promise<boolean> {
    const { namespace } = outputs;
    const args = ["get", "namespace", namespace, "--ignore-not-found", "-o", "jsonpath={.status.phase}"];
    return (await askCluster(outputs, door, `namespace ${namespace}`, args)).trim() === "Active";
}
