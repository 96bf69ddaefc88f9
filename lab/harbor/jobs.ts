import type { Row } from "./store/collection";
import type { Execution, JobQueue, Schedule } from "./store/records";
import type { Tables } from "./store/store";

/** Queues that GET /jobservice/queues lists from the start. */
export const jobTypes = [
    "AUDIT_LOGS_GDPR_COMPLIANT",
    "EXECUTION_SWEEP",
    "GARBAGE_COLLECTION",
    "IMAGE_SCAN",
    "P2P_PREHEAT",
    "PURGE_AUDIT_LOG",
    "REPLICATION",
    "RETENTION",
    "SCAN_DATA_EXPORT",
    "SCHEDULER",
    "SLACK",
    "SYSTEM_ARTIFACT_CLEANUP",
    "WEBHOOK",
] as const;
export type JobType = (typeof jobTypes)[number];

/** Whether jobservice knows it: what else was ever paused has a row, and is in no list. */
export function isJobType(type: string): boolean {
    return jobTypes.some((known) => known === type);
}

/** What Harbor shows of an execution: it runs from its making on, also while its job waits in its queue. */
export function shownStatus({ status }: Pick<Execution, "status">): Execution["status"] {
    return status === "Pending" ? "Running" : status;
}

/** What a job does, given its execution's number, and writes into its log. */
export type Work = (execution: number) => Promise<string>;

/**
 * Harbor's jobservice: a job begins at once, unless its queue is paused; read-only mode stops none, but what a job
 * tells core is heard only when that is over, so its execution says Running until then.
 */
export class Jobs {
    private readonly waiting = new Map<number, Work>();

    constructor(
        private readonly tables: Tables,
        private readonly isReadOnly: () => Promise<boolean>,
        private readonly background: (work: Promise<unknown>) => void,
    ) {}

    async queues(): Promise<readonly Row<JobQueue>[]> {
        const kept = await this.tables.queues.all();
        const missing = jobTypes.filter((type) => !kept.some(({ job_type }) => job_type === type));
        for (const job_type of missing)
            kept.push(await this.tables.queues.insert({ job_type, paused: false, pending: [] }));
        return kept.sort((a, b) => a.job_type.localeCompare(b.job_type));
    }

    async isPaused(type: string): Promise<boolean> {
        return (await this.queue(type))?.paused ?? false;
    }

    private async queue(type: string): Promise<Row<JobQueue> | undefined> {
        return this.tables.queues.find({ job_type: type });
    }

    /** @param type a queue's, "all", or any other text: Harbor keeps a row for that too */
    async act(type: string, action: "pause" | "resume" | "stop"): Promise<void> {
        const queues = await this.queues();
        const wanted =
            type === "ALL"
                ? queues
                : [(await this.tables.queues.find({ job_type: type })) ?? (await this.addQueue(type))];
        for (const queue of wanted) {
            if (action === "stop") await this.stopPending(queue);
            else await this.tables.queues.update(queue.id, { paused: action === "pause" });
            if (action === "resume") await this.resume(queue);
        }
    }

    private addQueue(job_type: string): Promise<Row<JobQueue>> {
        return this.tables.queues.insert({ job_type, paused: false, pending: [] });
    }

    private async stopPending(queue: Row<JobQueue>): Promise<void> {
        await this.tables.queues.update(queue.id, { pending: [] });
        for (const id of queue.pending) {
            this.waiting.delete(id);
            await this.finish(id, "Stopped", "");
        }
    }

    private async resume(queue: Row<JobQueue>): Promise<void> {
        await this.tables.queues.update(queue.id, { pending: [] });
        for (const id of queue.pending) {
            const work = this.waiting.get(id) ?? (() => Promise.resolve(""));
            this.waiting.delete(id);
            this.run(id, work);
        }
    }

    /** Makes an execution, and begins it or has it wait. */
    async start(
        type: JobType,
        execution: Pick<Execution, "vendor_id" | "trigger" | "parameters">,
        work: Work,
    ): Promise<Row<Execution>> {
        await this.queues();
        const now = new Date().toISOString();
        const row = await this.tables.executions.insert({
            ...execution,
            vendor_type: type,
            status: "Pending",
            start_time: now,
            end_time: "",
            log: "",
        });
        const queue = await this.queue(type);
        if (queue?.paused === true) {
            this.waiting.set(row.id, work);
            await this.tables.queues.update(queue.id, { pending: [...queue.pending, row.id] });
            return row;
        }
        await this.tables.executions.update(row.id, { status: "Running" });
        this.run(row.id, work);
        return { ...row, status: "Running" };
    }

    private run(id: number, work: Work): void {
        this.background(
            (async () => {
                try {
                    await this.report(id, "Success", await work(id));
                } catch (error) {
                    await this.report(id, "Error", String(error));
                }
            })(),
        );
    }

    /** A job's end is told to core again until core is not read-only. */
    private async report(id: number, status: Execution["status"], log: string): Promise<void> {
        await this.tables.executions.update(id, { log });
        if (await this.isReadOnly()) this.unheard.set(id, status);
        else await this.finish(id, status, log);
    }

    private readonly unheard = new Map<number, Execution["status"]>();

    /** Core listens again: hears what it has refused. */
    async readOnlyEnded(): Promise<void> {
        const reports = [...this.unheard];
        this.unheard.clear();
        for (const [id, status] of reports) await this.finish(id, status);
    }

    /** Ends what runs or waits; a job that has ended stays as it is. */
    async stop(id: number): Promise<void> {
        this.waiting.delete(id);
        await this.finish(id, "Stopped");
    }

    private async finish(id: number, status: Execution["status"], log?: string): Promise<void> {
        const row = await this.tables.executions.get(id);
        if (row?.status !== "Running" && row?.status !== "Pending") return;
        await this.tables.executions.update(id, {
            status,
            end_time: new Date().toISOString(),
            ...(log === undefined ? {} : { log }),
        });
    }

    /** Puts a schedule in the place of the one that there is. */
    async setSchedule(schedule: Schedule): Promise<void> {
        await this.removeSchedule(schedule.vendor_type, schedule.vendor_id);
        await this.tables.schedules.insert(schedule);
    }

    async removeSchedule(vendor_type: string, vendor_id: number): Promise<void> {
        await this.tables.schedules.deleteAll({ vendor_type, vendor_id });
    }

    schedule(vendor_type: string, vendor_id: number): Promise<Row<Schedule> | undefined> {
        return this.tables.schedules.find({ vendor_type, vendor_id });
    }
}
