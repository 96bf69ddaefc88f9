import { z } from "zod";
import type { Core } from "../core";
import { badRequest, notFound } from "../http/errors";
import { compact, createdBelow, done, ok, page, zeroTime } from "../http/reply";
import type { ApiRequest } from "../http/request";
import { Routes } from "../http/router";
import { nameOf } from "../security/principal";
import type { Row } from "../store/collection";
import type { Policy } from "../store/records";
import { webhookEvents } from "../webhooks";

const targetForm = z.object({
    type: z.string().default(""),
    address: z.string().default(""),
    auth_header: z.string().optional(),
    skip_cert_verify: z.boolean().default(false),
    payload_format: z.string().default(""),
});
const form = z.object({
    id: z.int().optional(),
    name: z.string().default(""),
    description: z.string().default(""),
    enabled: z.boolean().default(false),
    event_types: z.array(z.string()).nullish(),
    targets: z.array(targetForm).nullish(),
    creator: z.string().default(""),
    creation_time: z.string().optional(),
});
type Form = z.infer<typeof form>;

/** Source: src/server/v2.0/handler/webhook.go. */
export function webhookRoutes({ guard, tables }: Core): Routes {
    const routes = new Routes();
    const path = "/projects/:project/webhook/policies";

    routes.get("/projects/:project/webhook/events", async (request) => {
        await guard.project(request, "notification-policy", "read");
        return ok({
            event_type: webhookEvents,
            notify_type: ["http", "slack"],
            payload_formats: [{ notify_type: "http", formats: ["CloudEvents", "Default"] }],
        });
    });

    routes.get(path, async (request) => {
        const query = request.list();
        const project = await guard.project(request, "notification-policy", "list");
        const { rows, total } = await tables.webhooks.list({ project_id: project.id }, query);
        return page(request, query, total, rows.map(show));
    });

    routes.post(path, async (request) => {
        const policy = await request.body(form);
        const project = await guard.project(request, "notification-policy", "create");
        const content = { ...validate(policy), creator: nameOf(request.principal) };
        const { id } = await tables.webhooks.insert({ name: policy.name, project_id: project.id, content });
        return createdBelow(request, id);
    });

    const find = async (request: ApiRequest, action: string): Promise<Row<Policy>> => {
        const id = request.id("id");
        const project = await guard.project(request, "notification-policy", action);
        const policy = await tables.webhooks.get(id);
        if (policy?.project_id !== project.id) throw notFound(`notification policy ${String(id)}`);
        return policy;
    };

    routes.get(`${path}/:id`, async (request) => ok(show(await find(request, "read"))));

    routes.put(`${path}/:id`, async (request) => {
        const policy = await request.body(form);
        const old = await find(request, "update");
        await tables.webhooks.replace(old.id, {
            name: policy.name,
            project_id: old.project_id,
            content: validate(policy),
            // All of it is the sender's, the time too.
            creation_time: policy.creation_time ?? zeroTime,
        });
        return done;
    });

    routes.delete(`${path}/:id`, async (request) => {
        const policy = await find(request, "delete");
        await tables.webhooks.delete(policy.id);
        return done;
    });

    routes.get(`${path}/:id/executions`, async (request) => {
        const query = request.list();
        const { id } = await find(request, "read");
        const { rows, total } = await tables.executions.list({ vendor_type: "WEBHOOK", vendor_id: id }, query);
        const shown = rows.map(({ vendor_type, vendor_id, status, trigger, start_time, end_time, id: execution }) =>
            compact({ id: execution, vendor_type, vendor_id, status, trigger, start_time, end_time }),
        );
        return page(request, query, total, shown);
    });

    return routes;
}

function validate(policy: Form): Form {
    const events = policy.event_types ?? [];
    if (events.length === 0) throw badRequest("empty event type");
    const wrong = events.find((event) => !webhookEvents.includes(event));
    if (wrong !== undefined) throw badRequest(`unsupported event type ${wrong}`);
    const targets = policy.targets ?? [];
    if (targets.length === 0) throw badRequest(`empty notification target with policy ${policy.name}`);
    return { ...policy, targets: targets.map((target) => validTarget(target, policy.name)) };
}

function validTarget(target: z.infer<typeof targetForm>, policy: string): z.infer<typeof targetForm> {
    const address = target.address.includes("://") ? target.address : `http://${target.address}`;
    if (!/^https?:\/\//i.test(address) || !URL.canParse(address) || target.address.trim() === "")
        throw badRequest(`invalid URL: ${target.address}`);
    if (!["http", "slack"].includes(target.type))
        throw badRequest(`unsupported target type ${target.type} with policy ${policy}`);
    const format = target.payload_format;
    if (format !== "" && target.type === "slack") throw badRequest("set payload format is not allowed for slack");
    if (format !== "" && format !== "Default" && format !== "CloudEvents")
        throw badRequest(`unsupported payload format type: ${format}`);
    const { origin, pathname } = new URL(address);
    return {
        ...target,
        address: `${origin}${pathname === "/" && !address.endsWith("/") ? "" : pathname}`,
        payload_format: format === "" && target.type === "http" ? "Default" : format,
    };
}

function show({ id, name, project_id, content, creation_time, update_time }: Row<Policy>): object {
    const { description, enabled, event_types, targets, creator } = form.parse(content);
    return compact(
        {
            id,
            name,
            description,
            project_id,
            enabled,
            event_types,
            // The header is in clear: Harbor has no secrets here.
            targets: targets?.map((target) => compact(target)),
            creator,
            creation_time,
            update_time,
        },
        "enabled",
    );
}
