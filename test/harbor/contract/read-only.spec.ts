import assert from "node:assert/strict";
import { contract } from "./harbor";
import type { Api } from "./api";
import { image, pull, push } from "./images";

contract("read-only mode", (harbor) => {
    const setReadOnly = async (admin: Api, on: boolean): Promise<void> => {
        (await admin.put("/configurations", { read_only: on })).isEmpty(200);
    };
    const thaw = async (): Promise<void> => {
        await setReadOnly(harbor().admin, false);
        (await harbor().admin.put("/jobservice/queues/all", { action: "resume" })).is(200);
    };

    before(() => harbor().afterwards(thaw));
    afterEach(thaw);

    it("holds from the next request on, and is shown to who is logged in alone", async () => {
        const { admin, anonymous } = harbor();
        (await admin.get("/systeminfo")).has({ read_only: false });
        await setReadOnly(admin, true);
        (await admin.get("/systeminfo")).has({ read_only: true });
        (await admin.get("/configurations")).has({ read_only: { editable: true, value: true } });
        assert.ok(!("read_only" in ((await anonymous.get("/systeminfo")).json as object)));
        await setReadOnly(admin, false);
        (await admin.get("/systeminfo")).has({ read_only: false });
    });

    it("refuses every change with DENIED, also what comes without a right or to no path", async () => {
        const { admin, anonymous } = harbor();
        const project = await harbor().project();
        await setReadOnly(admin, true);
        const changes: readonly (readonly ["POST" | "PUT" | "PATCH" | "DELETE", string])[] = [
            ["POST", "/projects"],
            ["DELETE", `/projects/${project.name}`],
            ["PUT", `/projects/${project.name}`],
            ["POST", "/robots"],
            ["PATCH", "/robots/1"],
            ["PUT", "/quotas/1"],
            ["POST", "/system/gc/schedule"],
            ["PUT", "/jobservice/queues/all"],
            ["POST", "/users"],
            ["DELETE", "/nowhere"],
        ];
        for (const [method, path] of changes) {
            for (const api of [admin, anonymous]) {
                const refused = await api.send(method, path, { body: {} });
                refused.fails(403, "DENIED", /^The system is in read only mode/);
            }
        }
        const wrong = harbor().as({ user: harbor().name("nobody"), password: "wrong" });
        (await wrong.delete("/projects/1")).fails(403, "DENIED", /read only/);
    });

    it("lets everything be read, and checks credentials there", async () => {
        const { admin } = harbor();
        const project = await harbor().project();
        await setReadOnly(admin, true);
        (await admin.get(`/projects/${project.name}`)).has({ name: project.name });
        (await admin.send("HEAD", "/projects", { query: { project_name: project.name } })).is(200);
        (await admin.get("/users/current")).has({ username: "admin" });
        const wrong = harbor().as({ user: harbor().name("nobody"), password: "wrong" });
        (await wrong.get("/users/current")).fails(401, "UNAUTHORIZED");
    });

    it("stays on after a change of another setting, and off takes a boolean", async () => {
        const { admin, anonymous } = harbor();
        await setReadOnly(admin, true);
        (await admin.put("/configurations", { read_only: "false" })).is(422);
        (await anonymous.put("/configurations", { read_only: false })).fails(401, "UNAUTHORIZED");
        (await admin.put("/configurations", { no_such_setting: 1 })).isEmpty(200);
        (await admin.get("/systeminfo")).has({ read_only: true });
    });

    it("is entered after the queues are paused, since pausing is a change itself", async () => {
        const { admin } = harbor();
        (await admin.put("/jobservice/queues/all", { action: "pause" })).isEmpty(200);
        await setReadOnly(admin, true);
        for (const action of ["pause", "resume", "stop"]) {
            (await admin.put("/jobservice/queues/all", { action })).fails(403, "DENIED");
        }
        const queues = (await admin.get("/jobservice/queues")).list;
        assert.ok(queues.every((queue) => queue["paused"] === true));
    });

    it("lets images be pulled and refuses a push at its first write", async () => {
        const { admin } = harbor();
        const project = await harbor().project();
        const robot = await harbor().robot(project, ["pull", "push"]);
        const before = image("before");
        await push(harbor().as(robot), `${project.name}/app`, "1", before);
        await setReadOnly(admin, true);
        await pull(harbor().as(robot), `${project.name}/app`, "1", before);
        const refused = await harbor().as(robot).sendTo("POST", `/v2/${project.name}/app/blobs/uploads/`, { body: "" });
        refused.fails(403, "DENIED", /read only/);
    });
});
