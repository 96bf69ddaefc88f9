import { z } from "zod";
import { recordDeed } from "../audit";
import { Content } from "../content";
import type { Core } from "../core";
import { compact, done, ok, page } from "../http/reply";
import type { ApiRequest } from "../http/request";
import { Routes } from "../http/router";
import { nameOf } from "../security/principal";
import type { Row } from "../store/collection";
import type { Artifact, Repository } from "../store/records";
import { announce } from "../webhooks";

/** The repository of a path. Its name may have slashes, encoded once or twice. */
export function repositoryName(request: ApiRequest): string {
    return `${request.param("project")}/${decodeURIComponent(request.param("repository"))}`;
}

/** Source: src/server/v2.0/handler/repository.go. */
export function repositoryRoutes(core: Core): Routes {
    const { guard, tables } = core;
    const routes = new Routes();
    const content = new Content(tables);
    const one = "/projects/:project/repositories/:repository";

    const show = async (repository: Row<Repository>): Promise<object> =>
        compact(
            {
                id: repository.id,
                project_id: repository.project_id,
                name: repository.name,
                description: repository.description,
                artifact_count: (await tables.artifacts.all({ repository_id: repository.id })).length,
                pull_count: repository.pull_count,
                creation_time: repository.creation_time,
                update_time: repository.update_time,
            },
            "artifact_count",
            "pull_count",
        );

    routes.get("/repositories", async (request) => {
        const query = request.list();
        const seen: string[] = [];
        for (const project of await tables.projects.all())
            if (await guard.canProject(request.principal, project, "repository", "list")) seen.push(String(project.id));
        const condition = { key: "project_id", match: { kind: "any", values: seen } } as const;
        const { rows, total } = await tables.repositories.list(
            {},
            { ...query, conditions: [...query.conditions, condition] },
        );
        return page(request, query, total, await Promise.all(rows.map(show)));
    });

    routes.get("/projects/:project/repositories", async (request) => {
        const query = request.list();
        const project = await guard.project(request, "repository", "list");
        const { rows, total } = await tables.repositories.list({ project_id: project.id }, query);
        return page(request, query, total, await Promise.all(rows.map(show)));
    });

    routes.get(one, async (request) => {
        await guard.project(request, "repository", "read");
        return ok(await show(await content.repository(repositoryName(request))));
    });

    routes.put(one, async (request) => {
        const { description } = await request.body(z.object({ description: z.string().default("") }).loose());
        await guard.project(request, "repository", "update");
        const repository = await content.repository(repositoryName(request));
        await tables.repositories.update(repository.id, { description });
        return done;
    });

    const deleteArtifact = async (artifact: Row<Artifact>, operator: string): Promise<void> => {
        if (!(await tables.artifacts.get(artifact.id))) return; // it has gone with the image that it hung on
        await content.delete(artifact);
        await announce(core, { type: "DELETE_ARTIFACT", artifact, tag: "", operator });
    };

    routes.delete(one, async (request) => {
        await guard.project(request, "repository", "delete");
        const repository = await content.repository(repositoryName(request));
        const operator = nameOf(request.principal);
        for (const artifact of await tables.artifacts.all({ repository_id: repository.id }))
            await deleteArtifact(artifact, operator);
        await tables.repositories.delete(repository.id);
        const { name: resource, project_id } = repository;
        await recordDeed(core, { operation: "delete", resource_type: "repository", resource, project_id, operator });
        return done;
    });

    return routes;
}
