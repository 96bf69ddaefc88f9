import assert from "node:assert/strict";
import { waitFor } from "../../../lib/wait";
import { contract, type TestProject } from "./harbor";
import { image, push, Repository } from "./images";
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

    it("deletes what no rule keeps, tag by tag and without a trial's harm, and tells it repository by repository", async function () {
        this.timeout(120_000);
        const { admin } = harbor();
        const project = await harbor().project();
        const pause = (): Promise<unknown> => new Promise((passed) => setTimeout(passed, 1_100));
        for (const [repository, tag] of [
            ["app", "1"],
            ["app", "2"],
            ["app", "3"],
            ["app", "stable"],
            ["other", "1"],
        ] as const) {
            await push(admin, `${project.name}/${repository}`, tag, image(`${repository} ${tag}`));
            await pause(); // a rule counts in seconds
        }
        const rule = (pattern: string, count: number): object => ({
            ...keep(count),
            tag_selectors: [{ kind: "doublestar", decoration: "matches", pattern, extras: '{"untagged":false}' }],
            scope_selectors: { repository: [{ kind: "doublestar", decoration: "repoMatches", pattern: "app" }] },
        });
        // The newest one of those with a number, and what is called stable: the rules' sum.
        const rules = [rule("[0-9]*", 1), { ...rule("stable", 1), params: {}, template: "always" }];
        const { id } = (await admin.post("/retentions", policy(project, rules))).is(201);
        const run = async (dry_run: boolean): Promise<readonly Readonly<Record<string, unknown>>[]> => {
            const executions = `/retentions/${id}/executions`;
            const { id: execution } = (await admin.post(executions, { dry_run })).is(201);
            await waitFor(
                async () => {
                    const all = (await admin.get(executions)).is(200).list;
                    return all.find((one) => one["id"] === execution)?.["status"] === "Success" ? true : undefined;
                },
                { what: `retention ${execution} to succeed`, timeoutMs: 110_000, intervalMs: 300 },
            );
            const tasks = (await admin.get(`${executions}/${execution}/tasks`)).is(200);
            const [task] = tasks.list;
            const log = (await admin.get(`${executions}/${execution}/tasks/${String(task?.["id"])}`)).is(200);
            assert.match(log.text, /retention/i);
            return tasks.list.map(({ repository, retained, total }) => ({ repository, retained, total }));
        };
        const tags = async (repository: string): Promise<readonly unknown[]> => {
            const source = await Repository.open(admin, `${project.name}/${repository}`, "pull");
            return (await source.call("GET", "/tags/list")).is(200).json as never;
        };
        assert.deepEqual(await run(true), [{ repository: "app", retained: 2, total: 4 }]);
        assert.deepEqual(await tags("app"), { name: `${project.name}/app`, tags: ["1", "2", "3", "stable"] });
        assert.deepEqual(await run(false), [{ repository: "app", retained: 2, total: 4 }]);
        assert.deepEqual(await tags("app"), { name: `${project.name}/app`, tags: ["3", "stable"] });
        assert.deepEqual(await tags("other"), { name: `${project.name}/other`, tags: ["1"] });
    });

    it("leaves an immutable tag where it is, and all of a policy whose rules are disabled", async function () {
        this.timeout(120_000);
        const { admin } = harbor();
        const project = await harbor().project();
        for (const tag of ["1", "2"]) await push(admin, `${project.name}/app`, tag, image(tag));
        const selectors = {
            tag_selectors: [{ kind: "doublestar", decoration: "matches", pattern: "1" }],
            scope_selectors: everything,
        };
        const immutable = { disabled: false, action: "immutable", template: "immutable_template", ...selectors };
        (await admin.post(`/projects/${project.name}/immutabletagrules`, immutable)).is(201);
        const { id } = (await admin.post("/retentions", policy(project, [{ ...keep(0), disabled: true }]))).is(201);
        const run = async (): Promise<number> => {
            const { id: execution } = (await admin.post(`/retentions/${id}/executions`, { dry_run: false })).is(201);
            await waitFor(
                async () => {
                    const all = (await admin.get(`/retentions/${id}/executions`)).list;
                    const status = all.find((one) => one["id"] === execution)?.["status"];
                    return status === "Success" ? true : undefined;
                },
                { what: "the retention to end", timeoutMs: 110_000, intervalMs: 300 },
            );
            return (await admin.get(`/projects/${project.name}/repositories/app/artifacts`)).is(200).list.length;
        };
        assert.equal(await run(), 2);
        (await admin.put(`/retentions/${id}`, { id, ...policy(project, [keep(0)]) })).isEmpty(200);
        assert.equal(await run(), 1);
        (await admin.get(`/projects/${project.name}/repositories/app/artifacts/1`)).is(200);
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
