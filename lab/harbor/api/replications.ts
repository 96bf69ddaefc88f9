import { z } from "zod";
import type { Core } from "../core";
import { isCron } from "../cron";
import { badRequest, notFound, preconditionFailed } from "../http/errors";
import { compact, createdBelow, done, ok, page, zeroTime } from "../http/reply";
import type { ApiRequest } from "../http/request";
import { Routes } from "../http/router";
import type { Row } from "../store/collection";
import type { Execution, Policy } from "../store/records";
import { showRegistry } from "./registry-view";

const side = z
    .object({ id: z.int().default(0) })
    .loose()
    .nullish();
const form = z.object({
    name: z.string().default(""),
    description: z.string().default(""),
    src_registry: side,
    dest_registry: side,
    dest_namespace: z.string().default(""),
    dest_namespace_replace_count: z.int().nullish(),
    trigger: z
        .object({
            type: z.string().default(""),
            trigger_settings: z
                .object({ cron: z.string().default("") })
                .loose()
                .nullish(),
        })
        .nullish(),
    filters: z.array(z.object({ type: z.string().default(""), value: z.unknown() }).loose()).nullish(),
    deletion: z.boolean().default(false),
    /** Only shown: what is written into it, Harbor does not read. */
    replicate_deletion: z.boolean().optional(),
    override: z.boolean().default(false),
    enabled: z.boolean().default(false),
    speed: z.int().nullish(),
    copy_by_chunk: z.boolean().nullish(),
    single_active_replication: z.boolean().nullish(),
});
type Form = z.infer<typeof form>;

/** Numbers of the registries that a policy names; 0 is Harbor itself. */
export function replicationRegistries(content: Readonly<Record<string, unknown>>): readonly number[] {
    const { src_registry, dest_registry } = form.parse(content);
    return [src_registry?.id ?? 0, dest_registry?.id ?? 0];
}

/** Harbor itself, as a side of a policy. */
const localRegistry = {
    id: 0,
    name: "Local",
    url: "http://core:8080",
    type: "harbor",
    status: "healthy",
    insecure: true,
    credential: { type: "secret", access_secret: "*****" },
    creation_time: zeroTime,
    update_time: zeroTime,
};

