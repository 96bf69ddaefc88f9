import type { Core } from "./core";

/** What was done, in the words of Harbor's audit log. Source: src/controller/event/topic.go. */
export interface Deed {
    readonly operation: "create" | "delete" | "pull";
    readonly resource_type: "artifact" | "project" | "repository" | "robot" | "tag";
    /** library/app:1, library/app@sha256:..., a project's or a robot's name. */
    readonly resource: string;
    /** @default the operation, the type and the resource */
    readonly description?: string;
    /** Number of the project; 0 where it is of none. */
    readonly project_id: number;
    readonly operator: string;
}

/** Writes it down, for GET /auditlog-exts. */
export async function recordDeed({ tables }: Pick<Core, "tables">, deed: Deed): Promise<void> {
    const { operation, operator, project_id, resource, resource_type } = deed;
    await tables.auditLogs.insert({
        username: operator === "" ? "anonymous" : operator,
        resource,
        resource_type,
        operation,
        operation_description: deed.description ?? `${operation} ${resource_type}: ${resource}`,
        operation_result: true,
        op_time: new Date().toISOString(),
        project_id,
    });
}
