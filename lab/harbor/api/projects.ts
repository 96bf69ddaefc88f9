import { z } from "zod";
import { recordDeed } from "../audit";
import type { Core } from "../core";
import { badRequest, notFound, preconditionFailed } from "../http/errors";
import { compact, created, done, ok, page, zeroTime } from "../http/reply";
import type { ApiRequest } from "../http/request";
import { Routes } from "../http/router";
import { isAdmin, nameOf, type Principal } from "../security/principal";
import { roleNames } from "../security/permissions";
import type { Row } from "../store/collection";
import type { Project } from "../store/records";
import { metadataRoutes, projectMetadata } from "./metadata";

const allowlist = z.object({ items: z.array(z.object({ cve_id: z.string() })).nullish() }).loose();
const createForm = z.object({
    project_name: z.string().max(255).default(""),
    public: z.boolean().nullish(),
    metadata: projectMetadata.nullish(),
    cve_allowlist: allowlist.nullish(),
    storage_limit: z.int().nullish(),
    registry_id: z.int().nullish(),
});
const updateForm = z.object({ metadata: projectMetadata.nullish(), cve_allowlist: allowlist.nullish() }).loose();

/** Projects. Source: src/server/v2.0/handler/project.go. */
export function projectRoutes(core: Core): Routes {
    const { configuration, guard, jobs, tables } = core;
    const routes = metadataRoutes(core);

    const repositoryCount = async (project: Row<Project>): Promise<number> =>
        (await tables.repositories.all({ project_id: project.id })).length;

    const show = async (project: Row<Project>, principal: Principal): Promise<object> => {
        const owner = await tables.users.get(project.owner_id);
        const members =
            principal.kind === "user"
                ? await tables.members.all({ project_id: project.id, entity_type: "u", entity_id: principal.user.id })
                : [];
        const roles = members.map(({ role_id }) => role_id);
        return compact(
            {
                project_id: project.id,
                name: project.name,
                owner_id: project.owner_id,
                owner_name: owner?.username ?? "",
                registry_id: project.registry_id,
                creation_time: project.creation_time,
                update_time: project.update_time,
                repo_count: await repositoryCount(project),
                metadata: project.metadata,
                cve_allowlist: {
                    id: project.id,
                    project_id: project.id,
                    items: project.cve_allowlist,
                    creation_time: zeroTime,
                    update_time: zeroTime,
                },
                // A nil list of Go's, for who has no role.
                ...(roles.length === 0
                    ? { current_user_role_ids: null }
                    : { current_user_role_id: Math.min(...roles), current_user_role_ids: roles }),
            },
            "repo_count",
            "current_user_role_ids",
        );
    };

    routes.get("/projects", async (request) => {
        const query = request.list();
        const { principal } = request;
        const name = request.query("name");
        const wanted = request.query("public");
        const seen = new Set<number>();
        for (const project of isAdmin(principal) ? [] : await tables.projects.all())
            if (await guard.canProject(principal, project, "project", "read")) seen.add(project.id);
        const { rows, total } = await tables.projects.list(wanted === undefined ? {} : { public: wanted === "true" }, {
            ...query,
            conditions: [
                ...query.conditions.map((one) => (one.key === "project_id" ? { ...one, key: "id" } : one)),
                ...(name === undefined ? [] : [{ key: "name", match: { kind: "fuzzy", value: name } } as const]),
                ...(isAdmin(principal)
                    ? []
                    : [{ key: "id", match: { kind: "any", values: [...seen].map(String) } } as const]),
            ],
        });
        return page(request, query, total, await Promise.all(rows.map((project) => show(project, principal))));
    });

    routes.head("/projects", async (request) => {
        guard.requireLogin(request);
        const name = request.query("project_name") ?? "";
        if (!(await tables.projects.find({ name }))) throw notFound(`project ${name}`);
        return done;
    });

    routes.post("/projects", async (request) => {
        const form = await request.body(createForm);
        guard.requireLogin(request);
        if (
            (await configuration.text("project_creation_restriction")) === "adminonly" ||
            request.principal.kind === "robot"
        )
            guard.requireSystem(request, "project", "create");
        if (form.registry_id !== undefined && form.registry_id !== null)
            await requireUpstream(request, form.registry_id);
        const { project_name: name } = form;
        if (!/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(name))
            throw badRequest(`project name is not in lower case or contains illegal characters`);
        const isPublic = form.metadata?.["public"] ?? String(form.public ?? false);
        if (isPublic !== "true" && isPublic !== "false")
            throw badRequest(`metadata.public should only be 'true' or 'false', but got: '${isPublic}'`);
        if (form.metadata?.["retention_id"])
            throw badRequest("the retention_id in the request's payload should be omitted");
        const limit = form.storage_limit;
        if (typeof limit === "number" && (limit < -1 || limit > 2 ** 60)) throw badRequest("invalid storage limit");
        const proxyOnly = form.registry_id ? [] : ["proxy_speed_kb", "max_upstream_conn"];
        const owner = request.principal.kind === "user" ? request.principal.user.id : 1;
        const metadata = Object.entries({ ...form.metadata, public: isPublic }).filter(
            ([key, value]) => !proxyOnly.includes(key) && value !== "",
        );
        const project = await tables.projects.insert({
            name,
            owner_id: owner,
            registry_id: form.registry_id ?? 0,
            metadata: Object.fromEntries(metadata),
            public: isPublic === "true",
            cve_allowlist: form.cve_allowlist?.items ?? [],
        });
        await tables.members.insert({
            project_id: project.id,
            entity_id: owner,
            entity_name: (await tables.users.get(owner))?.username ?? "",
            entity_type: "u",
            role_id: 1,
        });
        if (await configuration.flag("quota_per_project_enable")) {
            const isOwn = isAdmin(request.principal) && typeof limit === "number" && limit !== 0;
            const storage = isOwn ? limit : await configuration.number("storage_per_project");
            await tables.quotas.insert({ project_id: project.id, hard: { storage }, used: { storage: 0 } });
        }
        if (project.registry_id > 0) await keepAWeek(project);
        await recordProject(request, project, "create");
        const isNamed = request.header("x-resource-name-in-location") === "true";
        return created(`/api/v2.0/projects/${isNamed ? name : String(project.id)}`);
    });

    const recordProject = (
        { principal }: ApiRequest,
        { id, name }: Row<Project>,
        operation: "create" | "delete",
    ): Promise<void> => {
        const operator = nameOf(principal);
        return recordDeed(core, { operation, resource_type: "project", resource: name, project_id: id, operator });
    };

    const requireUpstream = async (request: ApiRequest, registry: number): Promise<void> => {
        guard.requireSystem(request, "project", "create");
        if (registry <= 0) throw badRequest(`${String(registry)} is invalid value of registry_id`);
        if (!(await tables.registries.get(registry))) throw notFound(`registry ${String(registry)}`);
    };

    /** A proxy's content is given up seven days after its last pull. */
    const keepAWeek = async (project: Row<Project>): Promise<void> => {
        const selector = (decoration: string): object => ({ kind: "doublestar", decoration, pattern: "**" });
        const rule = {
            action: "retain",
            template: "nDaysSinceLastPull",
            params: { nDaysSinceLastPull: 7 },
            tag_selectors: [{ ...selector("matches"), extras: '{"untagged":true}' }],
            scope_selectors: { repository: [selector("repoMatches")] },
        };
        const content = {
            algorithm: "or",
            rules: [rule],
            trigger: { kind: "Schedule", settings: { cron: "0 0 0 * * *" }, references: {} },
            scope: { level: "project", ref: project.id },
        };
        const policy = await tables.retentions.insert({ name: "", project_id: project.id, content });
        await tables.projects.update(project.id, {
            metadata: { ...project.metadata, retention_id: String(policy.id) },
        });
    };

    routes.get("/projects/:project", async (request) => {
        const project = await guard.project(request, "project", "read");
        return ok(await show(project, request.principal));
    });

    routes.put("/projects/:project", async (request) => {
        const form = await request.body(updateForm);
        const project = await guard.project(request, "project", "update");
        const { metadata } = project;
        const retention = form.metadata?.["retention_id"];
        if (retention && retention !== metadata["retention_id"])
            throw badRequest("the retention_id in the request's payload when updating a project should be omitted");
        const merged = Object.fromEntries(
            Object.entries({ ...metadata, ...form.metadata }).filter(([, value]) => value !== ""),
        );
        await tables.projects.update(project.id, {
            metadata: merged,
            public: merged["public"] === "true",
            ...(form.cve_allowlist ? { cve_allowlist: form.cve_allowlist.items ?? [] } : {}),
        });
        return done;
    });

    const blocked = "the project contains repositories, can not be deleted";

    routes.delete("/projects/:project", async (request) => {
        const project = await guard.project(request, "project", "delete");
        if ((await repositoryCount(project)) > 0) throw preconditionFailed(blocked);
        const retention = project.metadata["retention_id"];
        if (retention) {
            await jobs.removeSchedule("RETENTION", Number(retention));
            await tables.retentions.delete(Number(retention));
        }
        const of = { project_id: project.id };
        await Promise.all(
            [tables.robots, tables.quotas, tables.members, tables.webhooks, tables.immutableRules, tables.blobs].map(
                (table) => table.deleteAll(of),
            ),
        );
        await tables.labels.deleteAll({ scope: "p", ...of });
        await tables.projects.delete(project.id);
        await recordProject(request, project, "delete");
        return done;
    });

    routes.get("/projects/:project/_deletable", async (request) => {
        const project = await guard.project(request, "project", "delete");
        return ok((await repositoryCount(project)) > 0 ? { message: blocked } : { deletable: true });
    });

    routes.get("/projects/:project/summary", async (request) => {
        const project = await guard.project(request, "project", "read");
        const members = await tables.members.all({ project_id: project.id });
        const quota = await tables.quotas.find({ project_id: project.id });
        const counts = Object.entries(roleNames).map(([id, name]) => [
            `${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}_count`,
            members.filter(({ role_id }) => role_id === Number(id)).length,
        ]);
        return ok(
            compact(
                {
                    repo_count: await repositoryCount(project),
                    ...(Object.fromEntries(counts) as Record<string, number>),
                    ...(quota ? { quota: { hard: quota.hard, used: quota.used } } : {}),
                },
                "repo_count",
            ),
        );
    });

    return routes;
}
