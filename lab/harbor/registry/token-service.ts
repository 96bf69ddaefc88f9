import type { IncomingMessage, ServerResponse } from "node:http";
import type { Core } from "../core";
import { ApiError } from "../http/errors";
import { ok, send } from "../http/reply";
import { isAdmin, nameOf, type Principal } from "../security/principal";
import { tokenService, type TokenAccess } from "./tokens";

/**
 * GET /service/token: a token for what the one who asks may do of what is asked for; that may be nothing.
 * Source: src/core/service/token/creator.go.
 */
export async function serveToken(
    { configuration, guard, tables, tokens }: Core,
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    principal: Principal,
): Promise<void> {
    if (request.method !== "GET") throw new ApiError(405, "METHOD_NOT_ALLOWED", "method is not allowed");
    const service = url.searchParams.get("service") ?? "";
    if (service !== tokenService) {
        send(response, { status: 400, body: `Unable to handle service: ${service}` });
        return;
    }
    const scopes = url.searchParams.getAll("scope").flatMap((scope) => scope.split(" ").filter((one) => one !== ""));
    // `docker login` asks for nothing but to be known.
    if (principal.kind === "anonymous" && scopes.length === 0) {
        send(response, { status: 401 });
        return;
    }
    const access: TokenAccess[] = [];
    for (const scope of scopes) {
        const parts = scope.split(":");
        const [type = ""] = parts;
        const name = parts.length > 2 ? parts.slice(1, -1).join(":") : (parts[1] ?? "");
        access.push({ type, name, actions: await actions(type, name, parts.at(-1)?.split(",") ?? []) });
    }
    const minutes = await configuration.number("token_expiration");
    const { token, issuedAt } = await tokens.issue({ subject: nameOf(principal), access }, minutes * 60);
    const issued_at = `${issuedAt.toISOString().slice(0, 19)}Z`;
    send(response, ok({ token, access_token: "", expires_in: minutes * 60, issued_at }));

    async function actions(type: string, name: string, wanted: readonly string[]): Promise<readonly string[]> {
        if (type === "registry") return name === "catalog" && isAdmin(principal) ? wanted : [];
        if (type !== "repository" || !name.includes("/")) return [];
        const project = await tables.projects.find({ name: name.slice(0, name.indexOf("/")) });
        if (!project) return [];
        const allowed: string[] = [];
        // All that it may do, whatever of it is asked for.
        for (const action of ["pull", "push", "delete"])
            if (await guard.canProject(principal, project, "repository", action)) allowed.push(action);
        return allowed;
    }
}
