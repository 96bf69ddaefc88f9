import { z } from "zod";
import { recordDeed } from "../audit";
import { Content } from "../content";
import type { Core } from "../core";
import { badRequest, conflict, notFound, preconditionFailed } from "../http/errors";
import { compact, done, ok, page, zeroTime } from "../http/reply";
import type { ApiRequest } from "../http/request";
import { Routes } from "../http/router";
import { isImmutable } from "../immutability";
import { nameOf } from "../security/principal";
import type { ListQuery, Row } from "../store/collection";
import type { Accessory, Artifact, Tag } from "../store/records";
import { announce } from "../webhooks";
import { showLabel } from "./labels";
import { repositoryName } from "./repositories";

const list = "/projects/:project/repositories/:repository/artifacts";
const one = `${list}/:reference`;

/** Artifacts, their tags, accessories and labels. Source: src/server/v2.0/handler/artifact.go. */
export function artifactRoutes(core: Core): Routes {
    const { guard, tables } = core;
    const routes = new Routes();
    const content = new Content(tables);

    const showTag = async (tag: Row<Tag>, artifact: Artifact): Promise<object> =>
        compact(
            {
                id: tag.id,
                repository_id: tag.repository_id,
                artifact_id: tag.artifact_id,
                name: tag.name,
                push_time: tag.push_time,
                pull_time: tag.pull_time || zeroTime,
                immutable: await isImmutable(tables, artifact.project_id, artifact.repository_name, tag.name),
            },
            "immutable",
        );

    const show = async (artifact: Row<Artifact>, request: ApiRequest): Promise<object> => {
        const tags =
            request.query("with_tag") === "false"
                ? undefined
                : await Promise.all(
                      (await tables.tags.all({ artifact_id: artifact.id })).map((tag) => showTag(tag, artifact)),
                  );
        const accessories = request.flag("with_accessory")
            ? (await accessoriesOf(artifact)).map(showAccessory)
            : undefined;
        const labels = request.flag("with_label")
            ? (await tables.labels.all()).filter(({ id }) => artifact.label_ids.includes(id)).map(showLabel)
            : undefined;
        return compact({
            id: artifact.id,
            type: artifact.type,
            media_type: artifact.media_type,
            manifest_media_type: artifact.manifest_media_type,
            artifact_type: artifact.artifact_type,
            project_id: artifact.project_id,
            repository_id: artifact.repository_id,
            repository_name: artifact.repository_name,
            digest: artifact.digest,
            size: artifact.size,
            push_time: artifact.push_time,
            pull_time: artifact.pull_time || zeroTime,
            extra_attrs: artifact.extra_attrs,
            annotations: Object.keys(artifact.annotations).length === 0 ? undefined : artifact.annotations,
            references: await Promise.all(
                artifact.children.map(async ({ digest, platform }) => {
                    const child = await tables.artifacts.find({ repository_id: artifact.repository_id, digest });
                    return compact({ parent_id: artifact.id, child_id: child?.id, child_digest: digest, platform });
                }),
            ),
            tags,
            labels,
            accessories: accessories?.length === 0 ? undefined : accessories,
            addition_links: {},
        });
    };

    const accessoriesOf = (artifact: Row<Artifact>): Promise<Row<Accessory>[]> =>
        tables.accessories.all({
            repository_id: artifact.repository_id,
            subject_artifact_digest: artifact.digest,
        });

    const requireArtifact = async (request: ApiRequest, resource: string, action: string): Promise<Row<Artifact>> => {
        await guard.project(request, resource, action);
        return content.artifact(repositoryName(request), request.param("reference"));
    };

    /** Those that hang on another or that an index names are shown there, not in the list, unless they have a tag. */
    const listed = async (
        where: Partial<Artifact>,
        query: ListQuery,
    ): Promise<{ rows: Row<Artifact>[]; total: number }> => {
        const all = await tables.artifacts.all(where);
        const tags = await tables.tags.all();
        const hanging = new Set((await tables.accessories.all()).map(({ artifact_id }) => artifact_id));
        const named = new Set(
            all.flatMap(({ children, repository_id }) =>
                children.map(({ digest }) => `${String(repository_id)} ${digest}`),
            ),
        );
        const tagCondition = query.conditions.find(({ key }) => key === "tags")?.match;
        const fits = (names: readonly string[]): boolean => {
            if (tagCondition === undefined) return true;
            if (tagCondition.kind === "exact" && tagCondition.value === "nil") return names.length === 0;
            if (tagCondition.kind === "exact" && tagCondition.value === "*") return names.length > 0;
            if (tagCondition.kind === "exact") return names.includes(tagCondition.value);
            return tagCondition.kind === "fuzzy" && names.some((name) => name.includes(tagCondition.value));
        };
        const shown = all.filter((artifact) => {
            const names = tags.filter(({ artifact_id }) => artifact_id === artifact.id).map(({ name }) => name);
            const isPart =
                hanging.has(artifact.id) || named.has(`${String(artifact.repository_id)} ${artifact.digest}`);
            return fits(names) && !(hanging.has(artifact.id) || (isPart && names.length === 0));
        });
        const conditions = [
            ...query.conditions.filter(({ key }) => key !== "tags" && key !== "labels"),
            { key: "id", match: { kind: "any", values: shown.map(({ id }) => String(id)) } } as const,
        ];
        return tables.artifacts.list(where, {
            ...query,
            conditions,
            sort: query.sort.length > 0 ? query.sort : [{ key: "push_time", descending: true }],
        });
    };

    routes.get(list, async (request) => {
        const query = request.list();
        await guard.project(request, "artifact", "list");
        const { rows, total } = await listed({ repository_name: repositoryName(request) }, query);
        return page(request, query, total, await Promise.all(rows.map((row) => show(row, request))));
    });

    routes.get("/projects/:project/artifacts", async (request) => {
        const query = request.list();
        guard.requireLogin(request);
        const project = await guard.project(request, "artifact", "list");
        const { rows, total } = await listed({ project_id: project.id }, query);
        return page(request, query, total, await Promise.all(rows.map((row) => show(row, request))));
    });

    routes.get(one, async (request) => ok(await show(await requireArtifact(request, "artifact", "read"), request)));

    routes.delete(one, async (request) => {
        const artifact = await requireArtifact(request, "artifact", "delete");
        const reference = request.param("reference");
        const tags = await tables.tags.all({ artifact_id: artifact.id });
        for (const { name } of tags) await requireMutable(artifact, name);
        const parents = await tables.artifacts.all({ repository_id: artifact.repository_id });
        if (parents.some(({ children }) => children.some(({ digest }) => digest === artifact.digest)))
            throw preconditionFailed(`the deleting artifact ${reference} is referenced by others`);
        await content.delete(artifact);
        const operator = nameOf(request.principal);
        await announce(core, { type: "DELETE_ARTIFACT", artifact, tag: "", operator });
        return done;
    });

    const requireMutable = async (artifact: Artifact, tag: string): Promise<void> => {
        if (await isImmutable(tables, artifact.project_id, artifact.repository_name, tag))
            throw preconditionFailed(`the tag ${tag} configured as immutable`);
    };

    const recordTag = (
        { principal }: ApiRequest,
        { project_id, repository_name }: Artifact,
        tag: string,
        operation: "create" | "delete",
    ): Promise<void> =>
        recordDeed(core, {
            operation,
            resource_type: "tag",
            resource: `${repository_name}:${tag}`,
            project_id,
            operator: nameOf(principal),
        });

    routes.get(`${one}/tags`, async (request) => {
        const query = request.list();
        const artifact = await requireArtifact(request, "tag", "list");
        const { rows, total } = await tables.tags.list({ artifact_id: artifact.id }, query);
        return page(request, query, total, await Promise.all(rows.map((tag) => showTag(tag, artifact))));
    });

    routes.post(`${one}/tags`, async (request) => {
        const { name } = await request.body(z.object({ name: z.string().default("") }).loose());
        const artifact = await requireArtifact(request, "tag", "create");
        if (!/^\w[\w.-]{0,127}$/.test(name)) throw badRequest("invalid tag name");
        const times = { push_time: new Date().toISOString(), pull_time: "" };
        await tables.tags.insert({
            repository_id: artifact.repository_id,
            artifact_id: artifact.id,
            name,
            ...times,
        });
        await recordTag(request, artifact, name, "create");
        return { status: 201 };
    });

    routes.delete(`${one}/tags/:tag`, async (request) => {
        const artifact = await requireArtifact(request, "tag", "delete");
        const name = request.param("tag");
        const tag = await tables.tags.find({ artifact_id: artifact.id, name });
        if (!tag) throw notFound(`tag ${name} attached to artifact ${String(artifact.id)}`);
        await requireMutable(artifact, name);
        await tables.tags.delete(tag.id);
        await recordTag(request, artifact, name, "delete");
        return done;
    });

    routes.get(`${one}/accessories`, async (request) => {
        const query = request.list();
        const artifact = await requireArtifact(request, "accessory", "list");
        const { rows, total } = await tables.accessories.list(
            { repository_id: artifact.repository_id, subject_artifact_digest: artifact.digest },
            query,
        );
        return page(request, query, total, rows.map(showAccessory));
    });

    routes.post(`${one}/labels`, async (request) => {
        const { id } = await request.body(z.object({ id: z.int() }).loose());
        const artifact = await requireArtifact(request, "artifact-label", "create");
        if (!(await tables.labels.get(id))) throw notFound(`label ${String(id)}`);
        if (artifact.label_ids.includes(id)) throw conflict(`label ${String(id)} is already added to the artifact`);
        await tables.artifacts.update(artifact.id, { label_ids: [...artifact.label_ids, id] });
        return done;
    });

    routes.delete(`${one}/labels/:id`, async (request) => {
        const id = request.id("id");
        const artifact = await requireArtifact(request, "artifact-label", "delete");
        if (!artifact.label_ids.includes(id)) throw notFound(`label ${String(id)} of the artifact`);
        await tables.artifacts.update(artifact.id, { label_ids: artifact.label_ids.filter((one) => one !== id) });
        return done;
    });

    return routes;
}

function showAccessory(accessory: Row<Accessory>): object {
    return {
        id: accessory.id,
        artifact_id: accessory.artifact_id,
        subject_artifact_digest: accessory.subject_artifact_digest,
        subject_artifact_repo: accessory.subject_artifact_repo,
        size: accessory.size,
        digest: accessory.digest,
        type: accessory.type,
        icon: "",
        creation_time: accessory.creation_time,
    };
}
