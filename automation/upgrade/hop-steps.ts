import { createHash } from "node:crypto";
import { UserError } from "../../lib/errors";
import { mebibytes } from "../backup/words";
import { sampleImages } from "../restore/samples";
import { describeCounts } from "../restore/restoration";
import type { Step } from "../steps";
import { checkSteps, openStep, settleStep } from "./check-steps";
import { makeProject, removeProject } from "./probe-project";
import { describeHop, nameOf } from "./record";
import type { Upgrading } from "./upgrading";

/** Images that are pulled by their digest after a hop. */
const samples = 20;

/**
 * One hop forward. Until the release is changed a failure puts back what was switched; from then on it leaves Harbor
 * read-only, so that what a rollback restores is all that there is. Each step bears to be done again after a kill.
 */
export function hopSteps(upgrading: Upgrading): Step[] {
    return [
        backupStep(upgrading),
        lockStep(upgrading),
        harborStep(upgrading),
        probeStep(upgrading),
        pauseStep(upgrading),
        idleStep(upgrading),
        readOnlyStep(upgrading),
        dumpStep(upgrading),
        definitionsStep(upgrading),
        releaseStep(upgrading),
        ...checkSteps(upgrading, "to"),
        openStep(upgrading),
        settleStep(upgrading, "upgraded"),
    ];
}

/** Whether a resumed hop is past the steps that prepare it. */
function begun({ hop }: Upgrading): string | undefined {
    return hop.state === "changing" ? "the release is being changed already" : undefined;
}

function backupStep(upgrading: Upgrading): Step {
    const { hop, doors } = upgrading;
    return {
        id: "backup",
        title: "have a verified backup",
        plan: `of Harbor ${hop.from}: one that is young enough, or a new one; every digest of it is compared`,
        skip: () => begun(upgrading),
        run: async ({ update }) => {
            const { name, made } = await doors.backup(hop, update);
            await upgrading.note({ backup: name });
            return made ? `${name}, made now` : `${name}, which was there`;
        },
    };
}

export function lockStep(upgrading: Upgrading): Step {
    return {
        id: "lock",
        title: "keep other commands away",
        plan: "the Lease of maintenance: no backup, no restore meanwhile",
        run: async () => {
            upgrading.held = await upgrading.doors.lock();
            return undefined;
        },
        undo: {
            title: "let other commands in",
            when: "always",
            run: async () => {
                await upgrading.held?.release();
                upgrading.held = undefined;
            },
        },
    };
}

function harborStep(upgrading: Upgrading): Step {
    return {
        id: "harbor",
        title: "reach Harbor",
        plan: "its API and its registry; what a killed command left switched is put back",
        skip: () => begun(upgrading),
        run: async ({ signal, update }) => {
            const { client } = await upgrading.open(update);
            await client.system.requireHealthy({ signal });
            const left = upgrading.lock.left;
            if (left !== undefined) await upgrading.quiesce.putBack({ signal });
            return left === undefined ? undefined : `${left.by} had left it switched`;
        },
        undo: { title: "let go of Harbor", when: "always", run: () => upgrading.close() },
    };
}

function probeStep(upgrading: Upgrading): Step {
    return {
        id: "probe",
        title: "pull and push all the while",
        plan: `an image of project ${upgrading.project}, to measure what clients notice; the project goes at the end`,
        skip: () => begun(upgrading),
        run: async ({ signal, update }) => {
            await makeProject(upgrading, signal);
            const image = upgrading.image("probe");
            await upgrading.harbor.registry.push(upgrading.repository, "probe", image);
            await upgrading.probe(image, update);
            return undefined;
        },
        undo: {
            title: "remove the probe",
            when: "failure",
            run: async ({ signal }) => {
                upgrading.hop.measured = await upgrading.stopProbe();
                if (!upgrading.changed) await removeProject(upgrading, signal);
            },
        },
    };
}

function pauseStep(upgrading: Upgrading): Step {
    return {
        id: "queues",
        title: "pause Harbor's jobs",
        plan: "SCHEDULER and the other queues, before read-only mode, in which they cannot be paused",
        skip: () => begun(upgrading),
        run: async ({ signal }) => {
            const pausedQueues = [...(await upgrading.quiesce.pauseQueues({ signal }))];
            await upgrading.note({ pausedQueues });
            return `${String(pausedQueues.length)} queues`;
        },
        undo: {
            title: "resume Harbor's jobs",
            when: "failure",
            run: async ({ signal }) => {
                if (!upgrading.changed) await upgrading.quiesce.resumeQueues({ signal });
            },
        },
    };
}

