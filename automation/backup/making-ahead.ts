import { UserError } from "../../lib/errors";
import type { Step } from "../steps";
import { copyBlobsAhead } from "./blobs";
import { describePending, heldForRestore } from "./pending";
import type { Making } from "./making";
import { awaitPruning } from "./prune-mark";
import { removeSet, setKeys, writeManifest } from "./sets";
import { copied, type Copied } from "./words";

/** What a backup does before Harbor rests. */

/** First of all: what a killed command left is put back through it, and closed when all is put back. */
export function harborStep(making: Making): Step {
    return {
        id: "harbor",
        title: "reach Harbor",
        plan: making.plan.outputs.registryUrl,
        run: async ({ update }) => {
            await making.open(update);
            return undefined;
        },
        undo: {
            title: "let go of Harbor",
            when: "always",
            run: () => making.close(),
        },
    };
}

export function putBackStep(making: Making): Step {
    const { left } = making.doors;
    return {
        id: "put-back",
        title: "put back what a killed command left",
        plan: "read-only mode and paused queues that are on record in the cluster",
        skip: () => (left === undefined ? "nothing is left" : undefined),
        run: async ({ signal }) => {
            if (left === undefined) return undefined;
            if (left.workloads) throw heldForRestore(left);
            await making.quiesce.putBack({ signal });
            return `${describePending(left)}, of ${left.by}`;
        },
    };
}

export function checkStep(making: Making): Step {
    return {
        id: "check",
        title: "look whether a backup can be made",
        plan: "Velero, buckets, Harbor's health, clocks, purges of uploads; all that is wrong is told at once",
        run: async ({ signal }) => {
            const own = (await making.leftSets()).map(({ velero }) => velero.backupName);
            const ours = [...own, making.backupName];
            const notes = await making.doors.check(making.openedHarbor(), ours, signal);
            return notes.length === 0 ? undefined : notes.join("; ");
        },
    };
}

export function clearStep(making: Making): Step {
    return {
        id: "clear",
        title: "remove incomplete sets",
        plan: "what failed or killed backups of this stack left, with Velero's part",
        run: async ({ signal, update }) => {
            const told: string[] = [];
            const clients = (await making.doors.removeLeftClients?.(signal)) ?? 0;
            if (clients > 0) told.push(`${String(clients)} database client${clients === 1 ? "" : "s"}`);
            for (const { name, velero } of await making.leftSets()) {
                update(name);
                try {
                    await making.doors.velero(signal).deleteBackup(velero.backupName, { onProgress: update });
                    await removeSet(making.doors.backups, name);
                    told.push(name);
                } catch (error) {
                    signal.throwIfAborted();
                    if (!(error instanceof UserError)) throw error;
                    // No reason to have no backup today: the next one tries again.
                    told.push(`${name} is still there: ${error.message}`);
                }
            }
            return told.length === 0 ? undefined : told.join("; ");
        },
    };
}

export function databaseStep(making: Making): Step {
    return {
        id: "database",
        title: "connect to the database",
        plan: "a Pod with PostgreSQL's client programs in Harbor's namespace",
        run: async () => {
            making.database = await making.doors.openDatabase();
            const [version, free] = [await making.database.version(), await making.database.freeConnections()];
            if (free < 2) throw new UserError(`the database takes ${String(free)} more connections: 2 are needed`);
            making.serverVersion = version;
            return `PostgreSQL ${version}`;
        },
        undo: {
            title: "remove the database client",
            when: "always",
            run: async () => {
                await making.database?.close();
            },
        },
    };
}

export function beginStep(making: Making): Step {
    return {
        id: "begin",
        title: "begin the set",
        plan: `${setKeys(making.plan.name).manifest}, incomplete until the end`,
        run: async ({ signal, update: onProgress }) => {
            const { name, stack, kind, outputs, anchorage, secretKeyFingerprint, maker } = making.plan;
            const { release, namespace, registryUrl } = outputs;
            making.began = {
                ...{ version: 1, name, stack, kind, anchorage, namespace, registryUrl, secretKeyFingerprint },
                state: "incomplete",
                why: `${maker} makes it, or was killed`,
                beganAt: new Date(making.doors.now()).toISOString(),
                harbor: release.harborVersion,
                chart: release.chartVersion,
                release: release.name,
                velero: { backupName: making.backupName },
            };
            await writeManifest(making.doors.manifests, making.began);
            // Another stack's command may be about to delete blobs that this set will count on.
            const { backups, marks } = making.doors;
            await awaitPruning(backups, { signal, onProgress, ...marks });
            return `${name} in ${making.doors.backups.where}`;
        },
    };
}

export function copyAheadSteps(making: Making): Step[] {
    const { content, backups } = making.doors;
    if (content === undefined) return [];
    return [
        {
            id: "blobs-ahead",
            title: "copy images while Harbor works",
            plan: `what ${backups.where} does not have yet, so that little is left for later`,
            run: async ({ signal, update }) => {
                const options = { signal, onProgress: (progress: Copied) => update(copied(progress)) };
                return copied(await copyBlobsAhead(content, backups, options));
            },
        },
    ];
}
