import type { Api, ListCall } from "./api";
import type { CallOptions } from "./deadline";
import { isHarborError } from "./errors";
import type { Listing } from "./listing";
import { path } from "./paths";

/** When a job of the system begins. */
export interface SystemSchedule {
    readonly type: "Hourly" | "Daily" | "Weekly" | "Custom" | "Manual" | "None" | "Schedule";
    /** 6 fields, seconds first and 0: `0 0 2 * * *`. */
    readonly cron?: string;
    readonly next_scheduled_time?: string;
}

export interface ScheduleSetting<P> {
    readonly schedule: Pick<SystemSchedule, "type" | "cron">;
    readonly parameters?: P;
}

/** A schedule as it is read. */
export interface ScheduleState<P> {
    readonly id: number;
    readonly schedule: SystemSchedule;
    /** Harbor sends them as a text with JSON in it. */
    readonly parameters: Partial<P>;
}

/** One run of a job of the system, or its schedule. */
export interface SystemJob {
    readonly id: number;
    readonly job_name: string;
    /** `MANUAL`, `SCHEDULE`, ... */
    readonly job_kind: string;
    /** `Pending`, `Running`, `Success`, `Error`, `Stopped`. Some seconds late; not at all during read-only mode. */
    readonly job_status: string;
    /** A text with JSON in it. */
    readonly job_parameters?: string;
    readonly schedule?: SystemSchedule;
    readonly creation_time?: string;
    readonly update_time?: string;
}

const dates = ["creation_time", "update_time"] as const;
const scheduleShape = { dates: ["next_scheduled_time"] } as const;
const jobShape = {
    dates,
    defaults: { job_name: "", job_kind: "", job_status: "" },
    inner: { schedule: scheduleShape },
} as const;

/** A schedule of the system; how it is read and set is the same for each. */
export class SystemScheduleResource<P extends object> {
    /** @param at `/system/gc` or the like */
    constructor(
        protected readonly api: Api,
        protected readonly at: string,
    ) {}

    /** GET {at}/schedule; undefined where none was ever set: then Harbor's answer is empty. */
    async get(options?: CallOptions): Promise<ScheduleState<P> | undefined> {
        const job = await this.api.getIfSet<SystemJob & { readonly parameters?: P }>(
            `${this.at}/schedule`,
            jobShape,
            options,
        );
        if (job?.schedule === undefined) return undefined;
        const parameters = job.parameters ?? (JSON.parse(job.job_parameters ?? "{}") as Partial<P>);
        return { id: job.id, schedule: job.schedule, parameters };
    }

    /** Sets it: by POST {at}/schedule the first time, by PUT from then on; POST once more is 409 in some versions. */
    async set(setting: ScheduleSetting<P>, options?: CallOptions): Promise<void> {
        if ((await this.get(options)) !== undefined) return this.update(setting, options);
        try {
            await this.api.post(`${this.at}/schedule`, setting, options);
        } catch (error) {
            if (!isHarborError(error, "conflict")) throw error;
            await this.update(setting, options);
        }
    }

    /** PUT {at}/schedule: replaces it. */
    update(setting: ScheduleSetting<P>, options?: CallOptions): Promise<void> {
        return this.api.put(`${this.at}/schedule`, setting, options);
    }

    /**
     * PUT {at}/schedule {"schedule":{"type":"None"}}: it begins no more by itself. Nothing where none is set. With the
     * parameters that it has, since the audit log's purge is refused without (400, seen on 2.15.2).
     */
    async clear(options?: CallOptions): Promise<void> {
        const set = await this.get(options);
        if (set === undefined) return;
        await this.api.put(`${this.at}/schedule`, { schedule: { type: "None" }, parameters: set.parameters }, options);
    }
}

/** A job of the system with a history. */
export class SystemJobResource<P extends object> extends SystemScheduleResource<P> {
    /** POST {at}/schedule {"schedule":{"type":"Manual"}}: starts it now. @returns the number of the run */
    start(parameters: P, options?: CallOptions): Promise<number> {
        return this.api.create(`${this.at}/schedule`, { schedule: { type: "Manual" }, parameters }, options);
    }

    /** GET {at}: the runs, the last one first. */
    history(options?: ListCall): Listing<SystemJob> {
        return this.api.list<SystemJob>(this.at, jobShape, options);
    }

    /** GET {at}/{id} */
    run(id: number, options?: CallOptions): Promise<SystemJob> {
        return this.api.get<SystemJob>(this.at + path`/${id}`, jobShape, options);
    }

    /** PUT {at}/{id}: stops it. */
    stop(id: number, options?: CallOptions): Promise<void> {
        return this.api.put(this.at + path`/${id}`, undefined, options);
    }

    /** GET {at}/{id}/log */
    log(id: number, options?: CallOptions): Promise<string> {
        return this.api.getText(this.at + path`/${id}/log`, options);
    }
}

export interface GarbageCollectionParameters {
    readonly delete_untagged?: boolean;
    /** 1 to 10. */
    readonly workers?: number;
    readonly dry_run?: boolean;
    /** From 2.15 on. */
    readonly delete_tag?: boolean;
}

/** Garbage collection, `/system/gc`: deletes blobs that nothing refers to, two hours after they were last touched. */
export class GarbageCollection extends SystemJobResource<GarbageCollectionParameters> {
    constructor(api: Api) {
        super(api, "/system/gc");
    }
}

/** Harbor refuses a schedule without the first two. */
export interface PurgeAuditParameters {
    /** Hours that entries are kept. */
    readonly audit_retention_hour: number;
    /** Comma-separated. */
    readonly include_event_types: string;
    readonly dry_run?: boolean;
}

/** Deletes old entries of the audit log, `/system/purgeaudit`. */
export class PurgeAudit extends SystemJobResource<PurgeAuditParameters> {
    constructor(api: Api) {
        super(api, "/system/purgeaudit");
    }
}

export interface ScanAllMetrics {
    readonly total: number;
    readonly completed: number;
    readonly ongoing: boolean;
    /** Artifacts by status. */
    readonly metrics: Readonly<Record<string, number>>;
    readonly trigger?: string;
}

/** Scan of all artifacts, `/system/scanAll`. Every call is 412, kind "precondition", where there is no scanner. */
export class ScanAll extends SystemScheduleResource<Record<string, never>> {
    constructor(api: Api) {
        super(api, "/system/scanAll");
    }

    /** POST /system/scanAll/schedule {"schedule":{"type":"Manual"}}: starts one now. */
    start(options?: CallOptions): Promise<void> {
        return this.api.post("/system/scanAll/schedule", { schedule: { type: "Manual" } }, options);
    }

    /** POST /system/scanAll/stop */
    stop(options?: CallOptions): Promise<void> {
        return this.api.post("/system/scanAll/stop", undefined, options);
    }

    /** GET /scans/all/metrics: how far the last one came. */
    metrics(options?: CallOptions): Promise<ScanAllMetrics> {
        const defaults = { total: 0, completed: 0, ongoing: false, metrics: {} };
        return this.api.get<ScanAllMetrics>("/scans/all/metrics", { defaults }, options);
    }
}
