import type { StackOutputs } from "../../config/contract";
import { labRegistry, type ClusterDoor } from "../cluster-access";
import type { ObjectStore } from "../objects/store";
import { restoreDoors } from "./doors";
import { openStackHarbor } from "./open-harbor";
import type { Restoration, RestoreLock, SetToRestore } from "./restoration";

/** What a restore works with, once the stack is found. */
export interface RestoreGround {
    readonly outputs: StackOutputs;
    readonly door: ClusterDoor;
    /** The backup bucket. */
    readonly backups: ObjectStore;
    /** Absent where nothing is run. */
    readonly lock?: RestoreLock;
}

/** A restore in the registry's own place: of its namespace, its database and its bucket. */
export function inPlace(ground: RestoreGround, set: SetToRestore, samples: number): Restoration {
    const { outputs, door, backups, lock } = ground;
    return {
        set,
        restoreName: restoreName(set.name),
        release: outputs.release.name,
        namespace: outputs.namespace,
        copy: false,
        samples,
        doors: restoreDoors({
            place: outputs,
            stack: outputs,
            door,
            backups,
            ...(lock === undefined ? {} : { lock }),
            harbor: async (update) => {
                const url = await labRegistry(outputs);
                return openStackHarbor(outputs, door, url === undefined ? undefined : { url }, update);
            },
        }),
    };
}

/** Another one for each try: Velero restores under a name once. */
export function restoreName(set: string, now = Date.now()): string {
    return `${set}-${now.toString(36)}`;
}
