import type { IncomingMessage, ServerResponse } from "node:http";
import type { Core } from "../core";
import { ApiError, notFound } from "../http/errors";
import type { Principal } from "../security/principal";

export async function serveToken(
    core: Core,
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    principal: Principal,
): Promise<void> {
    if (request.method !== "GET") throw new ApiError(405, "METHOD_NOT_ALLOWED", "method is not allowed");
    throw notFound(`${url.pathname} ${principal.kind} ${String(response.headersSent)} ${core.version}`);
}