/** Source: src/server/v2.0/handler/replication.go, src/controller/replication. */
export function replicationRoutes({ guard, jobs, tables }: Core): Routes {
    const routes = new Routes();

    const show = async ({ id, content, creation_time, update_time }: Row<Policy>): Promise<object> => {
        const policy = form.parse(content);
        const registry = async (sideId: number): Promise<object> => {
            const known = sideId === 0 ? undefined : await tables.registries.get(sideId);
            return known ? showRegistry(known) : localRegistry;
        };
        const [source, destination] = replicationRegistries(content);
        return compact(
            {
                ...policy,
                id,
                replicate_deletion: policy.deletion,
                src_registry: await registry(source ?? 0),
                dest_registry: await registry(destination ?? 0),
                dest_namespace_replace_count: policy.dest_namespace_replace_count ?? -1,
                filters: policy.filters?.length ? policy.filters : null,
                speed: Math.max(0, policy.speed ?? 0),
                copy_by_chunk: policy.copy_by_chunk ?? false,
                single_active_replication: policy.single_active_replication ?? false,
                creation_time,
                update_time,
            },
            ...["dest_namespace_replace_count", "filters", "speed", "copy_by_chunk", "single_active_replication"],
        );
    };

    const validate = async (policy: Form): Promise<void> => {
        if (policy.name === "") throw badRequest("empty name");
        const ids = replicationRegistries(policy);
        if (ids.every((id) => id === 0) || ids.every((id) => id !== 0))
            throw badRequest(
                "either src_registry or dest_registry should be empty and the other one shouldn't be empty",
            );
        for (const id of ids)
            if (id !== 0 && !(await tables.registries.get(id))) throw notFound(`registry ${String(id)}`);
        const type = policy.trigger?.type ?? "";
        if (policy.trigger && !["manual", "scheduled", "event_based"].includes(type))
            throw badRequest("invalid trigger type");
        const cron = policy.trigger?.trigger_settings?.cron ?? "";
        if (type === "scheduled" && !isCron(cron))
            throw badRequest(`invalid cron string for scheduled trigger: ${cron}`);
        if (type === "scheduled" && cron.split(" ")[1] === "*")
            throw badRequest("* is not allowed for the Minutes field of the cron setting of replication policy");
        for (const { type: filter } of policy.filters ?? [])
            if (!["resource", "name", "tag", "label"].includes(filter)) throw badRequest("invalid filter type");
    };

    const keepSchedule = async (id: number, { trigger, enabled }: Form): Promise<void> => {
        const cron = trigger?.trigger_settings?.cron ?? "";
        if (trigger?.type !== "scheduled" || !enabled) await jobs.removeSchedule("REPLICATION", id);
        else
            await jobs.setSchedule({ vendor_type: "REPLICATION", vendor_id: id, type: "Custom", cron, parameters: {} });
    };

    routes.get("/replication/policies", async (request) => {
        const query = request.list();
        guard.requireSystem(request, "replication-policy", "list");
        const name = request.query("name");
        const conditions = name ? [{ key: "name", match: { kind: "fuzzy", value: name } } as const] : [];
        const { rows, total } = await tables.replications.list(
            {},
            { ...query, conditions: [...query.conditions, ...conditions] },
        );
        return page(request, query, total, await Promise.all(rows.map(show)));
    });

    routes.post("/replication/policies", async (request) => {
        const policy = await request.body(form);
        guard.requireSystem(request, "replication-policy", "create");
        await validate(policy);
        const { id } = await tables.replications.insert({ name: policy.name, project_id: 0, content: policy });
        await keepSchedule(id, policy);
        return createdBelow(request, id);
    });

    const find = async (id: number): Promise<Row<Policy>> => {
        const policy = await tables.replications.get(id);
        if (!policy) throw notFound(`replication policy ${String(id)}`);
        return policy;
    };

    routes.get("/replication/policies/:id", async (request) => {
        const id = request.id("id");
        guard.requireSystem(request, "replication-policy", "read");
        return ok(await show(await find(id)));
    });

    routes.put("/replication/policies/:id", async (request) => {
        const id = request.id("id");
        const policy = await request.body(form);
        guard.requireSystem(request, "replication-policy", "update");
        await find(id);
        await validate(policy);
        await tables.replications.update(id, { name: policy.name, content: policy });
        await keepSchedule(id, policy);
        return done;
    });

    routes.delete("/replication/policies/:id", async (request) => {
        const id = request.id("id");
        guard.requireSystem(request, "replication-policy", "delete");
        await find(id);
        const runs = await tables.executions.all({ vendor_type: "REPLICATION", vendor_id: id });
        if (runs.some(({ status }) => status === "Running"))
            throw preconditionFailed(`the policy ${String(id)} has running executions, stop them first`);
        await jobs.removeSchedule("REPLICATION", id);
        await tables.replications.delete(id);
        return done;
    });

    routes.get("/replication/executions", async (request) => {
        const query = request.list();
        guard.requireSystem(request, "replication", "list");
        const policy = request.query("policy_id");
        const where = policy === undefined ? {} : { vendor_id: Number(policy) };
        const { rows, total } = await tables.executions.list({ vendor_type: "REPLICATION", ...where }, query);
        return page(request, query, total, rows.map(showExecution));
    });

    routes.post("/replication/executions", async (request) => {
        const { policy_id } = await request.body(z.object({ policy_id: z.int().default(0) }));
        guard.requireSystem(request, "replication", "create");
        const policy = await find(policy_id);
        if (!form.parse(policy.content).enabled)
            throw preconditionFailed(`the policy ${String(policy_id)} is disabled`);
        const run = { vendor_id: policy_id, trigger: "MANUAL", parameters: {} } as const;
        const copied = (): Promise<string> => Promise.resolve("the stand-in copies nothing\n");
        return createdBelow(request, (await jobs.start("REPLICATION", run, copied)).id);
    });

    const findExecution = async (request: ApiRequest, action: string): Promise<Row<Execution>> => {
        const id = request.id("id");
        guard.requireSystem(request, "replication", action);
        const execution = await tables.executions.get(id);
        if (execution?.vendor_type !== "REPLICATION") throw notFound(`replication execution ${String(id)}`);
        return execution;
    };

    routes.get("/replication/executions/:id", async (request) =>
        ok(showExecution(await findExecution(request, "read"))),
    );

    routes.put("/replication/executions/:id", async (request) => {
        const { id } = await findExecution(request, "create");
        await jobs.stop(id);
        return done;
    });

    routes.get("/replication/executions/:id/tasks", async (request) => {
        const query = request.list();
        await findExecution(request, "list");
        return page(request, query, 0, []);
    });

    return routes;
}

function showExecution({ id, vendor_id, status, trigger, start_time, end_time }: Row<Execution>): object {
    const words: Readonly<Record<string, string>> = { Success: "Succeed", Error: "Failed" };
    const triggers = { MANUAL: "manual", SCHEDULE: "scheduled", EVENT: "event_based" } as const;
    return {
        id,
        policy_id: vendor_id,
        status: words[status] ?? (status === "Stopped" ? "Stopped" : "InProgress"),
        trigger: triggers[trigger],
        start_time,
        ...(end_time === "" ? {} : { end_time }),
        status_text: "",
        total: 0,
        failed: 0,
        succeed: 0,
        in_progress: 0,
        stopped: 0,
    };
}
