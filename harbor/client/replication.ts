import type { Api, ListCall } from "./api";
import type { CallOptions } from "./deadline";
import type { Listing } from "./listing";
import { path } from "./paths";

export interface ReplicationFilter {
    readonly type: "name" | "tag" | "label" | "resource";
    readonly value: unknown;
    readonly decoration?: "matches" | "excludes";
}

/** What is copied where, and when. One of both registries is this Harbor: then it is left out. */
export interface ReplicationPolicy {
    readonly id: number;
    readonly name: string;
    readonly description: string;
    readonly src_registry?: { readonly id: number; readonly name?: string };
    readonly dest_registry?: { readonly id: number; readonly name?: string };
    readonly dest_namespace?: string;
    readonly dest_namespace_replace_count?: number;
    readonly trigger: {
        readonly type: "manual" | "scheduled" | "event_based";
        readonly trigger_settings?: { readonly cron?: string };
    };
    readonly filters: readonly ReplicationFilter[];
    /** Whether what is deleted here is deleted there. Harbor reads no `replicate_deletion`, though its document has it. */
    readonly deletion: boolean;
    readonly override: boolean;
    readonly enabled: boolean;
    /** Kilobytes a second; -1: no limit. */
    readonly speed: number;
    readonly copy_by_chunk: boolean;
    /** From 2.14 on: no second run beside one that is under way. */
    readonly single_active_replication: boolean;
    readonly creation_time?: string;
    readonly update_time?: string;
}

export type NewReplicationPolicy = Omit<ReplicationPolicy, "id" | "creation_time" | "update_time">;

export interface ReplicationExecution {
    readonly id: number;
    readonly policy_id: number;
    /** `InProgress`, `Succeed`, `Failed`, `Stopped` */
    readonly status: string;
    readonly status_text: string;
    readonly trigger: string;
    readonly total: number;
    readonly failed: number;
    readonly succeed: number;
    readonly in_progress: number;
    readonly stopped: number;
    readonly start_time?: string;
    readonly end_time?: string;
}

export interface ExecutionFilter {
    readonly policyId?: number;
    readonly status?: string;
}

const policyShape = {
    dates: ["creation_time", "update_time"],
    defaults: {
        description: "",
        filters: [],
        deletion: false,
        trigger: { type: "manual" },
        override: false,
        enabled: false,
        speed: 0,
        copy_by_chunk: false,
        single_active_replication: false,
    },
} as const;
const executionShape = {
    dates: ["start_time", "end_time"],
    defaults: { status_text: "", total: 0, failed: 0, succeed: 0, in_progress: 0, stopped: 0 },
} as const;

/** Copies between registries. */
export class Replication {
    constructor(private readonly api: Api) {}

    /** GET /replication/policies */
    policies(options?: ListCall): Listing<ReplicationPolicy> {
        return this.api.list<ReplicationPolicy>("/replication/policies", policyShape, options);
    }

    /** GET /replication/policies/{id} */
    policy(id: number, options?: CallOptions): Promise<ReplicationPolicy> {
        return this.api.get<ReplicationPolicy>(path`/replication/policies/${id}`, policyShape, options);
    }

    /** POST /replication/policies. @returns its number */
    createPolicy(policy: NewReplicationPolicy, options?: CallOptions): Promise<number> {
        return this.api.create("/replication/policies", policy, options);
    }

    /** PUT /replication/policies/{id}: replaces it. */
    updatePolicy(policy: ReplicationPolicy, options?: CallOptions): Promise<void> {
        return this.api.put(path`/replication/policies/${policy.id}`, policy, options);
    }

    /** DELETE /replication/policies/{id}. @throws HarborError of kind "precondition" while it runs */
    deletePolicy(id: number, options?: CallOptions): Promise<void> {
        return this.api.delete(path`/replication/policies/${id}`, options);
    }

    /** GET /replication/executions: the last one first. */
    executions(filter: ExecutionFilter = {}, options?: ListCall): Listing<ReplicationExecution> {
        return this.api.list<ReplicationExecution>("/replication/executions", executionShape, options, {
            query: { policy_id: filter.policyId, status: filter.status },
        });
    }

    /** POST /replication/executions. @returns its number */
    start(policyId: number, options?: CallOptions): Promise<number> {
        return this.api.create("/replication/executions", { policy_id: policyId }, options);
    }

    /** GET /replication/executions/{id} */
    execution(id: number, options?: CallOptions): Promise<ReplicationExecution> {
        return this.api.get<ReplicationExecution>(path`/replication/executions/${id}`, executionShape, options);
    }

    /** PUT /replication/executions/{id}: stops it. */
    stop(id: number, options?: CallOptions): Promise<void> {
        return this.api.put(path`/replication/executions/${id}`, undefined, options);
    }
}
