import type { StackOutputs } from "../../config/contract";
import { UserError } from "../../lib/errors";
import { waitFor } from "../../lib/wait";
import { restoreBlobs } from "../backup/blobs";
import { openDatabaseClient } from "../backup/database";
import { openContentStore, requireBackup } from "../backup/stores";
import { Velero } from "../backup/velero";
import { VeleroObjects } from "../backup/velero-access";
import type { ClusterDoor } from "../cluster-access";
import type { ObjectStore } from "../objects/store";
import type { OpenHarbor, RestoreDoors, RestoreLock } from "./restoration";
import { Workloads } from "./workloads";

/** What differs between a restore in place and one of a copy. */
export interface DoorOptions {
    /** Of the place that is restored into: its namespace and database. */
    readonly place: StackOutputs;
    /** Where the stack itself is. */
    readonly stack: StackOutputs;
    readonly door: ClusterDoor;
    readonly backups: ObjectStore;
    readonly lock?: RestoreLock;
    readonly harbor: (update: (detail: string) => void) => Promise<OpenHarbor>;
    /** Where the registry's content goes. @default the place's own bucket */
    readonly content?: () => Promise<ObjectStore>;
}

/** Milliseconds that a database has to come up, whose objects were restored a moment ago. */
const databaseWithin = 600_000;

/** Of the ConfigMaps that tell Velero what to change. */
const changesLabel = "anchorage.dev/changes-of";

/** The real doors of a restore. */
export function restoreDoors(options: DoorOptions): RestoreDoors {
    const { place, stack, door, backups, lock, harbor } = options;
    const velero = new Velero(stack, door);
    const inVelero = new VeleroObjects(stack, requireBackup(stack).namespace, door);
    const inPlace = new VeleroObjects(place, place.namespace, door);
    const content = options.content ?? (() => requireContent(place, door));
    return {
        ...(lock === undefined ? {} : { lock }),
        velero,
        modifier: async (name, rules) => {
            if (rules === undefined) return inVelero.remove("configmaps", name);
            // Of restores that were killed: whoever restores holds the lock, so that nobody uses them.
            const left = ["delete", "configmaps", "-l", `${changesLabel}=restore`, "--ignore-not-found"];
            await inVelero.kubectl("remove what killed restores left", left);
            await inVelero.create("tell Velero what to change", {
                apiVersion: "v1",
                kind: "ConfigMap",
                metadata: {
                    name,
                    namespace: inVelero.namespace,
                    labels: { "app.kubernetes.io/managed-by": "anchorage", [changesLabel]: "restore" },
                },
                data: { "rules.json": JSON.stringify(rules) },
            });
        },
        workloads: new Workloads(inPlace, place.release.name),
        readDump: (key) => backups.read(key),
        database: async (update) => {
            let last = "";
            return waitFor(
                async () => {
                    try {
                        return await openDatabaseClient(place, door);
                    } catch (error) {
                        if (!(error instanceof UserError)) throw error;
                        last = error.render();
                        update(error.message);
                        return undefined;
                    }
                },
                {
                    what: "the database to answer",
                    timeoutMs: databaseWithin,
                    intervalMs: 1_000,
                    signal: door.signal,
                    describe: () => last,
                },
            );
        },
        blobs: async (set, blobOptions) => {
            const target = await content();
            try {
                return await restoreBlobs(backups, { name: set.name, inventory: set.blobs.inventory }, target, {
                    ...blobOptions,
                });
            } finally {
                target.close();
            }
        },
        harbor,
        within: (signal) => restoreDoors({ ...options, door: { ...door, signal } }),
    };
}

async function requireContent(place: StackOutputs, door: ClusterDoor): Promise<ObjectStore> {
    const store = await openContentStore(place, door);
    if (store !== undefined) return store;
    throw new UserError("the backup has the content of a bucket, and the stack's registry has none", {
        next: ["restore it into a stack whose storage.kind is s3"],
    });
}
