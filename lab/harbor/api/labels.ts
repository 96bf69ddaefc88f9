import { z } from "zod";
import type { Core } from "../core";
import { badRequest, notFound } from "../http/errors";
import { compact, createdBelow, done, ok, page } from "../http/reply";
import type { ApiRequest } from "../http/request";
import { Routes } from "../http/router";
import type { Row } from "../store/collection";
import type { Label } from "../store/records";

const form = z.object({
    name: z.string().default(""),
    description: z.string().default(""),
    color: z.string().default(""),
    scope: z.string().default(""),
    project_id: z.int().default(0),
});

export function showLabel(label: Row<Label>): object {
    const { id, name, description, color, scope, project_id, creation_time, update_time } = label;
    return compact({ id, name, description, color, scope, project_id, creation_time, update_time });
}

/** Source: src/server/v2.0/handler/label.go. */
export function labelRoutes({ guard, tables }: Core): Routes {
    const routes = new Routes();

    const requireAccess = async (request: ApiRequest, label: Label, action: string): Promise<void> => {
        if (label.scope === "g") guard.requireSystem(request, "label", action);
        else await guard.requireProject(request, await tables.projects.get(label.project_id), "label", action);
    };

    const find = async (request: ApiRequest, action: string): Promise<Row<Label>> => {
        const id = request.id("id");
        const label = await tables.labels.get(id);
        if (!label) throw notFound(`label ${String(id)}`);
        await requireAccess(request, label, action);
        return label;
    };

    routes.get("/labels", async (request) => {
        const query = request.list();
        const scope = request.query("scope");
        if (scope !== "g" && scope !== "p") throw badRequest(`invalid scope: ${scope ?? ""}`);
        const projectId = scope === "g" ? 0 : Number(request.query("project_id") ?? 0);
        if (scope === "p") {
            if (projectId === 0) throw badRequest("must with project ID when to query project labels");
            await guard.requireProject(request, await tables.projects.get(projectId), "label", "list");
        }
        const name = request.query("name");
        const conditions = name ? [{ key: "name", match: { kind: "fuzzy", value: name } } as const] : [];
        const { rows, total } = await tables.labels.list(
            { scope, project_id: projectId },
            { ...query, conditions: [...query.conditions, ...conditions] },
        );
        return page(request, query, total, rows.map(showLabel));
    });

    routes.post("/labels", async (request) => {
        const given = await request.body(form);
        const { scope } = given;
        if (scope !== "g" && scope !== "p") throw badRequest(`invalid scope: ${scope}`);
        if (given.name === "" || given.name.length > 128)
            throw badRequest("label name cannot be empty, and has at most 128 characters");
        const label = { ...given, scope, project_id: scope === "g" ? 0 : given.project_id } as const;
        // The project need not be there.
        await requireAccess(request, label, "create");
        return createdBelow(request, (await tables.labels.insert(label)).id);
    });

    routes.get("/labels/:id", async (request) => ok(showLabel(await find(request, "read"))));

    routes.put("/labels/:id", async (request) => {
        const { name, description, color } = await request.body(form);
        const label = await find(request, "update");
        if (name === "" || name.length > 128)
            throw badRequest("label name cannot be empty, and has at most 128 characters");
        await tables.labels.update(label.id, { name, description, color });
        return done;
    });

    routes.delete("/labels/:id", async (request) => {
        const label = await find(request, "delete");
        for (const artifact of await tables.artifacts.all({ label_ids: [label.id] })) {
            const label_ids = artifact.label_ids.filter((id) => id !== label.id);
            await tables.artifacts.update(artifact.id, { label_ids });
        }
        await tables.labels.delete(label.id);
        return done;
    });

    return routes;
}
