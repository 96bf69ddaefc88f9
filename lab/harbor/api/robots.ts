import { z } from "zod";
import { recordDeed } from "../audit";
import type { Core } from "../core";
import { badRequest, denied, forbidden, notFound } from "../http/errors";
import { compact, createdBelow, done, ok, page } from "../http/reply";
import type { ApiRequest } from "../http/request";
import { Routes } from "../http/router";
import { isRobotPermission } from "../security/permissions";
import { nameOf, type Principal } from "../security/principal";
import { hashSecret, isStrong, newSecret } from "../security/secrets";
import type { Row } from "../store/collection";
import type { Condition } from "../store/query";
import type { Project, Robot, RobotPermission } from "../store/records";

const access = z.object({
    resource: z.string().default(""),
    action: z.string().default(""),
    effect: z.string().optional(),
});
const permissions = z
    .array(
        z.object({
            kind: z.string().default(""),
            namespace: z.string().default(""),
            access: z
                .array(access)
                .nullish()
                .transform((list) => list ?? []),
        }),
    )
    .nullish()
    .transform((list) => list ?? []);
const createForm = z.object({
    name: z.string().default(""),
    description: z.string().default(""),
    level: z.string().default(""),
    duration: z.int().default(0),
    disable: z.boolean().default(false),
    secret: z.string().default(""),
    permissions,
});
const updateForm = createForm.extend({ duration: z.int().nullish() });
const secretForm = z.object({ secret: z.string().default("") });

/** Robot accounts. Source: src/server/v2.0/handler/robot.go. */
export function robotRoutes(core: Core): Routes {
    const { configuration, guard, tables } = core;
    const routes = new Routes();

    const requireAccess = async (
        request: ApiRequest,
        level: string,
        project: Row<Project> | undefined,
        action: string,
    ): Promise<void> => {
        if (level === "system") guard.requireSystem(request, "robot", action);
        else await guard.requireProject(request, project, "robot", action);
    };

    const requireRobot = async (request: ApiRequest, action: string): Promise<Row<Robot>> => {
        const id = request.id("id");
        guard.requireLogin(request);
        const robot = await tables.robots.get(id);
        if (!robot) throw notFound(`robot ${String(id)}`);
        await requireAccess(request, robot.level, await tables.projects.get(robot.project_id), action);
        return robot;
    };

    const show = async (robot: Row<Robot>): Promise<object> => {
        const document = compact(
            {
                id: robot.id,
                name: `${await configuration.text("robot_name_prefix")}${robot.name}`,
                description: robot.description,
                level: robot.level,
                duration: robot.duration,
                expires_at: robot.expires_at,
                disable: robot.disable,
                editable: true,
                permissions: robot.permissions,
                creator_type: robot.creator_type,
                creator_ref: robot.creator_ref,
                creation_time: robot.creation_time,
                update_time: robot.update_time,
            },
            "editable",
            "disable",
        );
        return document;
    };

    routes.get("/robots", async (request) => {
        const query = request.list();
        guard.requireLogin(request);
        const exact = (key: string): string | undefined => {
            const match = query.conditions.find((one) => one.key === key)?.match;
            return match?.kind === "exact" ? match.value : undefined;
        };
        const level = query.conditions.some(({ key }) => key === "level") ? exact("level") : "system";
        if (level !== "system" && level !== "project") throw badRequest("bad request error level input");
        const projectId = level === "system" ? "0" : exact("project_id");
        if (projectId === undefined) throw badRequest("must with project ID when to query project robots");
        if (level === "project" && !/^[1-9]\d*$/.test(projectId))
            throw badRequest("ProjectID must be a positive integer");
        await requireAccess(request, level, await tables.projects.get(Number(projectId)), "list");
        const conditions = query.conditions.filter(({ key }) => key !== "level" && key !== "project_id");
        const { rows, total } = await tables.robots.list(
            { project_id: Number(projectId) },
            { ...query, conditions: conditions.filter(isColumn) },
        );
        return page(request, query, total, await Promise.all(rows.map(show)));
    });

    routes.post("/robots", async (request) => {
        const form = await request.body(createForm);
        if (!/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(form.name))
            throw badRequest("robot name is not in lower case or contains illegal characters");
        const level = validate(form.duration, form.level, form.permissions);
        guard.requireLogin(request);
        const project = await projectOf(level, form.permissions);
        await requireAccess(request, level, project, "create");
        requireNoMore(request.principal, form.permissions);
        if (level === "project" && !project) throw notFound(`project ${form.permissions[0]?.namespace ?? ""}`);
        await requireProjects(form.permissions);
        const secret = newSecret();
        const row = await tables.robots.insert({
            name: project ? `${project.name}+${form.name}` : form.name,
            description: form.description,
            secret: await hashSecret(secret),
            level,
            project_id: project?.id ?? 0,
            duration: form.duration,
            expires_at: expiry(form.duration, new Date()),
            disable: false,
            permissions: form.permissions,
            creator_type: request.principal.kind === "robot" ? "robot" : "local",
            creator_ref: request.principal.kind === "user" ? request.principal.user.id : robotId(request.principal),
        });
        const name = `${await configuration.text("robot_name_prefix")}${row.name}`;
        await recordRobot(request, row, "create");
        return {
            ...createdBelow(request, row.id),
            body: { id: row.id, name, secret, expires_at: row.expires_at, creation_time: row.creation_time },
        };
    });

    const projectOf = async (level: string, [first]: readonly RobotPermission[]): Promise<Row<Project> | undefined> =>
        level === "system" || first === undefined ? undefined : tables.projects.find({ name: first.namespace });

    /** @throws 404 for a namespace that is no project */
    const requireProjects = async (given: readonly RobotPermission[]): Promise<void> => {
        for (const { kind, namespace } of given) {
            if (kind !== "project" || namespace === "*") continue;
            if (!(await tables.projects.find({ name: namespace }))) throw notFound(`project ${namespace}`);
        }
    };

    routes.get("/robots/:id", async (request) => ok(await show(await requireRobot(request, "read"))));

    routes.put("/robots/:id", async (request) => {
        const form = await request.body(updateForm);
        const robot = await requireRobot(request, "update");
        const duration = form.duration ?? robot.duration;
        const level = validate(duration, form.level, form.permissions);
        const prefix = await configuration.text("robot_name_prefix");
        if (robot.level === "project") {
            const project = await projectOf("project", form.permissions);
            if (!project) throw notFound(`project ${form.permissions[0]?.namespace ?? ""}`);
            if (project.id !== robot.project_id) throw badRequest("cannot update the project id of robot");
        }
        if (level !== robot.level || form.name !== `${prefix}${robot.name}`)
            throw badRequest("cannot update the level or name of robot");
        await requireProjects(form.permissions);
        await tables.robots.update(robot.id, {
            description: form.description,
            disable: form.disable,
            duration,
            expires_at:
                duration === robot.duration ? robot.expires_at : expiry(duration, new Date(robot.creation_time)),
            permissions: form.permissions,
        });
        return done;
    });

    routes.patch("/robots/:id", async (request) => {
        const form = await request.body(secretForm);
        const robot = await requireRobot(request, "update");
        if (form.secret !== "" && !isStrong(form.secret)) {
            throw badRequest(
                "the secret must be 8-128, inclusively, characters long with at least 1 uppercase letter, 1 lowercase letter and 1 number",
            );
        }
        const secret = form.secret === "" ? newSecret() : form.secret;
        await tables.robots.update(robot.id, { secret: await hashSecret(secret) });
        return ok(form.secret === "" ? { secret } : {});
    });

    routes.delete("/robots/:id", async (request) => {
        const robot = await requireRobot(request, "delete");
        await tables.robots.delete(robot.id);
        await recordRobot(request, robot, "delete");
        return done;
    });

    const recordRobot = async (
        { principal }: ApiRequest,
        { name, project_id }: Robot,
        operation: "create" | "delete",
    ): Promise<void> => {
        const resource = `${await configuration.text("robot_name_prefix")}${name}`;
        const operator = nameOf(principal);
        await recordDeed(core, { operation, resource_type: "robot", resource, project_id, operator });
    };

    return routes;
}

