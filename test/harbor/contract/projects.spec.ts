import assert from "node:assert/strict";
import { contract } from "./harbor";
import { image, push } from "./images";
import { absent, some } from "./like";

contract("projects", (harbor) => {
    it("are made with 201, no body, and a Location without a host", async () => {
        const { admin } = harbor();
        const name = harbor().name();
        harbor().afterwards(() => harbor().removeProject(name));
        const created = (
            await admin.post("/projects", {
                project_name: name,
                metadata: { public: "false" },
                storage_limit: 1_000_000,
            })
        ).is(201);
        assert.equal(created.text, "");
        assert.match(created.header("location") ?? "", /^\/api\/v2\.0\/projects\/\d+$/);
        (await admin.get(`/projects/${name}`)).has({
            project_id: created.id,
            name,
            owner_name: "admin",
            repo_count: 0,
            metadata: { public: "false" },
            creation_time: /^20\d\d-/,
        });
        (await admin.get(`/projects/${created.id}`)).has({ name });
        (await admin.get(`/projects/${name}/summary`)).has({ quota: { hard: { storage: 1_000_000 } } });
    });

    it("refuse a name that is taken, or that no image could have", async () => {
        const { admin } = harbor();
        const { name } = await harbor().project();
        (await admin.post("/projects", { project_name: name })).fails(409, "CONFLICT");
        for (const bad of [name.toUpperCase(), `${name}/a`, "-a", "a..b"]) {
            (await admin.post("/projects", { project_name: bad })).fails(400, "BAD_REQUEST");
        }
        (await admin.post("/projects", {})).is(400);
    });

    it("are looked up by HEAD, without an error's body", async () => {
        const { admin } = harbor();
        const { name } = await harbor().project();
        const query = { project_name: name };
        assert.equal((await admin.send("HEAD", "/projects", { query })).is(200).text, "");
        const missing = await admin.send("HEAD", "/projects", { query: { project_name: `${name}-not` } });
        assert.equal(missing.is(404).text, "");
    });

    it("may have a number as their name, and then the header says which is meant", async () => {
        const { admin } = harbor();
        const name = String(1_000_000_000 + Math.floor(Math.random() * 1_000_000_000));
        harbor().afterwards(() =>
            admin.send("DELETE", `/projects/${name}`, { headers: { "X-Is-Resource-Name": "true" } }),
        );
        (await admin.post("/projects", { project_name: name })).is(201);
        (await admin.get(`/projects/${name}`)).fails(404, "NOT_FOUND");
        const byName = await admin.send("GET", `/projects/${name}`, { headers: { "X-Is-Resource-Name": "true" } });
        byName.has({ name });
    });

    it("change by PUT in what is named, and their quota does not", async () => {
        const { admin } = harbor();
        const { name } = await harbor().project({ storage_limit: 2_000_000 });
        const changed = await admin.put(`/projects/${name}`, {
            metadata: { public: "true", auto_scan: "true" },
            storage_limit: 5,
        });
        changed.isEmpty(200);
        (await admin.get(`/projects/${name}`)).has({ metadata: { public: "true", auto_scan: "true" } });
        (await admin.put(`/projects/${name}`, { metadata: { prevent_vul: "true" } })).is(200);
        (await admin.get(`/projects/${name}`)).has({
            metadata: { public: "true", auto_scan: "true", prevent_vul: "true" },
        });
        (await admin.get(`/projects/${name}/summary`)).has({ quota: { hard: { storage: 2_000_000 } } });
    });

    it("have their settings one by one, too", async () => {
        const { admin } = harbor();
        const { name } = await harbor().project();
        const path = `/projects/${name}/metadatas`;
        (await admin.post(path, { auto_scan: "1" })).isEmpty(200);
        (await admin.get(`${path}/auto_scan`)).has({ auto_scan: "true" });
        for (const bad of [{ auto_scan: "maybe" }, { no_such_key: "true" }, { public: "true", severity: "low" }])
            (await admin.post(path, bad)).fails(400, "BAD_REQUEST");
        (await admin.put(`${path}/auto_scan`, { auto_scan: "maybe" })).fails(400, "BAD_REQUEST");
        // What was never set is not set by PUT either, which says nothing of it.
        (await admin.put(`${path}/severity`, { severity: "low" })).isEmpty(200);
        (await admin.get(`${path}/severity`)).has({ severity: absent });
        (await admin.delete(`${path}/auto_scan`)).isEmpty(200);
        assert.deepEqual((await admin.get(path)).json, { public: "false" });
    });

    it("are there for anybody if public, and for nobody else if not", async () => {
        const { anonymous } = harbor();
        const secret = await harbor().project();
        const open = await harbor().project({ metadata: { public: "true" } });
        // No list where there is no role, but null.
        (await anonymous.get(`/projects/${open.name}`)).has({
            name: open.name,
            current_user_role_id: absent,
            current_user_role_ids: null,
        });
        (await anonymous.get(`/projects/${secret.name}`)).fails(401, "UNAUTHORIZED");
        const listed = (await anonymous.get("/projects", { name: secret.name })).is(200).list;
        assert.deepEqual(listed, []);
        const user = harbor().as(await harbor().user());
        (await user.get(`/projects/${secret.name}`)).fails(403, "FORBIDDEN");
        (await user.delete(`/projects/${secret.name}`)).fails(403, "FORBIDDEN");
    });

    it("are found by a part of their name, counted, and sorted", async () => {
        const { admin } = harbor();
        const one = await harbor().project();
        const found = await admin.get("/projects", { name: one.name.slice(3) });
        assert.deepEqual(
            found.list.map((project) => project["name"]),
            [one.name],
        );
        assert.equal(found.header("x-total-count"), "1");
        const byQuery = await admin.get("/projects", { q: `name=${one.name}` });
        assert.equal(byQuery.list.length, 1);
        const sorted = (await admin.get("/projects", { sort: "-project_id", page_size: 1 })).list;
        assert.equal(sorted[0]?.["name"], one.name);
    });

    it("say whether they can be deleted, and why not", async () => {
        const { admin } = harbor();
        const { name } = await harbor().project();
        (await admin.get(`/projects/${name}/_deletable`)).has({ deletable: true, message: absent });
        await push(admin, `${name}/app`, "1", image("kept"));
        (await admin.get(`/projects/${name}/_deletable`)).has({ deletable: absent, message: some });
        (await admin.delete(`/projects/${name}`)).fails(412, "PRECONDITION");
        (await admin.delete(`/projects/${name}/repositories/app`)).isEmpty(200);
        (await admin.delete(`/projects/${name}`)).isEmpty(200);
        (await admin.get(`/projects/${name}`)).fails(404, "NOT_FOUND");
        (await admin.delete(`/projects/${name}`)).fails(404, "NOT_FOUND");
    });

    it("take their robots and quota with them, and leave their name free", async () => {
        const { admin } = harbor();
        const project = await harbor().project();
        const robot = await harbor().robot(project, ["pull"]);
        (await admin.delete(`/projects/${project.name}`)).is(200);
        (await admin.get(`/robots/${robot.id}`)).fails(404, "NOT_FOUND");
        assert.deepEqual((await admin.get("/quotas", { reference: "project", reference_id: project.id })).list, []);
        const again = (await admin.post("/projects", { project_name: project.name })).is(201);
        assert.notEqual(again.id, project.id);
    });
});
