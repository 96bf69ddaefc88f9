import { z } from "zod";
import type { Core } from "../core";
import { ApiError, badRequest, notFound, preconditionFailed } from "../http/errors";
import { createdBelow, done, ok, page } from "../http/reply";
import type { ApiRequest } from "../http/request";
import { Routes } from "../http/router";
import type { Row } from "../store/collection";
import type { RegistryEndpoint } from "../store/records";
import { showRegistry } from "./registry-view";
import { replicationRegistries } from "./replications";

/** Kinds of registries that the chart has Harbor know. */
const adapters = [
    "ali-acr",
    "aws-ecr",
    "azure-acr",
    "docker-hub",
    "docker-registry",
    "github-ghcr",
    "google-gcr",
    "harbor",
    "huawei-SWR",
    "jfrog-artifactory",
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
        const credential = {
            type: given.credential_type ?? known?.credential.type ?? "",
            access_key: given.access_key ?? known?.credential.access_key ?? "",
            access_secret: given.access_secret ?? known?.credential.access_secret ?? "",
        };
        await requireHealthy({ type, url: validUrl(url), credential });
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
                { type: "name", style: "input", values: null },
                { type: "tag", style: "input", values: null },
                { type: "resource", style: "radio", values: ["image"] },
            ],
            supported_triggers: ["manual", "scheduled"],
        });
    });

    routes.put("/registries/:id", async (request) => {
        const given = await request.body(updateForm);
        const old = await find(request, "update");
        const endpoint = {
            type: old.type,
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

/**
 * Harbor takes no registry that does not answer, or that refuses the login it was given; without one a refusal is an
 * answer. A type without an adapter is a 500 of Harbor's.
 */
async function requireHealthy(endpoint: Pick<RegistryEndpoint, "type" | "url" | "credential">): Promise<void> {
    const { access_key, access_secret } = endpoint.credential;
    if (!adapters.includes(endpoint.type)) throw new ApiError(500, "UNKNOWN", "internal server error");
    const login = access_key === "" && access_secret === "" ? undefined : `${access_key}:${access_secret}`;
    const status = await ping(`${endpoint.url}/v2/`, login);
    const refused = status === 401 || status === 403;
    if (status < 400 || (refused && login === undefined)) return;
    throw badRequest("the registry is unhealthy");
}

/** The status of a registry's answer, after the way of its challenge; 503 where there is none. */
async function ping(url: string, login: string | undefined): Promise<number> {
    const get = async (target: string, authorization?: string): Promise<Response> =>
        fetch(target, {
            signal: AbortSignal.timeout(5_000),
            ...(authorization === undefined ? {} : { headers: { authorization } }),
        });
    try {
        const first = await get(url);
        await first.arrayBuffer();
        if (first.status !== 401 || login === undefined) return first.status;
        const basic = `Basic ${Buffer.from(login).toString("base64")}`;
        const challenge = first.headers.get("www-authenticate") ?? "";
        const [, realm] = /^Bearer .*realm="([^"]+)"/i.exec(challenge) ?? [];
        const [, service = ""] = /service="([^"]+)"/i.exec(challenge) ?? [];
        const second = await get(
            realm === undefined ? url : `${realm}?${new URLSearchParams({ service }).toString()}`,
            basic,
        );
        await second.arrayBuffer();
        return second.status;
    } catch (error) {
        if (!(error instanceof Error)) throw error;
        return 503;
    }
}
