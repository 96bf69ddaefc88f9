import type { Step } from "../steps";
import type { Making, Taken } from "./making";
import type { CompleteManifest } from "./manifest";
import { garbageCollection } from "./quiesce";
import { setKeys } from "./sets";
import type { VeleroBackup } from "./velero-objects";
import { mebibytes } from "./words";

/** Harbor comes to rest, objects and database are taken, Harbor goes on. */

/** Ten years: a set is deleted by retention, and Velero's part with it. */
const ttlHours = 87_600;

export function pauseStep(making: Making): Step {
    return {
        id: "queues",
        title: "pause Harbor's jobs",
        plan: "SCHEDULER and the other queues, before read-only mode, in which they cannot be paused",
        run: async ({ signal }) => {
            making.pausedQueues = await making.quiesce.pauseQueues({ signal });
            return `${String(making.pausedQueues.length)} queues`;
        },
        undo: {
            title: "resume Harbor's jobs",
            when: "always",
            run: ({ signal }) => making.quiesce.resumeQueues({ signal }),
        },
    };
}

export function idleStep(making: Making): Step {
    const { lookEveryMs: intervalMs, jobsTimeoutMs: timeoutMs } = making.doors;
    const times = {
        ...(intervalMs === undefined ? {} : { intervalMs }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
    };
    return {
        id: "jobs",
        title: "wait for jobs that run",
        plan: "until no worker has one; read-only mode does not stop them",
        run: async ({ signal, update }) => {
            await making.quiesce.untilIdle({ signal, onProgress: update, ...times });
            return undefined;
        },
    };
}

export function readOnlyStep(making: Making): Step {
    return {
        id: "read-only",
        title: "make Harbor read-only",
        plan: "the quiet window begins: pulls go on, pushes are refused",
        run: async ({ signal }) => {
            await making.quiesce.readOnlyOn({ signal });
            return undefined;
        },
        undo: {
            title: "lift read-only mode",
            when: "always",
            run: ({ signal }) => making.quiesce.readOnlyOff({ signal }),
        },
    };
}

export function takeStep(making: Making): Step {
    const { outputs, name } = making.plan;
    return {
        id: "take",
        title: "back up objects and database",
        plan: `Velero's backup of namespace ${outputs.namespace} and pg_dump, side by side`,
        run: async ({ signal, update }) => {
            making.taken = await takeBoth(making, signal, update);
            const { velero, dump, counts } = making.taken;
            const warnings = velero.warnings === 0 ? "" : ` (${String(velero.warnings)} warnings)`;
            return (
                `${String(velero.items)} objects${warnings}, ${mebibytes(dump.size)} of database ${name}: ` +
                `${String(counts.projects)} projects, ${String(counts.artifacts)} artifacts`
            );
        },
    };
}

/** The first that fails ends the others: Harbor is not kept waiting for them. */
async function takeBoth(making: Making, signal: AbortSignal, update: (detail: string) => void): Promise<Taken> {
    const other = new AbortController();
    const both = AbortSignal.any([signal, other.signal]);
    const endOther = (error: unknown): never => {
        other.abort(error);
        throw error;
    };
    const [velero, dump, counts, sample, schedules] = await Promise.all([
        takeObjects(making, both, update).catch(endOther),
        takeDump(making, both).catch(endOther),
        making.openedDatabase().counts().catch(endOther),
        making.doors.sample(making.openedHarbor(), both).catch(endOther),
        readSchedules(making, both).catch(endOther),
    ]);
    return { velero, dump, counts, sample, schedules };
}

function takeObjects(making: Making, signal: AbortSignal, onProgress: (detail: string) => void): Promise<VeleroBackup> {
    const { name, outputs, kind } = making.plan;
    return making.doors.velero(signal).backup(
        {
            name: making.backupName,
            namespaces: [outputs.namespace],
            ttlHours,
            labels: { "anchorage.dev/set": name, "anchorage.dev/kind": kind },
        },
        { onProgress },
    );
}

async function takeDump(
    making: Making,
    signal: AbortSignal,
): Promise<{ readonly size: number; readonly sha256: string }> {
    const dump = making.openedDatabase().dump();
    const end = (): void => {
        dump.destroy(signal.reason instanceof Error ? signal.reason : new Error("interrupted"));
    };
    signal.addEventListener("abort", end, { once: true });
    try {
        return await making.doors.backups.write(setKeys(making.plan.name).database, dump);
    } finally {
        signal.removeEventListener("abort", end);
    }
}

async function readSchedules(making: Making, signal: AbortSignal): Promise<CompleteManifest["schedules"]> {
    const found: CompleteManifest["schedules"] = [];
    for await (const { vendor_type, vendor_id, cron } of making.openedHarbor().schedules.list({ signal })) {
        found.push({ vendor_type, vendor_id, cron });
    }
    return found;
}

export function goOnStep(making: Making): Step {
    return {
        id: "go-on",
        title: "let Harbor go on",
        plan: "read-only mode ends, the queues but garbage collection resume",
        run: async ({ signal, undo }) => {
            await undo("read-only");
            await making.quiesce.resumeQueues({ signal }, making.doors.content ? [garbageCollection] : []);
            const { window } = making.quiesce;
            return window && `Harbor was read-only for ${seconds(window.endedAt - window.beganAt)}`;
        },
    };
}

function seconds(milliseconds: number): string {
    return `${(milliseconds / 1000).toFixed(1)} s`;
}
