import type { IncomingMessage, ServerResponse } from "node:http";
import type { Core } from "../core";
import { notFound } from "../http/errors";
import type { Principal } from "../security/principal";

export function serveRegistry(
    _core: Core,
    _request: IncomingMessage,
    _response: ServerResponse,
    _url: URL,
    _principal: Principal,
): Promise<void> {
    throw notFound("path");
}
