import { z } from "zod";
import type { Core } from "../core";
import { isCron, nextTime } from "../cron";
import { ApiError, badRequest, conflict, notFound } from "../http/errors";
import { createdBelow, done, ok, page } from "../http/reply";
import type { ApiRequest } from "../http/request";
import { Routes } from "../http/router";
import { shownStatus } from "../jobs";
import type { Row } from "../store/collection";
import { applyRetention } from "../retention";
import type { Execution, Policy, RetentionTask } from "../store/records";

const ruleForm = z.object({}).loose();
const form = z.object({
    algorithm: z.string().default(""),
    rules: z.array(ruleForm).nullish(),
    trigger: z
        .object({ kind: z.string().default(""), settings: z.record(z.string(), z.unknown()).nullish() })
        .loose()
        .nullish(),
    scope: z.object({ level: z.string().default(""), ref: z.int().default(0) }).nullish(),
});
type Form = z.infer<typeof form>;

/** Tag retention. Source: src/server/v2.0/handler/retention.go. */
export function retentionRoutes(core: Core): Routes {
    const { guard, jobs, tables } = core;
    const routes = new Routes();

    const requireAccess = async (request: ApiRequest, projectId: number, action: string): Promise<void> => {
        await guard.requireProject(request, await tables.projects.get(projectId), "tag-retention", action);
    };

    /** @param missing what Harbor says of one that is not there: 500 to who reads it, 400 to the others */
    const find = async (
        request: ApiRequest,
        action: string,
        missing: (id: number) => ApiError,
    ): Promise<Row<Policy>> => {
        const id = request.id("id");
        guard.requireLogin(request);
        const policy = await tables.retentions.get(id);
        if (!policy) throw missing(id);
        await requireAccess(request, policy.project_id, action);
        return policy;
    };
    const unknown = (): ApiError => new ApiError(500, "UNKNOWN", "internal server error");
    const noSuch = (id: number): ApiError => badRequest(`bad request: no such Retention policy with id ${String(id)}`);

    routes.get("/retentions/metadatas", (request) => {
        guard.requireLogin(request);
        return ok(metadatas);
    });

    routes.get("/retentions/:id", async (request) => {
        const { id, content } = await find(request, "read", unknown);
        return ok({ id, ...withNextTime(content) });
    });

    routes.post("/retentions", async (request) => {
        const policy = await request.body(form);
        guard.requireLogin(request);
        validate(policy);
        const ref = policy.scope?.ref ?? 0;
        await requireAccess(request, ref, "create");
        if (policy.scope?.level !== "project") throw badRequest(`scope ${policy.scope?.level ?? ""} is not support`);
        const project = await tables.projects.get(ref);
        if (!project) throw badRequest(`invalid Project id ${String(ref)}`);
        const old = project.metadata["retention_id"];
        if (old) throw badRequest(`project ${String(ref)} already has retention policy ${old}`);
        const { id } = await tables.retentions.insert({ name: "", project_id: ref, content: contentOf(policy) });
        await tables.projects.update(ref, { metadata: { ...project.metadata, retention_id: String(id) } });
        await keepSchedule(id, policy);
        return createdBelow(request, id);
    });

    const keepSchedule = async (id: number, { trigger }: Form): Promise<void> => {
        const cron = cronOf(trigger?.settings);
        if (trigger?.kind !== "Schedule" || cron === "") await jobs.removeSchedule("RETENTION", id);
        else await jobs.setSchedule({ vendor_type: "RETENTION", vendor_id: id, type: "Custom", cron, parameters: {} });
    };

    routes.put("/retentions/:id", async (request) => {
        const id = request.id("id");
        const policy = await request.body(form);
        guard.requireLogin(request);
        validate(policy);
        await requireAccess(request, policy.scope?.ref ?? 0, "update");
        const old = await tables.retentions.get(id);
        if (!old) throw unknown();
        if (old.project_id !== policy.scope?.ref) throw notFound(`the retention policy ${String(id)} was`);
        await tables.retentions.update(id, { content: contentOf(policy) });
        await keepSchedule(id, policy);
        return done;
    });

    routes.delete("/retentions/:id", async (request) => {
        const { id, project_id } = await find(request, "delete", noSuch);
        await jobs.removeSchedule("RETENTION", id);
        await tables.retentions.delete(id);
        const project = await tables.projects.get(project_id);
        const rest = Object.entries(project?.metadata ?? {}).filter(([key]) => key !== "retention_id");
        await tables.projects.update(project_id, { metadata: Object.fromEntries(rest) });
        return done;
    });

    routes.post("/retentions/:id/executions", async (request) => {
        const { dry_run } = await request.body(z.object({ dry_run: z.boolean().default(false) }));
        const { id } = await find(request, "update", noSuch);
        const run = { vendor_id: id, trigger: "MANUAL", parameters: { dry_run } } as const;
        const execution = await jobs.start("RETENTION", run, async (number) => {
            const policy = await tables.retentions.get(id);
            const tasks = policy ? await applyRetention(core, policy, dry_run) : [];
            await tables.executions.update(number, { tasks });
            return tasks.map(({ log }) => log).join("");
        });
        return createdBelow(request, execution.id);
    });

    routes.get("/retentions/:id/executions", async (request) => {
        const query = request.list();
        const { id } = await find(request, "list", noSuch);
        const { rows, total } = await tables.executions.list({ vendor_type: "RETENTION", vendor_id: id }, query);
        return page(request, query, total, rows.map(showExecution));
    });

    routes.patch("/retentions/:id/executions/:execution", async (request) => {
        const { action } = await request.body(z.object({ action: z.string().default("") }));
        if (action !== "stop") throw badRequest("action should be 'stop'");
        const execution = await findExecution(request, "update");
        await jobs.stop(execution.id);
        return done;
    });

    const findExecution = async (request: ApiRequest, action: string): Promise<Row<Execution>> => {
        const { id } = await find(request, action, noSuch);
        const execution = await tables.executions.get(request.id("execution"));
        if (execution?.vendor_type !== "RETENTION" || execution.vendor_id !== id) throw notFound("execution");
        return execution;
    };

    routes.get("/retentions/:id/executions/:execution/tasks", async (request) => {
        const query = request.list();
        const execution = await findExecution(request, "list");
        const tasks = (execution.tasks ?? []).map((task, index) => showTask(execution, task, index));
        const { page: number, pageSize } = query;
        return page(request, query, tasks.length, tasks.slice((number - 1) * pageSize, number * pageSize));
    });

    routes.get("/retentions/:id/executions/:execution/tasks/:task", async (request) => {
        const execution = await findExecution(request, "read");
        const task = execution.tasks?.[request.id("task") - 1 - execution.id * tasksOfOne];
        if (!task) throw notFound("task");
        return { status: 200, body: task.log };
    });

    return routes;
}

