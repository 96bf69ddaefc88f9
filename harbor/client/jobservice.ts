import type { Api } from "./api";
import type { CallOptions } from "./deadline";
import { path } from "./paths";

export type QueueAction =
    /** No job of the queue begins; for SCHEDULER: nothing that is scheduled begins. Survives a restart. */
    | "pause"
    | "resume"
    /** Drops the jobs that wait. */
    | "stop";

export interface JobQueue {
    readonly job_type: string;
    readonly paused: boolean;
    /** Jobs that wait. */
    readonly count: number;
    /** Seconds that the oldest of them has waited. */
    readonly latency: number;
}

export interface WorkerPool {
    readonly worker_pool_id: string;
    readonly pid: number;
    readonly host?: string;
    /** Workers. */
    readonly concurrency: number;
    readonly start_at?: string;
    readonly heartbeat_at?: string;
}

export interface Worker {
    readonly id: string;
    readonly pool_id: string;
    /** Absent: it is idle. */
    readonly job_name?: string;
    readonly job_id?: string;
    readonly start_at?: string;
    readonly check_in?: string;
    readonly checkin_at?: string;
}

const queueShape = { defaults: { paused: false, count: 0, latency: 0 } } as const;

/** Queues and workers of the jobs. For administrators. In read-only mode nothing here can be changed. */
export class Jobservice {
    constructor(private readonly api: Api) {}

    /** GET /jobservice/queues */
    queues(options?: CallOptions): Promise<JobQueue[]> {
        return this.api.getAll<JobQueue>("/jobservice/queues", queueShape, options);
    }

    /**
     * PUT /jobservice/queues/{job_type}: the same action twice is no error.
     * @param jobType a name of {@link queues}, or "all"; Harbor takes an unknown one too, and keeps a row of it
     */
    act(jobType: string, action: QueueAction, options?: CallOptions): Promise<void> {
        return this.api.put(path`/jobservice/queues/${jobType}`, { action }, options);
    }

    /** GET /jobservice/pools */
    pools(options?: CallOptions): Promise<WorkerPool[]> {
        const shape = { dates: ["start_at", "heartbeat_at"], defaults: { pid: 0, concurrency: 0 } } as const;
        return this.api.getAll<WorkerPool>("/jobservice/pools", shape, options);
    }

    /** GET /jobservice/pools/{pool_id}/workers. @param poolId default: of all pools */
    workers(poolId = "all", options?: CallOptions): Promise<Worker[]> {
        const shape = { dates: ["start_at", "checkin_at"] } as const;
        return this.api.getAll<Worker>(path`/jobservice/pools/${poolId}/workers`, shape, options);
    }

    /** Workers that have a job: none, where nothing is under way any more. By GET /jobservice/pools/all/workers. */
    async busyWorkers(options?: CallOptions): Promise<Worker[]> {
        return (await this.workers("all", options)).filter(({ job_name }) => (job_name ?? "") !== "");
    }

    /** PUT /jobservice/jobs/{job_id}: stops a job that runs. @param jobId or "all" */
    stopJob(jobId: string, options?: CallOptions): Promise<void> {
        return this.api.put(path`/jobservice/jobs/${jobId}`, undefined, options);
    }

    /** GET /jobservice/jobs/{job_id}/log */
    jobLog(jobId: string, options?: CallOptions): Promise<string> {
        return this.api.getText(path`/jobservice/jobs/${jobId}/log`, options);
    }
}
