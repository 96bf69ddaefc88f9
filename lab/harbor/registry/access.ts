import type { IncomingMessage } from "node:http";
import type { Core } from "../core";
import { unauthorized } from "../http/errors";
import type { Principal } from "../security/principal";
import type { Row } from "../store/collection";
import type { Project } from "../store/records";
import { tokenService, type TokenClaims } from "./tokens";

/** Who asks the registry: somebody by name and password, or whoever holds a token. */
export interface RegistryCaller {
    readonly principal: Principal;
    readonly claims: TokenClaims | undefined;
    readonly name: string;
}

export type RegistryAction = "pull" | "push" | "delete";

export async function callerOf(
    { tokens }: Core,
    request: IncomingMessage,
    principal: Principal,
): Promise<RegistryCaller> {
    const token = /^bearer\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    const claims = token === undefined ? undefined : await tokens.read(token);
    const own = principal.kind === "user" ? principal.user.username : principal.kind === "robot" ? principal.name : "";
    return { principal, claims, name: claims?.subject ?? own };
}

/** @throws 401 with the challenge that a container client follows */
export async function requireRepository(
    core: Core,
    request: IncomingMessage,
    caller: RegistryCaller,
    repository: string,
    action: RegistryAction,
): Promise<Row<Project>> {
    const refuse = (why: string): Error => unauthorized(why, challenge(core, request, repository, action));
    const isRead = request.method === "GET" || request.method === "HEAD";
    // A client asks with nothing first, even for what all may have.
    if (request.headers.authorization === undefined && isRead)
        throw refuse("authorize header needed to send HEAD to repository");
    const project = await core.tables.projects.find({ name: repository.split("/")[0] ?? "" });
    if (!project) throw unauthorized(`project ${repository.split("/")[0] ?? ""} not found`);
    const allowed = caller.claims
        ? caller.claims.access.some(
              ({ type, name, actions }) => type === "repository" && name === repository && actions.includes(action),
          )
        : await core.guard.canProject(caller.principal, project, "repository", action);
    if (!allowed) throw refuse(`unauthorized to access repository: ${repository}, action: ${action}`);
    return project;
}

/** Where and for what a token is to be had; to who has sent something already, only that a name is asked for. */
export function challenge(
    { externalUrl }: Core,
    request: IncomingMessage,
    repository?: string,
    action?: RegistryAction,
): Readonly<Record<string, string>> {
    const version = { "Docker-Distribution-Api-Version": "registry/2.0" };
    if (request.headers.authorization !== undefined) return { ...version, "Www-Authenticate": 'Basic realm="harbor"' };
    const host = request.headers.host;
    const scheme = externalUrl.slice(0, externalUrl.indexOf("://"));
    const realm = host === undefined ? externalUrl : `${scheme}://${host}`;
    const actions = action === "push" ? "pull,push" : action;
    const scope = repository === undefined ? "" : `,scope="repository:${repository}:${actions ?? ""}"`;
    return {
        ...version,
        "Www-Authenticate": `Bearer realm="${realm}/service/token",service="${tokenService}"${scope}`,
    };
}
