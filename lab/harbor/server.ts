import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Core } from "./core";
import { ApiError, denied, errorBody, notFound } from "./http/errors";
import { send } from "./http/reply";
import { ApiRequest } from "./http/request";
import { Router } from "./http/router";
import type { Principal } from "./security/principal";
import { apiRoutes } from "./api/routes";
import { portalRoutes } from "./portal";
import { serveRegistry } from "./registry/serve";
import { serveToken } from "./registry/token-service";

const apiPath = "/api/v2.0";

/** Writes that go on while the system is read-only. Source: readonlySkippers in src/core/middlewares. */
const goesOn: readonly (readonly [method: string, path: RegExp])[] = [
    ["PUT", /^\/api\/v2\.0\/configurations/],
    ["PUT", /^\/api\/internal\/configurations/],
    ["POST", /^\/c\/login/],
    ["POST", /^\/c\/userExists/],
    ["POST", /^\/c\/oidc\/onboard/],
    ["POST", /^\/service\/notifications\/jobs\//],
    ["POST", /^\/service\/token/],
];

/** Harbor's core: its middlewares in their order, then the API, tokens, and the registry. */
export function coreListener(core: Core): RequestListener {
    const router = new Router(apiRoutes(core));
    const portal = portalRoutes(core);

    const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
        const url = new URL(request.url ?? "/", "http://localhost");
        const path = url.pathname.replace(/\/{2,}/g, "/");
        core.sessions.attach(request, response);
        core.sessions.protect(request, response, path);
        // A login's failure takes its time before a write is refused, as there.
        const principal = await principalOf(core, request);
        await requireWritable(core, request, path);
        if (path === "/v2" || path.startsWith("/v2/")) return serveRegistry(core, request, response, url, principal);
        if (path.startsWith("/service/token")) return serveToken(core, request, response, url, principal);
        if (path.startsWith("/c/")) return portal(request, response, path);
        if (!path.startsWith(`${apiPath}/`)) throw notFound("path");
        const match = router.match(request.method ?? "GET", path.slice(apiPath.length));
        if (match === undefined) throw notFound(`path ${path} was`);
        if (match === "method")
            throw new ApiError(405, "METHOD_NOT_ALLOWED", `method ${request.method ?? ""} is not allowed`);
        send(response, await match.handler(new ApiRequest(request, url, match.params, principal)));
    };

    return (request, response) => {
        handle(request, response).catch((error: unknown) => {
            fail(request, response, error, core.log);
        });
    };
}

async function principalOf(core: Core, request: IncomingMessage): Promise<Principal> {
    const principal = await core.login.byHeader(request.headers.authorization);
    if (principal.kind !== "anonymous") return principal;
    const user = core.sessions.userOf(request);
    const found = user === undefined ? undefined : await core.tables.users.get(user);
    return found ? { kind: "user", user: found } : principal;
}

async function requireWritable(core: Core, request: IncomingMessage, path: string): Promise<void> {
    const method = request.method ?? "GET";
    if (["GET", "HEAD", "OPTIONS"].includes(method)) return;
    if (goesOn.some(([one, pattern]) => one === method && pattern.test(path))) return;
    if (await core.configuration.flag("read_only"))
        throw denied("The system is in read only mode. Any modification is prohibited.");
}

function fail(request: IncomingMessage, response: ServerResponse, error: unknown, log: Core["log"]): void {
    // Who sends a body that nobody reads would wait for an answer that waits for the body.
    request.resume();
    if (!(error instanceof ApiError)) log(`${request.method ?? ""} ${request.url ?? ""}: ${describe(error)}`);
    if (response.headersSent) {
        response.destroy();
        return;
    }
    const { status, code, message, headers } =
        error instanceof ApiError ? error : new ApiError(500, "UNKNOWN", "internal server error");
    send(response, { status, headers, body: request.method === "HEAD" ? undefined : errorBody(code, message) });
}

function describe(error: unknown): string {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
