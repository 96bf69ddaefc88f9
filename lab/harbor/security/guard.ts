import { forbidden, notFound, unauthorized } from "../http/errors";
import type { ApiRequest } from "../http/request";
import type { Row } from "../store/collection";
import type { Project } from "../store/records";
import type { Tables } from "../store/store";
import { publicAllows, roleAllows } from "./permissions";
import { isAdmin, nameOf, type Principal } from "./principal";

/** Who may do what. Source: src/server/v2.0/handler/base.go, src/common/security. */
export class Guard {
    constructor(private readonly tables: Tables) {}

    /** @throws 401 */
    requireLogin({ principal }: ApiRequest): void {
        if (principal.kind === "anonymous") throw unauthorized();
    }

    /** @throws 401, 403 */
    requireSystem(request: ApiRequest, resource: string, action: string): void {
        this.requireLogin(request);
        if (!this.canSystem(request.principal, resource, action)) throw forbidden(nameOf(request.principal));
    }

    canSystem(principal: Principal, resource: string, action: string): boolean {
        if (principal.kind !== "robot") return isAdmin(principal);
        return principal.robot.permissions.some(
            ({ kind, access }) =>
                kind === "system" && access.some((one) => one.resource === resource && one.action === action),
        );
    }

    async canProject(
        principal: Principal,
        project: Row<Project> | undefined,
        resource: string,
        action: string,
    ): Promise<boolean> {
        if (isAdmin(principal)) return true;
        if (project === undefined) return false;
        if (project.public && publicAllows(resource, action)) return true;
        if (principal.kind === "anonymous") return false;
        if (principal.kind === "robot") {
            return principal.robot.permissions.some(
                ({ kind, namespace, access }) =>
                    kind === "project" &&
                    (namespace === "*" || namespace === project.name) &&
                    access.some((one) => one.resource === resource && one.action === action),
            );
        }
        const members = await this.tables.members.all({
            project_id: project.id,
            entity_type: "u",
            entity_id: principal.user.id,
        });
        return members.some(({ role_id }) => roleAllows(role_id, resource, action));
    }

    /**
     * The project of a path, if the one who asks may do this in it. To who may not, one that is not there looks like
     * one that is.
     * @throws 401, 403, 404
     */
    async project(request: ApiRequest, resource: string, action: string, parameter = "project"): Promise<Row<Project>> {
        const wanted = request.param(parameter);
        const project = await this.find(wanted, request.header("x-is-resource-name") === "true");
        await this.requireProject(request, project, resource, action);
        if (project === undefined) throw notFound(`project ${wanted}`);
        return project;
    }

    /** @throws 401, 403 */
    async requireProject(
        request: ApiRequest,
        project: Row<Project> | undefined,
        resource: string,
        action: string,
    ): Promise<void> {
        if (await this.canProject(request.principal, project, resource, action)) return;
        this.requireLogin(request);
        throw forbidden();
    }

    /** By number, or by name where it is none, or where the request says so. */
    async find(nameOrId: string, isName: boolean): Promise<Row<Project> | undefined> {
        if (!isName && /^\d+$/.test(nameOrId)) return this.tables.projects.get(Number(nameOrId));
        return this.tables.projects.find({ name: nameOrId });
    }
}
