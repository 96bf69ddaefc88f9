import { z } from "zod";
import type { Core } from "../core";
import { badRequest, notFound } from "../http/errors";
import { createdBelow, done, page } from "../http/reply";
import type { ApiRequest } from "../http/request";
import { Routes } from "../http/router";
import type { Row } from "../store/collection";
import type { Policy } from "../store/records";

const selector = z.object({
    kind: z.string().default("doublestar"),
    decoration: z.string().default(""),
    pattern: z.string().default(""),
    extras: z.string().optional(),
});
const form = z.object({
    id: z.int().default(0),
    priority: z.int().default(0),
    disabled: z.boolean().default(false),
    action: z.string().default(""),
    template: z.string().default(""),
    params: z.record(z.string(), z.unknown()).nullish(),
    tag_selectors: z.array(selector).default([]),
    scope_selectors: z.record(z.string(), z.array(selector)).default({}),
});
type Rule = z.infer<typeof form>;

/** Source: src/server/v2.0/handler/immutable.go. */
export function ruleRoutes({ guard, tables }: Core): Routes {
    const routes = new Routes();
    const path = "/projects/:project/immutabletagrules";

    routes.get(path, async (request) => {
        const query = request.list();
        const project = await guard.project(request, "immutable-tag", "list");
        const { rows, total } = await tables.immutableRules.list({ project_id: project.id }, query);
        return page(request, query, total, rows.map(show));
    });

    routes.post(path, async (request) => {
        const rule = await request.body(form);
        const project = await guard.project(request, "immutable-tag", "create");
        validate(rule);
        const { id } = await tables.immutableRules.insert(policyOf(rule, project.id));
        return createdBelow(request, id);
    });

    const find = async (request: ApiRequest, action: string): Promise<Row<Policy>> => {
        const id = request.id("id");
        const project = await guard.project(request, "immutable-tag", action);
        const rule = await tables.immutableRules.get(id);
        if (rule?.project_id !== project.id) throw notFound(`immutable rule ${String(id)}`);
        return rule;
    };

    routes.put(`${path}/:id`, async (request) => {
        const rule = await request.body(form);
        if (rule.id !== request.id("id"))
            throw badRequest("the immutable_rule_id doesn't match the id in the payload body of ImmutableRule");
        const old = await find(request, "update");
        validate(rule);
        await tables.immutableRules.update(old.id, policyOf(rule, old.project_id));
        return done;
    });

    routes.delete(`${path}/:id`, async (request) => {
        const rule = await find(request, "delete");
        await tables.immutableRules.delete(rule.id);
        return done;
    });

    return routes;
}

function validate({ tag_selectors, scope_selectors }: Rule): void {
    const all = [...tag_selectors, ...Object.values(scope_selectors).flat()];
    if (all.some(({ pattern }) => pattern === "")) throw badRequest("the pattern of a selector cannot be empty");
}

function policyOf(rule: Rule, project_id: number): Policy {
    // Two that select the same are the same rule, whether disabled or not.
    const fingerprint = JSON.stringify([rule.tag_selectors, rule.scope_selectors]);
    return { name: "", project_id, fingerprint, content: rule };
}

function show({ id, content }: Row<Policy>): object {
    const { priority, disabled, params, ...rest } = form.parse(content);
    return {
        ...rest,
        id,
        ...(priority === 0 ? {} : { priority }),
        ...(disabled ? { disabled } : {}),
        ...(params ? { params } : {}),
    };
}
