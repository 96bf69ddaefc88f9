import { pipeline } from "node:stream/promises";
import { UserError } from "../../lib/errors";
import type { Step } from "../steps";
import { CheckedDump } from "./checked-dump";
import { checkSteps } from "./check-steps";
import { excludedKinds, modifierRules, restoredObjects } from "./modifiers";
import {
    describeCounts,
    running,
    type Restoration,
    type RestoreDoors,
    type SetToRestore,
    type Shared,
} from "./restoration";
import { describeSchedule, rearm, scheduleDifferences } from "./schedules";

/** Components of a copy that run: those that pulls need. Jobs would replicate, delete and notify in the world outside. */
export const copyComponents = ["core", "registry"] as const;

/**
 * The registry of the set in the place of what is there: objects, database, content, in this order, and nothing that
 * writes runs before all three are back. Each step bears to be done again: whatever fails or is killed, the same command
 * once more goes through.
 */
export function restoreSteps(restoration: Restoration): Step[] {
    const { set, doors, copy } = restoration;
    const shared: Shared = { harbor: undefined, changed: false, counts: undefined };
    return [
        ...(restoration.before ?? []),
        ...(copy ? [] : [holdStep(set, doors, shared)]),
        objectsStep(restoration, shared),
        ...(restoration.between ?? []),
        databaseStep(restoration, shared),
        ...blobsStep(set, doors),
        startStep(restoration, shared),
        ...(copy ? [] : [liftStep(restoration, shared), schedulesStep(set, shared)]),
        ...checkSteps(restoration, shared),
    ];
}

function holdStep({ name }: SetToRestore, doors: RestoreDoors, shared: Shared): Step {
    return {
        id: "hold",
        title: "hold Harbor",
        plan: "core, jobservice, registry and exporter, where they are there: Deployments paused, their pods ended",
        run: async () => {
            await doors.lock?.held(name);
            const held = await doors.workloads.hold();
            return held.length === 0 ? "there is nothing yet" : held.join(", ");
        },
        undo: {
            title: "let Harbor go on",
            when: "failure",
            run: async ({ signal }) => {
                // With half of the set in place it would serve what does not fit together.
                if (shared.changed) return;
                await doors.within(signal).workloads.letGo();
                await doors.lock?.held(undefined);
            },
        },
    };
}

function objectsStep(restoration: Restoration, shared: Shared): Step {
    const { set, doors, restoreName, release, namespace, copy } = restoration;
    const {
        existing,
        excludedResources,
        selector,
        modifier: rules,
    } = restoration.objects ?? {
        existing: copy ? "none" : "update",
        excludedResources: excludedKinds(set.volumes, copy),
        selector: restoredObjects,
        modifier: modifierRules(release, copy),
    };
    return {
        id: "objects",
        title: "restore the Kubernetes objects",
        plan: `Velero's backup ${set.veleroBackup} into namespace ${namespace}, Harbor's Deployments paused`,
        run: async ({ update }) => {
            await doors.velero.awaitSynced(set.veleroBackup);
            await doors.modifier(restoreName, rules);
            shared.changed = true;
            const spec = {
                name: restoreName,
                backup: set.veleroBackup,
                namespaces: [set.namespace],
                ...(namespace === set.namespace ? {} : { into: { [set.namespace]: namespace } }),
                existing,
                excludedResources,
                volumes: set.volumes !== "none",
                selector,
                modifier: restoreName,
            };
            const { items, warnings } = await doors.velero.restore(spec, { onProgress: update });
            if (!copy) {
                await doors.lock?.inside();
                await doors.lock?.held(set.name);
            }
            // Pods that came with files of their volumes run now.
            await doors.workloads.hold();
            return `${String(items)} objects${warnings === 0 ? "" : `, ${String(warnings)} warnings`}`;
        },
        undo: {
            title: "take away what Velero was told",
            when: "always",
            run: async ({ signal }) => {
                await doors.within(signal).modifier(restoreName, undefined);
            },
        },
    };
}

function databaseStep({ set, doors }: Restoration, shared: Shared): Step {
    const { dump } = set;
    return {
        id: "database",
        title: "restore the database",
        plan: `${dump.key}, in one transaction: all of it or nothing`,
        run: async ({ update }) => {
            const database = await doors.database(update);
            try {
                const checked = new CheckedDump(dump);
                const source = await doors.readDump(dump.key);
                const flowing = pipeline(source, checked);
                // The reader's error is the one that says more, unless the source broke.
                const [flowed, restored] = await Promise.allSettled([flowing, database.restore(checked)]);
                if (flowed.status === "rejected" && !isAftermath(flowed.reason)) throw flowed.reason;
                if (restored.status === "rejected") throw restored.reason;
                shared.counts = await database.counts();
                return describeCounts(shared.counts);
            } finally {
                await database.close();
            }
        },
    };
}

