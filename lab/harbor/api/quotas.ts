import { z } from "zod";
import type { Core } from "../core";
import { badRequest, notFound } from "../http/errors";
import { compact, done, ok, page, zeroTime } from "../http/reply";
import { Routes } from "../http/router";
import type { Row } from "../store/collection";
import type { Quota } from "../store/records";

const form = z.object({ hard: z.record(z.string(), z.int()) });

/** Quotas of projects. Source: src/server/v2.0/handler/quota.go. */
export function quotaRoutes({ guard, tables }: Core): Routes {
    const routes = new Routes();

    const show = async (quota: Row<Quota>): Promise<object> => {
        const project = await tables.projects.get(quota.project_id);
        return compact({
            id: quota.id,
            // Harbor leaves the owner's name empty.
            ref: { id: quota.project_id, name: project?.name ?? "", owner_name: "" },
            hard: quota.hard,
            used: quota.used,
            creation_time: quota.creation_time,
            update_time: quota.update_time,
        });
    };

    routes.get("/quotas", async (request) => {
        const query = request.list();
        guard.requireSystem(request, "quota", "list");
        const reference = request.query("reference_id");
        const kind = request.query("reference");
        const where = reference === undefined ? {} : { project_id: Number(reference) };
        const { rows, total } =
            kind === undefined || kind === "project" ? await tables.quotas.list(where, query) : { rows: [], total: 0 };
        return page(request, query, total, await Promise.all(rows.map(show)));
    });

    const find = async (id: number): Promise<Row<Quota>> => {
        const quota = await tables.quotas.get(id);
        if (!quota) throw notFound(`quota ${String(id)}`);
        return quota;
    };

    routes.get("/quotas/:id", async (request) => {
        const id = request.id("id");
        guard.requireSystem(request, "quota", "read");
        // The list alone has the true time.
        return ok({ ...(await show(await find(id))), update_time: zeroTime });
    });

    routes.put("/quotas/:id", async (request) => {
        const id = request.id("id");
        const { hard } = await request.body(form);
        guard.requireSystem(request, "quota", "update");
        await find(id);
        for (const [resource, limit] of Object.entries(hard)) {
            if (resource !== "storage") throw badRequest(`resource ${resource} not support`);
            if (limit < -1 || limit === 0) throw badRequest(`${resource} must be -1 or greater than 0`);
        }
        const { storage } = hard;
        if (storage === undefined) throw badRequest("resource storage is required");
        await tables.quotas.update(id, { hard: { storage } });
        return done;
    });

    return routes;
}
