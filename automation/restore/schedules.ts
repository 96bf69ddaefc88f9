import type { HarborClient } from "../../harbor/client/client";
import type { CallOptions } from "../../harbor/client/deadline";
import type { ScheduledTask } from "../../harbor/client/schedules";

/** What begins by itself in a Harbor, as a backup's manifest has it. */
export type KeptSchedule = Pick<ScheduledTask, "vendor_type" | "vendor_id" | "cron">;

export interface ScheduleDifference {
    readonly kept: KeptSchedule;
    /** What there is now: another time; undefined: nothing. */
    readonly live?: KeptSchedule;
}

/** Schedules of a backup that are gone, or begin at other times. Pure. */
export function scheduleDifferences(
    kept: readonly KeptSchedule[],
    live: readonly KeptSchedule[],
): readonly ScheduleDifference[] {
    return kept.flatMap((one) => {
        // Those of the system have a number of their own, which each write changes.
        const same = live.filter(
            ({ vendor_type, vendor_id }) =>
                vendor_type === one.vendor_type && (isSystem(vendor_type) || vendor_id === one.vendor_id),
        );
        if (same.some(({ cron }) => cron === one.cron)) return [];
        const [other] = same;
        return [other === undefined ? { kept: one } : { kept: one, live: other }];
    });
}

const systemTypes: ReadonlySet<string> = new Set(["GARBAGE_COLLECTION", "PURGE_AUDIT_LOG", "PURGE_AUDIT", "SCAN_ALL"]);

function isSystem(type: string): boolean {
    return systemTypes.has(type);
}

/** `REPLICATION 3 at 0 0 2 * * *` */
export function describeSchedule({ vendor_type, vendor_id, cron }: KeptSchedule): string {
    return `${vendor_type}${isSystem(vendor_type) ? "" : ` ${String(vendor_id)}`} at ${cron}`;
}

/**
 * Arms what a backup's registry had: its policies came back with the database, and writing one anew schedules it.
 * @returns what could not be armed, in words
 */
export async function rearm(
    harbor: HarborClient,
    differences: readonly ScheduleDifference[],
    options: CallOptions,
): Promise<readonly string[]> {
    const left: string[] = [];
    for (const { kept } of differences) {
        const why = await rearmOne(harbor, kept, options);
        if (why !== undefined) left.push(`${describeSchedule(kept)}: ${why}`);
    }
    return left;
}

async function rearmOne(harbor: HarborClient, kept: KeptSchedule, options: CallOptions): Promise<string | undefined> {
    const { vendor_type, vendor_id, cron } = kept;
    const schedule = { type: "Custom", cron } as const;
    switch (vendor_type) {
        case "GARBAGE_COLLECTION": {
            const set = await harbor.gc.get(options);
            await harbor.gc.set({ schedule, parameters: set?.parameters ?? {} }, options);
            return undefined;
        }
        case "PURGE_AUDIT":
        case "PURGE_AUDIT_LOG": {
            const { audit_retention_hour, include_event_types } =
                (await harbor.purgeAudit.get(options))?.parameters ?? {};
            if (audit_retention_hour === undefined || include_event_types === undefined) {
                return "its parameters are not in the database: set it in the portal";
            }
            await harbor.purgeAudit.set(
                { schedule, parameters: { audit_retention_hour, include_event_types } },
                options,
            );
            return undefined;
        }
        case "SCAN_ALL":
            await harbor.scanAll.set({ schedule }, options);
            return undefined;
        case "RETENTION": {
            const policy = await harbor.retentions.get(vendor_id, options);
            if (policy === undefined) return "there is no such policy";
            await harbor.retentions.update(policy, options);
            return undefined;
        }
        case "REPLICATION":
            await harbor.replication.updatePolicy(await harbor.replication.policy(vendor_id, options), options);
            return undefined;
        default:
            return "Harbor arms it itself, at its start";
    }
}
