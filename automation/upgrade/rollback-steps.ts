import { pipeline } from "node:stream/promises";
import { UserError } from "../../lib/errors";
import { CheckedDump } from "../restore/checked-dump";
import type { Step } from "../steps";
import { checkSteps, openStep, settleStep } from "./check-steps";
import { lockStep, requireDump } from "./hop-steps";
import { describeHop, nameOf } from "./record";
import type { Upgrading } from "./upgrading";

/**
 * One hop back: the old database from its last dump, the old chart with the old values; the images in the registry stay
 * as they are. Never by `helm rollback`, which brings neither database nor settings back. Each step bears to be done again.
 */
export function rollbackSteps(upgrading: Upgrading): Step[] {
    const { hop } = upgrading;
    const database = databaseStep(upgrading);
    const release = releaseStep(upgrading);
    return [
        lockStep(upgrading),
        dumpStep(upgrading),
        stopStep(upgrading, "stop", "stop Harbor"),
        // An older image does not read the files of a newer PostgreSQL: it makes its own, then they are filled.
        ...(hop.engineChange
            ? [roomStep(upgrading), release, stopStep(upgrading, "stop-again", "stop it for the restore"), database]
            : [database, release]),
        startStep(upgrading),
        ...checkSteps(upgrading, "from"),
        openStep(upgrading),
        settleStep(upgrading, "rolled-back"),
    ];
}

function dumpStep(upgrading: Upgrading): Step {
    const { hop } = upgrading;
    return {
        id: "dump",
        title: "read the dump of the database",
        plan: `${upgrading.dumpKey}, every byte of it, before anything is changed`,
        skip: () => upgrading.alreadyVerified("from"),
        run: async () => {
            const { dump } = hop;
            if (dump === undefined) {
                throw new UserError(`the hop ${describeHop(hop)} has no dump of its database`, {
                    next: [`npx anchorage restore --from ${hop.backup ?? "NAME"} brings the backup back`],
                });
            }
            await requireDump(upgrading, dump);
            await upgrading.note({ state: "back", verified: undefined });
            await upgrading.lock.record({ readOnly: true, queues: [...hop.pausedQueues], workloads: true });
            return `${String(dump.size)} bytes`;
        },
    };
}

function stopStep(upgrading: Upgrading, id: string, title: string): Step {
    const { doors, hop } = upgrading;
    return {
        id,
        title,
        plan: "core, jobservice, registry, exporter, a migration: their pods end, nobody writes to the database",
        skip: () => upgrading.alreadyVerified("from"),
        run: async () => {
            upgrading.lock.fence();
            const pods = await doors.workloads.replicas();
            const running = Object.entries(pods).filter(([, count]) => count > 0);
            // On record before they end: an old release that was never replaced is not installed anew, and one that a killed
            // rollback has ended has no pods that could be counted.
            await upgrading.note({ replicas: { ...hop.replicas, ...Object.fromEntries(running) } });
            await doors.workloads.stop();
            return Object.keys(pods).join(", ");
        },
    };
}

function roomStep(upgrading: Upgrading): Step {
    return {
        id: "room",
        title: "remove the database",
        plan: "with its volumes: the older PostgreSQL cannot read them; its content is in the dump",
        skip: () => upgrading.alreadyVerified("from"),
        run: async () => {
            const { hop, doors, lock } = upgrading;
            lock.fence();
            const database = hop.parts?.database;
            await (database === undefined
                ? doors.workloads.dropInternalDatabase()
                : doors.parts.dropDatabase(database));
            return undefined;
        },
    };
}

function databaseStep(upgrading: Upgrading): Step {
    const { doors, hop } = upgrading;
    return {
        id: "database",
        title: "restore the database",
        plan: "the dump, in one transaction: all of it or nothing",
        skip: () => upgrading.alreadyVerified("from"),
        run: async ({ update }) => {
            if (hop.dump === undefined) throw new Error("the hop has no dump");
            const database = await doors.database(update);
            try {
                const checked = new CheckedDump(hop.dump);
                const flowing = pipeline(await doors.store.read(hop.dump.key), checked);
                const [flowed, restored] = await Promise.allSettled([flowing, database.restore(checked)]);
                if (restored.status === "rejected") throw restored.reason;
                if (flowed.status === "rejected") throw flowed.reason;
                const { projects, artifacts } = await database.counts();
                return `${String(projects)} projects, ${String(artifacts)} artifacts`;
            } finally {
                await database.close();
            }
        },
    };
}

function releaseStep(upgrading: Upgrading): Step {
    const { doors, hop } = upgrading;
    return {
        id: "release",
        title: `install ${nameOf(hop, "from")}`,
        plan: `chart ${hop.fromChart} of Harbor through the engine, with the settings as they are`,
        skip: () => upgrading.alreadyVerified("from"),
        run: async ({ signal, update }) => {
            const repaired = await doors.repair();
            const told = await doors.release(hop, "from", { signal, update });
            if (hop.engineChange && hop.parts === undefined) await doors.workloads.startInternalDatabase();
            return [...repaired, ...(told === undefined ? [] : [told])].join("; ") || undefined;
        },
    };
}

function startStep(upgrading: Upgrading): Step {
    const { doors, hop } = upgrading;
    return {
        id: "start",
        title: "start Harbor",
        plan: "Deployments that have no pods get those that they had",
        skip: () => upgrading.alreadyVerified("from"),
        run: async () => {
            await doors.workloads.start(hop.replicas);
            return undefined;
        },
    };
}