function idleStep(upgrading: Upgrading): Step {
    return {
        id: "jobs",
        title: "wait for jobs that run",
        plan: "until no worker has one; read-only mode does not stop them",
        skip: () => begun(upgrading),
        run: async ({ signal, update }) => {
            const intervalMs = upgrading.doors.lookEveryMs ?? 500;
            await upgrading.quiesce.untilIdle({ signal, onProgress: update, intervalMs });
            return undefined;
        },
    };
}

function readOnlyStep(upgrading: Upgrading): Step {
    return {
        id: "read-only",
        title: "make Harbor read-only",
        plan: "pulls go on, pushes are refused: so a rollback loses nothing",
        skip: () => begun(upgrading),
        run: async ({ signal }) => {
            await upgrading.quiesce.readOnlyOn({ signal });
            return undefined;
        },
        undo: {
            title: "lift read-only mode",
            when: "failure",
            run: async ({ signal }) => {
                if (!upgrading.changed) await upgrading.quiesce.readOnlyOff({ signal });
            },
        },
    };
}

function dumpStep(upgrading: Upgrading): Step {
    const { doors, hop } = upgrading;
    return {
        id: "dump",
        title: "dump the database once more",
        plan: `${upgrading.dumpKey}: the last state of ${hop.from}, read back and compared; counts, schedules, images`,
        skip: () => begun(upgrading),
        run: async ({ signal, update }) => {
            const { client } = upgrading.harbor;
            const sample = await sampleImages(client, samples, { signal });
            const schedules = await client.schedules.list({ signal }).toArray();
            const database = await doors.database(update);
            try {
                const counts = await database.counts();
                const { size, sha256 } = await doors.store.write(upgrading.dumpKey, database.dump());
                const dump = { key: upgrading.dumpKey, size, sha256 };
                await requireDump(upgrading, dump);
                await upgrading.note({
                    dump,
                    counts,
                    sample: sample.map(({ repository, digest }) => ({ repository, digest })),
                    schedules: schedules.map(({ vendor_type, vendor_id, cron }) => ({ vendor_type, vendor_id, cron })),
                });
                return `${mebibytes(size)}: ${describeCounts(counts)}; ${String(schedules.length)} schedules`;
            } finally {
                await database.close();
            }
        },
    };
}

/** Reads the dump of the hop as a rollback will. @throws UserError where it is not the one that was written */
export async function requireDump(
    { doors }: Upgrading,
    dump: { readonly key: string; readonly size: number; readonly sha256: string },
): Promise<void> {
    const hash = createHash("sha256");
    let size = 0;
    for await (const chunk of (await doors.store.read(dump.key)) as AsyncIterable<Buffer>) {
        hash.update(chunk);
        size += chunk.length;
    }
    const sha256 = hash.digest("hex");
    if (size === dump.size && sha256 === dump.sha256) return;
    throw new UserError(`the dump of the database is not what was written: ${dump.key} in ${doors.store.where}`, {
        details: [`${String(size)} bytes with sha256 ${sha256}, not ${String(dump.size)} with ${dump.sha256}`],
        next: ["npx anchorage backup list shows the sets that a restore can take instead"],
    });
}

/** New kinds first: an operator that starts looks for them. Older objects stay valid, so there is nothing to undo. */
function definitionsStep(upgrading: Upgrading): Step {
    const { doors, hop } = upgrading;
    return {
        id: "definitions",
        title: "bring the operators' new kinds in",
        plan: "CustomResourceDefinitions of their charts, which Helm never changes, by server-side apply",
        skip: () =>
            hop.parts === undefined || hop.parts.operators.length === 0 ? "no operator is changed" : undefined,
        run: ({ signal, update }) => {
            upgrading.lock.fence();
            return doors.parts.definitions(hop.parts?.operators ?? [], { signal, update });
        },
    };
}

function releaseStep(upgrading: Upgrading): Step {
    const { doors, hop } = upgrading;
    return {
        id: "release",
        title: `install ${nameOf(hop, "to")}`,
        plan:
            hop.parts === undefined
                ? `chart ${hop.chart} through the engine; the database is migrated by a Job first, or by core (upgrade plan)`
                : "through the engine, with the settings as they are; a database's operator rewrites it",
        skip: () => upgrading.alreadyVerified("to"),
        run: async ({ signal, update }) => {
            upgrading.lock.fence();
            const resumed = hop.state === "changing";
            if (!resumed) await upgrading.note({ state: "changing", verified: undefined });
            await upgrading.lock.record({ readOnly: true, queues: [...hop.pausedQueues], workloads: true });
            const repaired = resumed ? await doors.repair() : [];
            const told = await doors.release(hop, "to", { signal, update });
            return [...repaired, ...(told === undefined ? [] : [told])].join("; ") || describeHop(hop);
        },
    };
}
