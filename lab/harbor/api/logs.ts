import type { Core } from "../core";
import { ok, page } from "../http/reply";
import type { ApiRequest } from "../http/request";
import { Routes } from "../http/router";
import type { Row } from "../store/collection";
import type { Condition } from "../store/query";
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

    /** Without what is the table's own: its times, and the project's number. */
    const show = (row: Row<AuditLog>): object => {
        const own = ["creation_time", "update_time", "project_id"];
        return Object.fromEntries(Object.entries(row).filter(([key]) => !own.includes(key)));
    };

    /** Who may not read the system's log is shown that of the projects in which they may read it: a robot, nothing. */
    const visible = async (request: ApiRequest): Promise<readonly Condition[]> => {
        const { principal } = request;
        guard.requireLogin(request);
        if (guard.canSystem(principal, "audit-log", "list")) return [];
        const values: string[] = [];
        for (const project of principal.kind === "user" ? await tables.projects.all() : [])
            if (await guard.canProject(principal, project, "log", "list")) values.push(String(project.id));
        return [{ key: "project_id", match: { kind: "any", values } }];
    };

    routes.get("/auditlog-exts", async (request) => {
        const query = request.list();
        const conditions = [...query.conditions, ...(await visible(request))];
        const { rows, total } = await tables.auditLogs.list({}, { ...query, conditions });
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