function validate(duration: number, level: string, given: readonly RobotPermission[]): "system" | "project" {
    if (duration !== -1 && !(duration > 0 && duration < 2 ** 31 - 1)) {
        throw badRequest(
            `bad request error duration input: ${String(duration)}, duration must be either -1(Never) or a positive integer`,
        );
    }
    if (level !== "system" && level !== "project") throw badRequest(`bad request error level input: ${level}`);
    if (given.length === 0) throw badRequest("bad request empty permission");
    if (given.some(({ access }) => access.length === 0)) throw badRequest("bad request empty access");
    if (level === "project" && given.length > 1) throw badRequest("bad request permission");
    for (const { kind, access } of given) {
        if (kind !== "system" && kind !== "project") throw badRequest(`bad request permission level: ${kind}`);
        const wrong = access.find((one) => !isRobotPermission(kind, one));
        if (wrong) throw badRequest(`bad request permission: ${wrong.resource}:${wrong.action}`);
    }
    return level;
}

/** A robot makes none that may do more than itself. */
function requireNoMore(principal: Principal, given: readonly RobotPermission[]): void {
    if (principal.kind === "anonymous") throw forbidden();
    if (principal.kind !== "robot") return;
    const own = principal.robot.permissions;
    const allowed = given.every(({ kind, namespace, access }) => {
        const covering = own.find((one) => one.kind === kind && (one.namespace === namespace || one.namespace === "*"));
        return access.every((wanted) =>
            covering?.access.some(({ resource, action }) => resource === wanted.resource && action === wanted.action),
        );
    });
    if (!allowed) {
        throw denied(
            `permission scope is invalid. It must be equal to or more restrictive than the creator robot's permissions: ${principal.name}`,
        );
    }
}

function robotId(principal: Principal): number {
    return principal.kind === "robot" ? principal.robot.id : 0;
}

function isColumn({ key }: Condition): boolean {
    return ["id", "name", "description", "duration", "expires_at", "creation_time", "update_time"].includes(key);
}

/** Seconds since 1970, -1: never. */
function expiry(days: number, from: Date): number {
    return days === -1 ? -1 : Math.floor(from.getTime() / 1000) + days * 86_400;
}
