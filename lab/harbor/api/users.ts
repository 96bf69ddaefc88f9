import { z } from "zod";
import type { Core } from "../core";
import { badRequest, conflict, forbidden, notFound, preconditionFailed, unauthorized } from "../http/errors";
import { compact, created, createdBelow, done, ok, page } from "../http/reply";
import type { ApiRequest } from "../http/request";
import { Routes } from "../http/router";
import { isAdmin } from "../security/principal";
import { hashSecret, isSecret, isStrong } from "../security/secrets";
import { roleNames } from "../security/permissions";
import type { Row } from "../store/collection";
import type { Member, User } from "../store/records";

const createForm = z.object({
    username: z.string().max(255).default(""),
    email: z.string().max(255).default(""),
    realname: z.string().default(""),
    comment: z.string().default(""),
    password: z.string().default(""),
});
const passwordForm = z.object({ old_password: z.string().default(""), new_password: z.string().default("") });
const memberForm = z.object({
    role_id: z.int().default(0),
    member_user: z.object({ user_id: z.int().default(0), username: z.string().default("") }).nullish(),
    member_group: z.object({}).loose().nullish(),
});

const weak =
    "the password or secret must be longer than 8 chars with at least 1 uppercase letter, 1 lowercase letter and 1 number";

/** Users, and who is a member of which project. Source: src/server/v2.0/handler/user.go, member.go. */
export function userRoutes({ guard, tables }: Core): Routes {
    const routes = new Routes();

    const show = (user: Row<User>): object =>
        compact(
            {
                user_id: user.id,
                username: user.username,
                email: user.email,
                realname: user.realname,
                comment: user.comment,
                sysadmin_flag: user.sysadmin_flag,
                admin_role_in_auth: false,
                creation_time: user.creation_time,
                update_time: user.update_time,
            },
            "sysadmin_flag",
            "admin_role_in_auth",
        );

    routes.get("/users/current", ({ principal }) => {
        if (principal.kind === "anonymous") throw unauthorized();
        if (principal.kind === "robot")
            throw preconditionFailed("get current user not available for security context: robot");
        return ok(show(principal.user));
    });

    routes.get("/users", async (request) => {
        const query = request.list();
        guard.requireSystem(request, "user", "list");
        const { rows, total } = await tables.users.list({}, query);
        const shown = rows.filter(({ username }) => username !== "anonymous");
        return page(request, query, total - (rows.length - shown.length), shown.map(show));
    });

    routes.get("/users/search", async (request) => {
        const query = request.list();
        guard.requireLogin(request);
        const name = request.query("username") ?? "";
        const conditions = [{ key: "username", match: { kind: "fuzzy", value: name } } as const];
        const { rows, total } = await tables.users.list({}, { ...query, conditions });
        return page(
            request,
            query,
            total,
            rows.map(({ id, username }) => ({ user_id: id, username })),
        );
    });

    routes.post("/users", async (request) => {
        const { password, ...form } = await request.body(createForm);
        guard.requireSystem(request, "user", "create");
        if (!isStrong(password)) throw badRequest(weak);
        if (form.username === "" || /[,~#$%]/.test(form.username))
            throw badRequest("username is empty or has illegal characters");
        if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(form.email)) throw badRequest("email with illegal format");
        if (form.realname === "") throw badRequest("realname with illegal length");
        if (await tables.users.find({ email: form.email })) throw conflict("the user already exists");
        const user = await tables.users.insert({
            ...form,
            sysadmin_flag: false,
            password: await hashSecret(password),
        });
        return createdBelow(request, user.id);
    });

    const find = async (request: ApiRequest, action: string): Promise<Row<User>> => {
        const id = request.id("id");
        guard.requireLogin(request);
        const { principal } = request;
        const isSelf = principal.kind === "user" && principal.user.id === id && action !== "delete";
        if (!isSelf) guard.requireSystem(request, "user", action);
        const user = await tables.users.get(id);
        if (!user) throw notFound(`user ${String(id)}`);
        return user;
    };

    routes.get("/users/:id", async (request) => ok(show(await find(request, "read"))));

    routes.put("/users/:id", async (request) => {
        const form = await request.body(createForm.pick({ email: true, realname: true, comment: true }));
        const user = await find(request, "update");
        await tables.users.update(user.id, form);
        return done;
    });

    routes.delete("/users/:id", async (request) => {
        const user = await find(request, "delete");
        const isSelf = request.principal.kind === "user" && request.principal.user.id === user.id;
        if (user.id === 1 || isSelf) throw forbidden(`User with ID ${String(user.id)} cannot be deleted`);
        await tables.members.deleteAll({ entity_type: "u", entity_id: user.id });
        await tables.users.delete(user.id);
        return done;
    });

    routes.put("/users/:id/password", async (request) => {
        const form = await request.body(passwordForm);
        const user = await find(request, "update");
        if (!isStrong(form.new_password)) throw badRequest(weak);
        if (!isAdmin(request.principal) && !(await isSecret(form.old_password, user.password)))
            throw forbidden("Current password is incorrect");
        if (await isSecret(form.new_password, user.password))
            throw badRequest("New password is identical to old password");
        await tables.users.update(user.id, { password: await hashSecret(form.new_password) });
        return done;
    });

    routes.put("/users/:id/sysadmin", async (request) => {
        const { sysadmin_flag } = await request.body(z.object({ sysadmin_flag: z.boolean().default(false) }));
        guard.requireSystem(request, "user", "update");
        const user = await find(request, "update");
        await tables.users.update(user.id, { sysadmin_flag });
        return done;
    });

    const showMember = (member: Row<Member>): object => ({
        id: member.id,
        project_id: member.project_id,
        entity_id: member.entity_id,
        entity_name: member.entity_name,
        entity_type: member.entity_type,
        role_id: member.role_id,
        role_name: roleNames[member.role_id] ?? "",
    });

    routes.get("/projects/:project/members", async (request) => {
        const query = request.list();
        const project = await guard.project(request, "member", "list");
        const name = request.query("entityname");
        const conditions = name ? [{ key: "entity_name", match: { kind: "fuzzy", value: name } } as const] : [];
        const { rows, total } = await tables.members.list({ project_id: project.id }, { ...query, conditions });
        return page(request, query, total, rows.map(showMember));
    });

    routes.post("/projects/:project/members", async (request) => {
        const form = await request.body(memberForm);
        const project = await guard.project(request, "member", "create");
        if (!(form.role_id in roleNames)) throw badRequest("role not found");
        if (!form.member_user) throw badRequest("the lab knows members that are users, no groups");
        const { user_id, username } = form.member_user;
        const user = user_id > 0 ? await tables.users.get(user_id) : await tables.users.find({ username });
        if (!user) throw notFound(`user ${username || String(user_id)}`);
        const member = await tables.members.insert({
            project_id: project.id,
            entity_id: user.id,
            entity_name: user.username,
            entity_type: "u",
            role_id: form.role_id,
        });
        return created(`/api/v2.0/projects/${request.param("project")}/members/${String(member.id)}`);
    });

    const findMember = async (request: ApiRequest, action: string): Promise<Row<Member>> => {
        const id = request.id("id");
        const project = await guard.project(request, "member", action);
        const member = await tables.members.get(id);
        if (member?.project_id !== project.id) throw notFound(`project member ${String(id)}`);
        return member;
    };

    routes.get("/projects/:project/members/:id", async (request) => ok(showMember(await findMember(request, "read"))));

    routes.put("/projects/:project/members/:id", async (request) => {
        const { role_id } = await request.body(z.object({ role_id: z.int().default(0) }));
        const member = await findMember(request, "update");
        if (!(role_id in roleNames)) throw badRequest("role not found");
        await tables.members.update(member.id, { role_id });
        return done;
    });

    routes.delete("/projects/:project/members/:id", async (request) => {
        const member = await findMember(request, "delete");
        await tables.members.delete(member.id);
        return done;
    });

    return routes;
}
