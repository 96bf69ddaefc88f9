import type { IncomingMessage, ServerResponse } from "node:http";
import type { Core } from "../core";
import { notFound, unauthorized } from "../http/errors";
import { ok, send } from "../http/reply";
import { isAdmin, type Principal } from "../security/principal";
import { callerOf, challenge, requireRepository, type RegistryAction, type RegistryCaller } from "./access";
import { serveBlob, serveUpload } from "./blobs";
import { listReferrers, listRepositories, listTags } from "./lists";
import { deleteManifest, getManifest, putManifest } from "./manifests";
import type { Row } from "../store/collection";
import type { Project } from "../store/records";

/** One request below /v2/, of somebody who may make it. */
export interface RegistryCall {
    readonly core: Core;
    readonly request: IncomingMessage;
    readonly response: ServerResponse;
    readonly url: URL;
    readonly caller: RegistryCaller;
    readonly project: Row<Project>;
    /** library/alpine */
    readonly repository: string;
    /** What of the repository: a tag, a digest, an upload. */
    readonly reference: string;
}

type Handler = (call: RegistryCall) => Promise<void>;

const actions: Readonly<Record<string, RegistryAction>> = {
    GET: "pull",
    HEAD: "pull",
    POST: "push",
    PATCH: "push",
    PUT: "push",
    DELETE: "delete",
};

const routes: readonly (readonly [path: RegExp, handlers: Readonly<Record<string, Handler>>])[] = [
    [
        /^\/v2\/(.+)\/manifests\/([^/]+)$/,
        { GET: getManifest, HEAD: getManifest, PUT: putManifest, DELETE: deleteManifest },
    ],
    [/^\/v2\/(.+)\/blobs\/uploads\/?()$/, { POST: serveUpload }],
    [
        /^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/,
        { GET: serveUpload, PATCH: serveUpload, PUT: serveUpload, DELETE: serveUpload },
    ],
    [/^\/v2\/(.+)\/blobs\/([^/]+)$/, { GET: serveBlob, HEAD: serveBlob }],
    [/^\/v2\/(.+)\/tags\/list()$/, { GET: listTags }],
    [/^\/v2\/(.+)\/referrers\/([^/]+)$/, { GET: listReferrers }],
];

/** The registry's own API. Source: src/server/registry/route.go, middleware/v2auth. */
export async function serveRegistry(
    core: Core,
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    principal: Principal,
): Promise<void> {
    response.setHeader("Docker-Distribution-Api-Version", "registry/2.0");
    const caller = await callerOf(core, request, principal);
    const path = decodeURIComponent(url.pathname);
    const method = request.method ?? "GET";
    if (path === "/v2" || path === "/v2/") {
        if (caller.name === "") throw unauthorized("unauthorized", challenge(core, request));
        send(response, ok({}));
        return;
    }
    if (path === "/v2/_catalog") {
        if (!isAdmin(principal)) {
            const basic = { "Www-Authenticate": 'Basic realm="harbor"' };
            throw unauthorized("unauthorized to list catalog", basic);
        }
        return listRepositories(core, response, url);
    }
    for (const [pattern, handlers] of routes) {
        const [, repository, reference = ""] = pattern.exec(path) ?? [];
        const handler = handlers[method];
        if (repository === undefined || handler === undefined) continue;
        // To give an upload up is part of a push.
        const action = handler === serveUpload ? "push" : (actions[method] ?? "pull");
        const project = await requireRepository(core, request, caller, repository, action);
        return handler({ core, request, response, url, caller, project, repository, reference });
    }
    throw notFound("path");
}
