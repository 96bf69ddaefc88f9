import assert from "node:assert/strict";
import { contract, type TestProject } from "./harbor";
import { absent } from "./like";

const everything = { repository: [{ kind: "doublestar", decoration: "repoMatches", pattern: "**" }] };
const everyTag = [{ kind: "doublestar", decoration: "matches", pattern: "**", extras: '{"untagged":true}' }];
const template = "latestPushedK";

contract("tag retention", (harbor) => {
    const keep = (count: number): Record<string, unknown> => ({
        disabled: false,
        action: "retain",
        template,
        params: { [template]: count },
        tag_selectors: everyTag,
        scope_selectors: everything,
    });
    const policy = ({ id }: TestProject, rules: readonly unknown[], cron = ""): Record<string, unknown> => ({
        algorithm: "or",
        scope: { level: "project", ref: id },
        trigger: { kind: "Schedule", references: {}, settings: { cron } },
        rules,
    });

    it("is one policy a project, whose number stands in the project's metadata as text", async () => {
        const { admin } = harbor();
        const project = await harbor().project();
        const created = (await admin.post("/retentions", policy(project, [keep(3)]))).is(201);
        assert.match(created.header("location") ?? "", /^\/api\/v2\.0\/retentions\/\d+$/);
        (await admin.get(`/projects/${project.name}`)).has({ metadata: { retention_id: String(created.id) } });
        (await admin.get(`/retentions/${created.id}`)).has({
            algorithm: "or",
            scope: { level: "project", ref: project.id },
            rules: [{ action: "retain", template, params: { [template]: 3 }, disabled: absent }],
        });
        (await admin.post("/retentions", policy(project, [keep(5)]))).fails(400, "BAD_REQUEST");
    });

    it("is replaced by PUT, and gone after DELETE", async () => {
        const { admin } = harbor();
        const project = await harbor().project();
        const { id } = (await admin.post("/retentions", policy(project, [keep(3)]))).is(201);
        (await admin.put(`/retentions/${id}`, { id, ...policy(project, [keep(7)], "0 0 4 * * *") })).isEmpty(200);
        (await admin.get(`/retentions/${id}`)).has({
            rules: [{ params: { [template]: 7 } }],
            trigger: { kind: "Schedule", settings: { cron: "0 0 4 * * *", next_scheduled_time: /^20\d\d-/ } },
        });
        (await admin.delete(`/retentions/${id}`)).isEmpty(200);
        (await admin.get(`/projects/${project.name}`)).has({ metadata: { retention_id: absent } });
    });

    it("refuses two equal rules, a cron of five fields, and another project's number", async () => {
        const { admin } = harbor();
        const project = await harbor().project();
        (await admin.post("/retentions", policy(project, [keep(3), keep(3)]))).fails(409, "CONFLICT");
        (await admin.post("/retentions", policy(project, [keep(3)], "0 4 * * *"))).fails(400, "BAD_REQUEST");
        (await admin.post("/retentions", policy({ ...project, id: 999_999_999 }, [keep(3)]))).fails(400, "BAD_REQUEST");
        const other = await harbor().project();
        const { id } = (await admin.post("/retentions", policy(project, [keep(3)]))).is(201);
        (await admin.put(`/retentions/${id}`, { id, ...policy(other, [keep(3)]) })).fails(404, "NOT_FOUND");
    });

    it("answers 500 for a number that there is not; only the answer for its executions says so", async () => {
        const { admin } = harbor();
        const missing = (await admin.get("/retentions/999999999")).fails(500, "UNKNOWN");
        assert.equal(missing.text.includes("999999999"), false);
        const executions = (await admin.get("/retentions/999999999/executions")).fails(400, "BAD_REQUEST");
        assert.match(executions.text, /no such Retention policy with id 999999999/);
    });

    it("is the project's own business", async () => {
        const { admin, anonymous } = harbor();
        const project = await harbor().project();
        const { id } = (await admin.post("/retentions", policy(project, [keep(3)]))).is(201);
        (await anonymous.get(`/retentions/${id}`)).fails(401, "UNAUTHORIZED");
        const user = harbor().as(await harbor().user());
        (await user.get(`/retentions/${id}`)).fails(403, "FORBIDDEN");
    });
});
