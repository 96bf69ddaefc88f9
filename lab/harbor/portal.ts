import type { IncomingMessage, ServerResponse } from "node:http";
import type { Core } from "./core";
import { ApiError, notFound, unauthorized } from "./http/errors";
import { done, send } from "./http/reply";

/** What the portal's pages call beside the API: logging in and out. */
export function portalRoutes({
    login,
    sessions,
}: Core): (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void> {
    return async (request, response, path) => {
        if (path === "/c/log_out" && request.method === "GET") {
            sessions.logOut(request);
            send(response, done);
            return;
        }
        if (path !== "/c/login") throw notFound("path");
        if (request.method !== "POST") throw new ApiError(405, "METHOD_NOT_ALLOWED", "method is not allowed");
        const chunks: Buffer[] = [];
        for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
        const form = new URLSearchParams(Buffer.concat(chunks).toString());
        const user = await login.user(form.get("principal") ?? "", form.get("password") ?? "");
        if (!user) throw unauthorized();
        sessions.logIn(response, user.id);
        send(response, done);
    };
}
