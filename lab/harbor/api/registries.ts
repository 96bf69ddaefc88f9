import { z } from "zod";
import type { Core } from "../core";
import { badRequest, notFound, preconditionFailed } from "../http/errors";
import { createdBelow, done, ok, page } from "../http/reply";
import type { ApiRequest } from "../http/request";
import { Routes } from "../http/router";
import type { Row } from "../store/collection";
import type { RegistryEndpoint } from "../store/records";
import { showRegistry } from "./registry-view";
import { replicationRegistries } from "./replications";

/** Kinds of registries that Harbor knows. */
const adapters = [
    "ali-acr",
    "aws-ecr",
    "azure-acr",
    "docker-hub",
    "docker-registry",
    "dtr",
    "github-ghcr",
    "gitlab",
    "google-gcr",
    "harbor",
    "huawei-SWR",
    "jfrog-artifactory",
    "quay",
    "tencent-tcr",
    "volcengine-cr",
];

const createForm = z.object({
    name: z.string().default(""),
    url: z.string().default(""),
    type: z.string().default(""),
    description: z.string().default(""),
    insecure: z.boolean().default(false),
    ca_certificate: z.string().nullish(),
    credential: z
        .object({
            type: z.string().default(""),
            access_key: z.string().default(""),
            access_secret: z.string().default(""),
        })
        .nullish(),
});
const updateForm = z.object({
    name: z.string().nullish(),
    description: z.string().nullish(),
    url: z.string().nullish(),
    insecure: z.boolean().nullish(),
    ca_certificate: z.string().nullish(),
    credential_type: z.string().nullish(),
    access_key: z.string().nullish(),
    access_secret: z.string().nullish(),
});
const pingForm = updateForm.extend({ id: z.int().nullish(), type: z.string().nullish() });

/** Other registries. Source: src/server/v2.0/handler/registry.go, src/controller/registry. */
export function registryRoutes({ guard, tables }: Core): Routes {
    const routes = new Routes();

    routes.get("/registries", async (request) => {
        const query = request.list();
        guard.requireSystem(request, "registry", "list");
        const name = request.query("name");
        const conditions = name ? [{ key: "name", match: { kind: "fuzzy", value: name } } as const] : [];
        const { rows, total } = await tables.registries.list(
            {},
            { ...query, conditions: [...query.conditions, ...conditions] },
        );
        return page(request, query, total, rows.map(showRegistry));
    });

    routes.post("/registries", async (request) => {
        const given = await request.body(createForm);
        guard.requireSystem(request, "registry", "create");
        if (given.name === "" || given.name.length > 64)
            throw badRequest("the name of a registry has 1 to 64 characters");
        if (!adapters.includes(given.type)) throw badRequest(`unsupported registry type ${given.type}`);
        const endpoint: RegistryEndpoint = {
            ...given,
            url: validUrl(given.url),
            ca_certificate: given.ca_certificate ?? "",
            credential: given.credential ?? { type: "", access_key: "", access_secret: "" },
        };
        await requireHealthy(endpoint);
        return createdBelow(request, (await tables.registries.insert(endpoint)).id);
    });

    routes.post("/registries/ping", async (request) => {
        const { id, ...given } = await request.body(pingForm);
        guard.requireSystem(request, "registry", "read");
        const known = typeof id === "number" ? await tables.registries.get(id) : undefined;
        if (typeof id === "number" && !known) throw notFound(`registry ${String(id)}`);
        const [type, url] = [given.type ?? known?.type ?? "", given.url ?? known?.url ?? ""];
        if (type === "" || url === "") throw badRequest("type or url cannot be empty");
        await requireHealthy({ url: validUrl(url) });
        return done;
    });

    const find = async (request: ApiRequest, action: string): Promise<Row<RegistryEndpoint>> => {
        const id = request.id("id");
        guard.requireSystem(request, "registry", action);
        const registry = await tables.registries.get(id);
        if (!registry) throw notFound(`registry ${String(id)}`);
        return registry;
    };

    routes.get("/registries/:id", async (request) => ok(showRegistry(await find(request, "read"))));

    routes.get("/registries/:id/info", async (request) => {
        const { type } = await find(request, "read");
        return ok({
            type,
            supported_resource_filters: [
                { type: "name", style: "input" },
                { type: "tag", style: "input" },
            ],
            supported_triggers: ["manual", "scheduled"],
        });
    });

    routes.put("/registries/:id", async (request) => {
        const given = await request.body(updateForm);
        const old = await find(request, "update");
        const endpoint = {
            name: given.name ?? old.name,
            description: given.description ?? old.description,
            url: given.url === undefined || given.url === null ? old.url : validUrl(given.url),
            insecure: given.insecure ?? old.insecure,
            ca_certificate: given.ca_certificate ?? old.ca_certificate,
            credential: {
                type: given.credential_type ?? old.credential.type,
                access_key: given.access_key ?? old.credential.access_key,
                access_secret: given.access_secret ?? old.credential.access_secret,
            },
        };
        await requireHealthy(endpoint);
        await tables.registries.update(old.id, endpoint);
        return done;
    });

    routes.delete("/registries/:id", async (request) => {
        const { id } = await find(request, "delete");
        const policies = await tables.replications.all();
        if (policies.some(({ content }) => replicationRegistries(content).includes(id)))
            throw preconditionFailed(
                `the registry ${String(id)} is referenced by replication policies, cannot delete it`,
            );
        if (await tables.projects.find({ registry_id: id }))
            throw preconditionFailed(
                `the registry ${String(id)} is referenced by proxy cache project, cannot delete it`,
            );
        await tables.registries.delete(id);
        return done;
    });

    routes.get("/replication/adapters", (request) => {
        guard.requireSystem(request, "replication-adapter", "list");
        return ok(adapters);
    });

    return routes;
}

function validUrl(url: string): string {
    const full = url.includes("://") ? url : `http://${url}`;
    if (url === "" || !/^https?:\/\//i.test(full) || !URL.canParse(full)) throw badRequest(`invalid URL: ${url}`);
    return full.replace(/\/+$/, "");
}

/** Harbor takes no registry that does not answer. */
async function requireHealthy({ url }: Pick<RegistryEndpoint, "url">): Promise<void> {
    try {
        const response = await fetch(`${url}/v2/`, { signal: AbortSignal.timeout(5_000) });
        await response.arrayBuffer();
        if (response.ok || response.status === 401) return;
    } catch (error) {
        if (!(error instanceof Error)) throw error;
    }
    throw badRequest("the registry is unhealthy");
}
