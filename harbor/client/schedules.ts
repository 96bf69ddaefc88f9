import type { Api, ListCall } from "./api";
import type { CallOptions } from "./deadline";
import type { Listing } from "./listing";

/** Something that begins by itself at its times. */
export interface ScheduledTask {
    readonly id: number;
    /** `GARBAGE_COLLECTION`, `RETENTION`, `REPLICATION`, ... */
    readonly vendor_type: string;
    readonly vendor_id: number;
    /** 6 fields, seconds first. */
    readonly cron: string;
    readonly update_time?: string;
}

/** All schedules together. */
export class Schedules {
    constructor(private readonly api: Api) {}

    /** GET /schedules */
    list(options?: ListCall): Listing<ScheduledTask> {
        const shape = { dates: ["update_time"], defaults: { vendor_id: 0, cron: "" } } as const;
        return this.api.list<ScheduledTask>("/schedules", shape, options);
    }

    /** GET /schedules/all/paused: whether the queue SCHEDULER is paused. Harbor knows no other name than "all". */
    async paused(options?: CallOptions): Promise<boolean> {
        const shape = { defaults: { paused: false } };
        return (await this.api.get<{ paused: boolean }>("/schedules/all/paused", shape, options)).paused;
    }
}
