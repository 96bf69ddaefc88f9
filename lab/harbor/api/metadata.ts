import { z } from "zod";
import type { Core } from "../core";
import { badRequest, conflict } from "../http/errors";
import { done, ok } from "../http/reply";
import { Routes } from "../http/router";
import type { Row } from "../store/collection";
import type { Project } from "../store/records";

const flags = [
    "public",
    "enable_content_trust",
    "enable_content_trust_cosign",
    "prevent_vul",
    "auto_scan",
    "auto_sbom_generation",
    "reuse_sys_cve_allowlist",
    "proxy_cache_local_on_not_found",
];
const numbers = ["proxy_speed_kb", "max_upstream_conn"];
const severities = ["none", "low", "medium", "high", "critical"];

/** Texts, whatever they mean; a key that is none of Harbor's is left out, and null is as none. */
export const projectMetadata = z
    .object(
        Object.fromEntries(
            [...flags, ...numbers, "severity", "retention_id"].map((key) => [key, z.string().nullish()]),
        ),
    )
    .transform((given) =>
        Object.fromEntries(
            Object.entries(given).flatMap(([key, value]) => (typeof value === "string" ? [[key, value]] : [])),
        ),
    );

/** A project's settings one by one. Source: src/server/v2.0/handler/project_metadata.go. */
export function metadataRoutes({ guard, tables }: Core): Routes {
    const routes = new Routes();
    const path = "/projects/:project/metadatas";
    const form = z.record(z.string(), z.string());

    const save = (project: Row<Project>, metadata: Readonly<Record<string, string>>): Promise<void> =>
        tables.projects.update(project.id, { metadata, public: metadata["public"] === "true" });

    routes.get(path, async (request) => {
        const project = await guard.project(request, "metadata", "list");
        return ok(project.metadata);
    });

    routes.post(path, async (request) => {
        const metadata = valid(await request.body(form));
        const project = await guard.project(request, "metadata", "create");
        const there = Object.keys(metadata).find((key) => key in project.metadata);
        if (there !== undefined) throw conflict(`the metadata ${there} already exists`);
        await save(project, { ...project.metadata, ...metadata });
        return done;
    });

    routes.get(`${path}/:key`, async (request) => {
        const project = await guard.project(request, "metadata", "read");
        const value = project.metadata[request.param("key")];
        return ok(value === undefined ? {} : { [request.param("key")]: value });
    });

    routes.put(`${path}/:key`, async (request) => {
        const key = request.param("key");
        const body = await request.body(form);
        const metadata = valid({ [key]: body[key] ?? "" });
        const project = await guard.project(request, "metadata", "update");
        // Harbor updates the rows that there are: without one nothing changes, and that is no error.
        if (key in project.metadata) await save(project, { ...project.metadata, ...metadata });
        return done;
    });

    routes.delete(`${path}/:key`, async (request) => {
        const project = await guard.project(request, "metadata", "delete");
        const rest = Object.entries(project.metadata).filter(([key]) => key !== request.param("key"));
        await save(project, Object.fromEntries(rest));
        return done;
    });

    return routes;
}

function valid(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    const [entry, ...more] = Object.entries(metadata);
    if (entry === undefined || more.length > 0) throw badRequest("only allow one key/value pair");
    const [key, value] = entry;
    const wrong = badRequest(`invalid value: ${value}`);
    if (flags.includes(key)) {
        if (!/^(1|0|t|f|true|false)$/i.test(value)) throw wrong;
        return { [key]: String(/^(1|t|true)$/i.test(value)) };
    }
    if (key === "severity") {
        if (!severities.includes(value.toLowerCase())) throw wrong;
        return { [key]: value.toLowerCase() };
    }
    if (numbers.includes(key)) {
        if (!/^-?\d+$/.test(value)) throw wrong;
        return { [key]: value };
    }
    throw badRequest(`invalid key: ${key}`);
}