function validate({ rules, trigger }: Form): void {
    const texts = (rules ?? []).map((rule) => JSON.stringify({ ...rule, id: 0 }));
    if (texts.length > 15) throw badRequest("only 15 rules are allowed at most");
    const twice = texts.findIndex((text, index) => texts.indexOf(text) !== index);
    if (twice >= 0)
        throw conflict(`rule ${String(twice)} is conflict with rule ${String(texts.indexOf(texts[twice] ?? ""))}`);
    const cron = cronOf(trigger?.settings);
    if (trigger?.kind === "Schedule" && cron !== "" && !isCron(cron)) throw badRequest(`invalid cron: ${cron}`);
}

function cronOf(settings: Readonly<Record<string, unknown>> | null | undefined): string {
    const cron = settings?.["cron"];
    return typeof cron === "string" ? cron : "";
}

/** As it comes back: rules are numbered, and what is false is left out. */
function contentOf({ algorithm, rules, trigger, scope }: Form): Readonly<Record<string, unknown>> {
    return {
        algorithm,
        rules: (rules ?? []).map(({ disabled, ...rule }, id) => ({
            ...rule,
            ...(disabled === true ? { disabled } : {}),
            ...(id === 0 ? {} : { id }),
        })),
        trigger,
        scope,
    };
}

function withNextTime(content: Readonly<Record<string, unknown>>): object {
    const trigger = form.shape.trigger.parse(content["trigger"]);
    const next = nextTime(cronOf(trigger?.settings), new Date());
    if (!trigger || !next) return content;
    const settings = { ...trigger.settings, next_scheduled_time: next.toISOString() };
    return { ...content, trigger: { ...trigger, settings } };
}

function showExecution(execution: Row<Execution>): object {
    const { id, vendor_id, start_time, end_time, trigger, parameters } = execution;
    return {
        id,
        policy_id: vendor_id,
        start_time,
        ...(end_time === "" ? {} : { end_time }),
        status: shownStatus(execution),
        trigger,
        ...(parameters["dry_run"] === true ? { dry_run: true } : {}),
    };
}

/** Room for the numbers of an execution's tasks, of which there is one a repository. */
const tasksOfOne = 100_000;

function showTask({ id, status }: Row<Execution>, task: RetentionTask, index: number): object {
    const { ended, repository, retained, started, total } = task;
    return {
        id: id * tasksOfOne + index + 1,
        execution_id: id,
        repository,
        status,
        start_time: started,
        end_time: ended,
        total,
        retained,
    };
}

const count = (unit: string): object => ({ type: "int", unit, required: true });
const template = (rule_template: string, display_text: string, params: readonly object[]): object => ({
    rule_template,
    display_text,
    action: "retain",
    params,
});
const metadatas = {
    templates: [
        template("latestPushedK", "the most recently pushed # artifacts", [count("COUNT")]),
        template("latestPulledN", "the most recently pulled # artifacts", [count("COUNT")]),
        template("nDaysSinceLastPush", "pushed within the last # days", [count("DAYS")]),
        template("nDaysSinceLastPull", "pulled within the last # days", [count("DAYS")]),
        template("always", "always", []),
    ],
    scope_selectors: [
        { display_text: "Repositories", kind: "doublestar", decorations: ["repoMatches", "repoExcludes"] },
    ],
    tag_selectors: [{ display_text: "Tags", kind: "doublestar", decorations: ["matches", "excludes"] }],
};
