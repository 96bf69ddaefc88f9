import assert from "node:assert/strict";
import { contract } from "./harbor";

contract("members", (harbor) => {
    it("have a role in a project, and see what it lets them", async () => {
        const { admin } = harbor();
        const project = await harbor().project();
        const members = `/projects/${project.name}/members`;
        const user = await harbor().user();
        const api = harbor().as(user);
        (await api.get(`/projects/${project.name}`)).fails(403, "FORBIDDEN");
        const created = await admin.post(members, { role_id: 3, member_user: { username: user.user } });
        created.is(201);
        assert.match(created.header("location") ?? "", /^\/api\/v2\.0\/projects\/.*\/members\/\d+$/);
        (await admin.get(`${members}/${created.id}`)).has({
            id: created.id,
            project_id: project.id,
            entity_name: user.user,
            entity_type: "u",
            role_id: 3,
            role_name: "guest",
        });
        (await api.get(`/projects/${project.name}`)).has({ name: project.name });
        (await api.put(`/projects/${project.name}`, { metadata: { public: "true" } })).fails(403, "FORBIDDEN");
        (await admin.put(`${members}/${created.id}`, { role_id: 1 })).isEmpty(200);
        (await api.put(`/projects/${project.name}`, { metadata: { auto_scan: "true" } })).isEmpty(200);
        (await admin.delete(`${members}/${created.id}`)).isEmpty(200);
        (await api.get(`/projects/${project.name}`)).fails(403, "FORBIDDEN");
        (await admin.get(`${members}/${created.id}`)).fails(404, "NOT_FOUND");
    });

    it("are refused twice, without a user, and in a role that there is not", async () => {
        const { admin } = harbor();
        const members = `/projects/${(await harbor().project()).name}/members`;
        const user = await harbor().user();
        const member = { role_id: 2, member_user: { username: user.user } };
        (await admin.post(members, member)).is(201);
        (await admin.post(members, member)).fails(409, "CONFLICT");
        (await admin.post(members, { role_id: 2, member_user: { username: harbor().name("missing") } })).fails(
            404,
            "NOT_FOUND",
        );
        const other = await harbor().user();
        (await admin.post(members, { role_id: 99, member_user: { username: other.user } })).fails(400, "BAD_REQUEST");
        const admins = (await admin.get(members, { entityname: "admin" })).is(200).list;
        assert.deepEqual(
            admins.map((one) => [one["entity_name"], one["role_name"]]),
            [["admin", "projectAdmin"]],
        );
    });
});

contract("labels", (harbor) => {
    it("are of the system or of a project, each name once", async () => {
        const { admin } = harbor();
        const project = await harbor().project();
        const label = { name: "tested", description: "by hand", color: "#00AA00", scope: "p", project_id: project.id };
        const created = (await admin.post("/labels", label)).is(201);
        assert.equal(created.header("location"), `/api/v2.0/labels/${created.id}`);
        (await admin.post("/labels", label)).fails(409, "CONFLICT");
        (await admin.get(`/labels/${created.id}`)).has({ ...label, id: created.id });
        (await admin.get("/labels", { scope: "p", project_id: project.id })).has([{ name: "tested" }]);
        (await admin.put(`/labels/${created.id}`, { ...label, name: "released" })).isEmpty(200);
        (await admin.get(`/labels/${created.id}`)).has({ name: "released" });
        (await admin.delete(`/labels/${created.id}`)).isEmpty(200);
        (await admin.get(`/labels/${created.id}`)).fails(404, "NOT_FOUND");
    });

    it("need a scope, and their project need not be there", async () => {
        const { admin } = harbor();
        (await admin.post("/labels", { name: "x", scope: "galaxy" })).fails(400, "BAD_REQUEST");
        const stray = { name: harbor().name("stray"), scope: "p", project_id: 999_999_999 };
        const { id } = (await admin.post("/labels", stray)).is(201);
        (await admin.delete(`/labels/${id}`)).is(200);
        (await admin.get("/labels")).fails(400, "BAD_REQUEST");
    });
});
