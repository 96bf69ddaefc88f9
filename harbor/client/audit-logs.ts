import type { Api, ListCall } from "./api";
import type { Listing } from "./listing";

export interface AuditLogEntry {
    readonly id: number;
    readonly username: string;
    readonly resource: string;
    readonly resource_type: string;
    readonly operation: string;
    readonly operation_description: string;
    readonly operation_result: boolean;
    readonly op_time?: string;
}

/** Who did what. */
export class AuditLogs {
    constructor(private readonly api: Api) {}

    /**
     * GET /auditlog-exts, from 2.13 on: the last entries first.
     * @param q Harbor's filter, such as `operation=create`
     */
    list(q?: string, options?: ListCall): Listing<AuditLogEntry> {
        const shape = {
            dates: ["op_time"],
            defaults: { username: "", operation_description: "", operation_result: false },
        } as const;
        return this.api.list<AuditLogEntry>("/auditlog-exts", shape, options, { query: { q } });
    }
}
