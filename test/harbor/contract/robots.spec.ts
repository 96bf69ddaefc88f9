import assert from "node:assert/strict";
import { contract, type TestProject } from "./harbor";
import { askToken, grants, scope } from "./images";
import { absent } from "./like";

contract("robot accounts", (harbor) => {
    const ofProject = (
        project: TestProject,
        more: Readonly<Record<string, unknown>> = {},
    ): Record<string, unknown> => ({
        name: "ci",
        duration: 30,
        level: "project",
        permissions: [
            {
                kind: "project",
                namespace: project.name,
                access: [
                    { resource: "repository", action: "pull" },
                    { resource: "repository", action: "push" },
                ],
            },
        ],
        ...more,
    });
    const ofSystem = (name: string): Record<string, unknown> => ({
        name,
        duration: -1,
        level: "system",
        permissions: [{ kind: "project", namespace: "*", access: [{ resource: "repository", action: "pull" }] }],
    });

    it("tell their secret at their making and never again", async () => {
        const { admin } = harbor();
        const project = await harbor().project();
        const created = (await admin.post("/robots", ofProject(project))).is(201);
        const id = created.number("id");
        assert.equal(created.string("name"), `robot$${project.name}+ci`);
        assert.match(created.string("secret"), /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[A-Za-z0-9]{32}$/);
        assert.ok(created.number("expires_at") > Date.now() / 1_000 + 29 * 86_400);
        assert.equal(created.header("location"), `/api/v2.0/robots/${id}`);
        (await admin.get(`/robots/${id}`)).has({
            id,
            name: `robot$${project.name}+ci`,
            level: "project",
            duration: 30,
            editable: true,
            disable: false,
            secret: absent,
        });
        (await admin.delete(`/robots/${id}`)).isEmpty(200);
        (await admin.get(`/robots/${id}`)).fails(404, "NOT_FOUND");
    });

    it("expire never with -1", async () => {
        const { admin } = harbor();
        const project = await harbor().project();
        const created = (await admin.post("/robots", ofProject(project, { duration: -1 }))).is(201);
        assert.equal(created.number("expires_at"), -1);
    });

    it("refuse what is no robot", async () => {
        const { admin } = harbor();
        const project = await harbor().project();
        (await admin.post("/robots", ofProject(project))).is(201);
        (await admin.post("/robots", ofProject(project))).fails(409, "CONFLICT");
        const access = (resource: string, action: string): Record<string, unknown> =>
            ofProject(project, {
                name: "other",
                permissions: [{ kind: "project", namespace: project.name, access: [{ resource, action }] }],
            });
        const bad: readonly Record<string, unknown>[] = [
            ofProject(project, { name: "other", duration: 0 }),
            ofProject(project, { name: "other", duration: -2 }),
            ofProject(project, { name: "OTHER" }),
            ofProject(project, { name: "other", level: "galaxy" }),
            ofProject(project, { name: "other", permissions: [] }),
            ofProject(project, {
                name: "other",
                permissions: [{ kind: "project", namespace: project.name, access: [] }],
            }),
            access("nothing", "pull"),
            access("repository", "explode"),
            access("garbage-collection", "create"),
        ];
        for (const body of bad) (await admin.post("/robots", body)).fails(400, "BAD_REQUEST");
        const missing = { ...project, name: harbor().name("missing") };
        (await admin.post("/robots", ofProject(missing))).fails(404, "NOT_FOUND");
    });

    it("are listed by level, and found by their stored name encoded twice", async () => {
        const { admin } = harbor();
        const project = await harbor().project();
        const id = (await admin.post("/robots", ofProject(project))).is(201).number("id");
        const systemName = harbor().name("sys");
        const system = (await admin.post("/robots", ofSystem(systemName))).is(201).number("id");
        harbor().afterwards(() => admin.delete(`/robots/${system}`));
        const ids = async (q?: string): Promise<readonly unknown[]> => {
            const query: Record<string, string> = q === undefined ? {} : { q };
            return (await admin.get("/robots", { page_size: 100, ...query })).is(200).list.map((robot) => robot["id"]);
        };
        const all = await ids();
        assert.ok(all.includes(system) && !all.includes(id));
        assert.deepEqual(await ids(`Level=project,ProjectID=${project.id}`), [id]);
        const inProject = (name: string): string => `Level=project,ProjectID=${project.id},name=${name}`;
        // What is sent is encoded once more by the query string: %2B arrives as %252B.
        assert.deepEqual(await ids(inProject(`${project.name}%2Bci`)), [id]);
        assert.deepEqual(await ids(inProject(`${project.name}+ci`)), []);
        assert.deepEqual(await ids(inProject("~ci")), [id]);
        assert.deepEqual(await ids(`name=${systemName}`), [system]);
        assert.deepEqual(await ids(`name=robot$${systemName}`), []);
        (await admin.get(`/projects/${project.id}/robots`)).is(404);
    });

    it("are replaced by PUT as a whole, under their full name", async () => {
        const { admin } = harbor();
        const project = await harbor().project();
        const created = (await admin.post("/robots", ofProject(project, { description: "builds" }))).is(201);
        const id = created.number("id");
        const whole = ofProject(project, { name: created.string("name"), duration: 60, disable: true });
        (await admin.put(`/robots/${id}`, whole)).isEmpty(200);
        (await admin.get(`/robots/${id}`)).has({ duration: 60, disable: true, description: absent });
        (await admin.put(`/robots/${id}`, { ...whole, name: "ci" })).fails(400, "BAD_REQUEST");
        (await admin.put(`/robots/${id}`, { ...whole, level: "system" })).fails(400, "BAD_REQUEST");
        (await admin.put("/robots/999999999", whole)).fails(404, "NOT_FOUND");
    });

    it("get a new secret by PATCH: Harbor's, or a given one that is strong", async () => {
        const { admin } = harbor();
        const project = await harbor().project();
        const robot = await harbor().robot(project, ["pull"]);
        const fresh = (await admin.patch(`/robots/${robot.id}`, { secret: "" })).is(200).string("secret");
        assert.notEqual(fresh, robot.password);
        const pulls = scope(`${project.name}/app`, "pull");
        const actions = async (password: string): Promise<unknown> =>
            grants((await askToken(harbor().as({ user: robot.user, password }), pulls)).is(200));
        assert.deepEqual(await actions(fresh), ["pull"]);
        assert.deepEqual(await actions(robot.password), []);
        const given = "Given-secret-12345";
        const answer = (await admin.patch(`/robots/${robot.id}`, { secret: given })).is(200);
        assert.deepEqual(answer.json, {});
        assert.deepEqual(await actions(given), ["pull"]);
        (await admin.patch(`/robots/${robot.id}`, { secret: "weak" })).fails(400, "BAD_REQUEST");
    });

    it("log in with their full name, and are no user", async () => {
        const project = await harbor().project();
        const robot = await harbor().robot(project, ["pull", "push"]);
        const api = harbor().as(robot);
        (await api.get(`/projects/${project.name}/repositories`)).is(403);
        (await api.get("/users/current")).fails(412, "PRECONDITION");
        (await api.get("/configurations")).fails(403, "FORBIDDEN");
        (await api.post("/projects", { project_name: harbor().name() })).is(403);
    });

    it("are let in no more when they are disabled", async () => {
        const { admin } = harbor();
        const project = await harbor().project();
        const robot = await harbor().robot(project, ["pull"]);
        const pulls = scope(`${project.name}/app`, "pull");
        const actions = async (): Promise<unknown> => grants((await askToken(harbor().as(robot), pulls)).is(200));
        assert.deepEqual(await actions(), ["pull"]);
        const { permissions, level, name } = (await admin.get(`/robots/${robot.id}`)).json as Record<string, unknown>;
        const disabled = { permissions, level, name, duration: -1, disable: true };
        (await admin.put(`/robots/${robot.id}`, disabled)).is(200);
        assert.deepEqual(await actions(), []);
        (await harbor().as(robot).sendTo("GET", "/v2/", {})).fails(401, "UNAUTHORIZED");
    });
});
