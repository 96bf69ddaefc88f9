import type { Api, ListCall } from "./api";
import type { CallOptions } from "./deadline";
import { isHarborError } from "./errors";
import type { Listing } from "./listing";
import { path } from "./paths";
import { tagRuleShape, type TagRule } from "./tag-rules";

export interface RetentionPolicy {
    readonly id: number;
    /** What any of the rules keeps, is kept. */
    readonly algorithm: "or";
    readonly rules: readonly TagRule[];
    readonly trigger: {
        readonly kind: "Schedule";
        /** cron has 6 fields, and no seconds but 0; empty: started by hand. */
        readonly settings: { readonly cron: string; readonly next_scheduled_time?: string };
    };
    /** ref: the project's number */
    readonly scope: { readonly level: "project"; readonly ref: number };
}

export type NewRetentionPolicy = Omit<RetentionPolicy, "id">;

export interface RetentionExecution {
    readonly id: number;
    readonly policy_id: number;
    /** `Pending`, `Running`, `Success`, `Error`, `Stopped` */
    readonly status: string;
    /** `MANUAL`, `SCHEDULE` */
    readonly trigger: string;
    readonly dry_run: boolean;
    readonly start_time?: string;
    readonly end_time?: string;
}

/** Which tags are kept. A project has one policy at most; its number is in the project's metadata. */
export class Retentions {
    constructor(private readonly api: Api) {}

    /**
     * GET /retentions/{id}; undefined where there is none of that number. Harbor answers 500 then, in the words of every
     * other 500 ("UNKNOWN: internal server error", seen on 2.15.2), so the policy's executions are asked for, too:
     * GET /retentions/{id}/executions says 400 "no such Retention policy".
     * @throws HarborError of kind "server" for a 500 that has another cause
     */
    async get(id: number, options?: CallOptions): Promise<RetentionPolicy | undefined> {
        try {
            return await this.api.get<RetentionPolicy>(
                path`/retentions/${id}`,
                { defaults: { rules: [] }, inner: { rules: tagRuleShape } },
                options,
            );
        } catch (error) {
            if (isHarborError(error, "not-found")) return undefined;
            const isUnclear = isHarborError(error, "server") && error.status === 500 && error.code === "UNKNOWN";
            if (isUnclear && (await saysThatNoneIs(this.executions(id, options)))) return undefined;
            throw error;
        }
    }

    /** POST /retentions. @returns its number. @throws HarborError of kind "invalid" where the project has one */
    create(policy: NewRetentionPolicy, options?: CallOptions): Promise<number> {
        return this.api.create("/retentions", policy, options);
    }

    /** PUT /retentions/{id}: replaces it. */
    update(policy: RetentionPolicy, options?: CallOptions): Promise<void> {
        return this.api.put(path`/retentions/${policy.id}`, policy, options);
    }

    /** DELETE /retentions/{id} */
    delete(id: number, options?: CallOptions): Promise<void> {
        return this.api.delete(path`/retentions/${id}`, options);
    }

    /** POST /retentions/{id}/executions: starts it. @param dryRun only says what it would delete */
    start(id: number, dryRun: boolean, options?: CallOptions): Promise<void> {
        return this.api.post(path`/retentions/${id}/executions`, { dry_run: dryRun }, options);
    }

    /** GET /retentions/{id}/executions */
    executions(id: number, options?: ListCall): Listing<RetentionExecution> {
        return this.api.list<RetentionExecution>(
            path`/retentions/${id}/executions`,
            { dates: ["start_time", "end_time"], defaults: { dry_run: false } },
            options,
        );
    }
}

async function saysThatNoneIs(executions: Listing<RetentionExecution>): Promise<boolean> {
    try {
        await executions.total();
        return false;
    } catch (error) {
        if (!isHarborError(error)) throw error;
        return error.kind === "invalid" && /no such retention policy/i.test(error.message);
    }
}