/** A stream that was given up by its reader, which says why itself. */
function isAftermath(error: unknown): boolean {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    return code === "ERR_STREAM_PREMATURE_CLOSE" || code === "EPIPE" || code === "ABORT_ERR";
}

function blobsStep(set: SetToRestore, doors: RestoreDoors): Step[] {
    const { blobs } = set;
    if (blobs === undefined) return [];
    return [
        {
            id: "blobs",
            title: "put the registry's content back",
            plan: `${String(blobs.count)} objects of the backup: those that are missing or differ`,
            run: async ({ signal, update }) => {
                const done = await doors.blobs(
                    { ...set, blobs },
                    {
                        signal,
                        onProgress: ({ objects, copiedObjects }) => {
                            const all = `${String(objects)} of ${String(blobs.count)}`;
                            update(`${all} objects, ${String(copiedObjects)} of them copied`);
                        },
                    },
                );
                return `${String(done.objects)} objects, ${String(done.copiedObjects)} of them copied`;
            },
        },
    ];
}

function startStep({ set, doors, copy }: Restoration, shared: Shared): Step {
    return {
        id: "start",
        title: "start Harbor",
        plan: copy ? "core and registry; jobs never run in a copy" : "the held Deployments go on, until all is ready",
        run: async ({ update }) => {
            const components = copy ? copyComponents : undefined;
            await doors.workloads.letGo(components);
            const count = await doors.workloads.ready(update, components);
            if (!copy) await doors.lock?.frozen(set.pausedQueues ?? []);
            shared.harbor = await doors.harbor(update);
            return `${String(count)} workloads on ${shared.harbor.url}`;
        },
        undo: {
            title: "end the connections to Harbor",
            when: "always",
            run: async () => {
                await shared.harbor?.close();
            },
        },
    };
}

function liftStep({ set: { pausedQueues }, doors }: Restoration, shared: Shared): Step {
    return {
        id: "lift",
        title: "lift what the dump had frozen",
        plan: "the dump was taken in read-only mode, with paused queues: both are in the database",
        run: async ({ signal }) => {
            const { client } = running(shared);
            const frozen = async (): Promise<string[]> => {
                const queues = (await client.jobservice.queues({ signal })).filter(({ paused }) => paused);
                return queues
                    .map(({ job_type }) => job_type)
                    .filter((queue) => pausedQueues?.includes(queue) !== false);
            };
            // In this order: while read-only, Harbor refuses to resume a queue.
            await client.configurations.setReadOnly(false, { signal });
            const queues = await frozen();
            if (pausedQueues === undefined) await doors.lock?.frozen(queues);
            for (const queue of queues) await client.jobservice.act(queue, "resume", { signal });
            const still = await frozen();
            const { read_only } = await client.system.info({ signal });
            if (still.length === 0 && read_only !== true) {
                await doors.lock?.frozen(undefined);
                return `read-only mode, and ${String(queues.length)} paused queues`;
            }
            throw new UserError("Harbor is still frozen", {
                details: [
                    ...(read_only === true ? ["read-only mode is on"] : []),
                    ...still.map((queue) => `queue ${queue} is paused`),
                ],
                next: ["npx anchorage backup unlock lifts it; or the portal: Configuration, and Job Service Dashboard"],
            });
        },
    };
}

function schedulesStep({ schedules }: SetToRestore, shared: Shared): Step {
    return {
        id: "schedules",
        title: "arm the schedules",
        plan: `${String(schedules.length)} of the backup: those that are missing or begin at other times`,
        goOn: true,
        run: async ({ signal }) => {
            const { client } = running(shared);
            const differences = scheduleDifferences(schedules, await client.schedules.list({ signal }).toArray());
            const left = await rearm(client, differences, { signal });
            if (left.length > 0) throw new UserError("not every schedule could be armed", { details: left });
            if (differences.length === 0) return `all ${String(schedules.length)} are armed`;
            return differences.map(({ kept }) => describeSchedule(kept)).join(", ");
        },
    };
}
