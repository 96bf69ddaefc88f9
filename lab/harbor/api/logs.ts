import type { Core } from "../core";
import { ok, page } from "../http/reply";
import { Routes } from "../http/router";
import type { Row } from "../store/collection";
import type { AuditLog } from "../store/records";

const eventTypes = [
    "create_user",
    "delete_user",
    "update_user",
    "login_user",
    "logout_user",
    "create_robot",
    "delete_robot",
    "create_project",
    "delete_project",
    "update_project",
    "create_artifact",
    "delete_artifact",
    "pull_artifact",
    "create_tag",
    "delete_tag",
    "delete_repository",
    "update_configuration",
];

/** What was done by whom. Source: src/server/v2.0/handler/auditlog.go. */
export function logRoutes({ guard, tables }: Core): Routes {
    const routes = new Routes();

    const show = ({
        id,
        username,
        resource,
        resource_type,
        operation,
        operation_description,
        operation_result,
        op_time,
    }: Row<AuditLog>): object => ({
        id,
        username,
        resource,
        resource_type,
        operation,
        operation_description,
        operation_result,
        op_time,
    });

    routes.get("/auditlog-exts", async (request) => {
        const query = request.list();
        guard.requireSystem(request, "audit-log", "list");
        const { rows, total } = await tables.auditLogs.list({}, query);
        return page(request, query, total, rows.map(show));
    });

    routes.get("/auditlog-exts/events", (request) => {
        guard.requireSystem(request, "audit-log", "list");
        return ok(eventTypes.map((event_type) => ({ event_type })));
    });

    routes.get("/projects/:project/auditlog-exts", async (request) => {
        const query = request.list();
        const project = await guard.project(request, "log", "list");
        const { rows, total } = await tables.auditLogs.list({ project_id: project.id }, query);
        return page(request, query, total, rows.map(show));
    });

    return routes;
}
