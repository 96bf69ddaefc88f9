import assert from "node:assert/strict";
import { parseRepositoryName } from "../../../harbor/client/repositories";
import { idOfLocation, path } from "../../../harbor/client/paths";
import { harborError, json, type Handler } from "./loopback";
import { failure, Scene } from "./scene";

/** What a real Harbor 2.15.2 answers that one would not expect. */
describe("a Harbor client and Harbor's answers", () => {
    const scene = new Scene();
    const answers = (value: unknown): Handler => {
        return (_, response) => {
            json(response, value);
        };
    };
    /** 200 or 201 with a length of 0, which is no JSON whatever the type says. */
    const nothing: Handler = (_, response) => {
        response.writeHead(200, { "content-type": "application/json", "content-length": 0 });
        response.end();
    };

    it("sends no cookie, though every answer sets one", async () => {
        const { server, client } = await scene.serve((_, response) => {
            json(response, { project_id: 1 }, { "set-cookie": "sid=abc; Path=/; HttpOnly" });
        });
        await client.projects.get("p1");
        await client.projects.get("p1");
        await client.quotas.setStorage(1, 1);
        assert.equal(server.seen.length, 3);
        for (const { headers } of server.seen) {
            assert.equal(headers.cookie, undefined);
            assert.match(headers.authorization ?? "", /^Basic /);
        }
    });

    it("takes an empty answer for a schedule that was never set, and sets it by POST, later by PUT", async () => {
        let set = false;
        const { server, client } = await scene.serve(({ method }, response, number) => {
            if (method === "POST") {
                set = true;
                response.writeHead(201, { location: "/api/v2.0/system/gc/0" }).end();
            } else if (method === "GET" && set) {
                json(response, {
                    id: 4,
                    schedule: { type: "Custom", cron: "0 0 2 * * *", next_scheduled_time: "0001-01-01T00:00:00Z" },
                    job_parameters: '{"delete_untagged":true,"workers":2}',
                    job_status: "Running",
                });
            } else void nothing({ method, path: "", headers: {}, body: "" }, response, number);
        });
        assert.equal(await client.gc.get(), undefined);
        await client.gc.clear();
        const setting = { schedule: { type: "Custom", cron: "0 0 2 * * *" }, parameters: { workers: 2 } } as const;
        await client.gc.set(setting);
        assert.deepEqual(await client.gc.get(), {
            id: 4,
            schedule: { type: "Custom", cron: "0 0 2 * * *" },
            parameters: { delete_untagged: true, workers: 2 },
        });
        await client.gc.set(setting);
        await client.gc.clear();
        const writes = server.seen.filter(({ method }) => method !== "GET");
        assert.deepEqual(
            writes.map(({ method, path: at, body }) => [
                method,
                at,
                (JSON.parse(body) as typeof setting).schedule.type,
            ]),
            [
                ["POST", "/api/v2.0/system/gc/schedule", "Custom"],
                ["PUT", "/api/v2.0/system/gc/schedule", "Custom"],
                ["PUT", "/api/v2.0/system/gc/schedule", "None"],
            ],
        );
    });

    it("sets a schedule by PUT where an older version says 409", async () => {
        const { server, client } = await scene.serve(({ method }, response, number) => {
            if (method === "POST") harborError(response, 409, "CONFLICT", "fail to set schedule, already exists");
            else void nothing({ method, path: "", headers: {}, body: "" }, response, number);
        });
        const parameters = { audit_retention_hour: 24, include_event_types: "create_artifact" };
        await client.purgeAudit.set({ schedule: { type: "Daily" }, parameters });
        assert.deepEqual(
            server.seen.map(({ method }) => method),
            ["GET", "POST", "PUT"],
        );
    });

    it("leaves zero dates out and fills in what is omitted", async () => {
        const { client } = await scene.serve(
            answers([{ job_type: "WEBHOOK", paused: true, count: 2, latency: 6 }, { job_type: "RETENTION" }]),
        );
        assert.deepEqual(await client.jobservice.queues(), [
            { job_type: "WEBHOOK", paused: true, count: 2, latency: 6 },
            { job_type: "RETENTION", paused: false, count: 0, latency: 0 },
        ]);
        const artifacts = await scene.serve(
            answers([
                {
                    id: 1,
                    digest: "sha256:1",
                    type: "IMAGE",
                    pull_time: "0001-01-01T00:00:00.000Z",
                    push_time: "2026-11-23T10:00:00.000Z",
                    tags: [{ id: 1, name: "v1", pull_time: "0001-01-01T00:00:00.000Z" }],
                    accessories: null,
                },
                { id: 2, digest: "sha256:2", type: "IMAGE", tags: null },
            ]),
        );
        const [first, second] = await artifacts.client.artifacts.list({ project: "p1", repository: "a" }).toArray();
        assert.deepEqual(first, {
            id: 1,
            digest: "sha256:1",
            type: "IMAGE",
            push_time: "2026-11-23T10:00:00.000Z",
            tags: [{ id: 1, name: "v1", immutable: false }],
            accessories: [],
            size: 0,
            scan_overview: {},
        });
        assert.deepEqual(second?.tags, []);
        assert.notEqual(first.accessories, second.accessories, "each has a list of its own");
    });

    it("reads a deletable that is left out as false", async () => {
        const { client } = await scene.serve(answers({ message: "the project contains repositories" }));
        const answer = await client.projects.deletable("p1");
        assert.deepEqual(answer, { deletable: false, message: "the project contains repositories" });
    });

    it("takes the number of what was made from a Location that is a path alone", async () => {
        const { client } = await scene.serve((_, response) => {
            response.writeHead(201, { location: "/api/v2.0/projects/27" }).end();
        });
        assert.equal(await client.projects.create({ project_name: "p27" }), 27);
        assert.equal(idOfLocation("https://registry.example.com/api/v2.0/robots/3?x=1"), 3);
        assert.equal(idOfLocation("/api/v2.0/scanners/6f1e-uuid"), undefined);
        assert.equal(idOfLocation(undefined), undefined);
        const without = await scene.serve(nothing);
        await failure(without.client.projects.create({ project_name: "p1" }), "unexpected");
    });

    it("tells the 500 of a missing retention policy from every other one", async () => {
        const { server, client } = await scene.serve(({ path: at }, response) => {
            const [, id = "", executions] = /\/retentions\/(\d+)(\/executions)?/.exec(at) ?? [];
            if (executions === undefined) harborError(response, 500, "UNKNOWN", "internal server error");
            else if (id === "9")
                harborError(response, 400, "BAD_REQUEST", "bad request: no such Retention policy with id 9");
            else if (id === "8") harborError(response, 400, "BAD_REQUEST", "bad request: too many connections");
            else if (id === "7") harborError(response, 500, "UNKNOWN", "internal server error");
            else json(response, []);
        });
        assert.equal(await client.retentions.get(9), undefined);
        for (const id of [8, 7, 6]) {
            const error = await failure(client.retentions.get(id), "server");
            assert.equal(error.endpoint, `GET /retentions/${String(id)}`, "the first failure is told");
        }
        const asked = server.seen.length;
        const panic = await scene.serve((_, response) => {
            response.writeHead(500).end("panic");
        });
        await failure(panic.client.retentions.get(5), "server");
        assert.deepEqual([asked, panic.server.seen.length], [8, 1], "only what is unclear is asked for twice");
    });

    it("asks whether there is a project without a body to read", async () => {
        const { server, client } = await scene.serve(({ path: at }, response) => {
            response.writeHead(at.endsWith("=p1") ? 200 : 404).end();
        });
        assert.equal(await client.projects.exists("p1"), true);
        assert.equal(await client.projects.exists("p2"), false);
        assert.deepEqual(
            server.seen.map(({ method }) => method),
            ["HEAD", "HEAD"],
        );
    });

    it("says that a project that looks like a number is a name, and gives numbers as such", async () => {
        const { server, client } = await scene.serve(answers({ project_id: 7, name: "42" }));
        await client.projects.get("42");
        await client.projects.get(42);
        assert.deepEqual(
            server.seen.map(({ path: at, headers }) => [at, headers["x-is-resource-name"]]),
            [
                ["/api/v2.0/projects/42", "true"],
                ["/api/v2.0/projects/42", undefined],
            ],
        );
    });

    it("encodes the name of a repository twice", async () => {
        const { server, client } = await scene.serve(answers({ id: 1, name: "p1/team/app" }));
        await client.repositories.get(parseRepositoryName("p1/team/app"));
        assert.equal(server.seen[0]?.path, "/api/v2.0/projects/p1/repositories/team%252Fapp");
        assert.throws(() => parseRepositoryName("p1"), /no <project>\/<repository>/);
    });

    it("makes no other path of a value", () => {
        assert.equal(path`/a/${"x/../y?z"}/b/${3}`, "/a/x%2F..%2Fy%3Fz/b/3");
        for (const value of ["", ".", ".."]) assert.throws(() => path`/projects/${value}`, /is no name in a path/);
    });

    it("finds the quota of a project, and no scanner where there is none", async () => {
        const { server, client } = await scene.serve(({ path: at }, response) => {
            json(
                response,
                at.includes("/quotas") ? [{ id: 5, ref: { id: 2, name: "p1" }, hard: { storage: -1 }, used: {} }] : {},
            );
        });
        assert.deepEqual((await client.quotas.ofProject(2))?.used, { storage: 0 });
        assert.match(server.seen[0]?.path ?? "", /reference=project&reference_id=2&/);
        assert.equal(await client.scanners.ofProject("p1"), undefined);
    });

    it("knows workers that have something to do", async () => {
        const { client } = await scene.serve(
            answers([
                { id: "1", pool_id: "a" },
                { id: "2", pool_id: "a", job_name: "", job_id: "" },
                { id: "3", pool_id: "a", job_name: "GARBAGE_COLLECTION", job_id: "9" },
            ]),
        );
        assert.deepEqual(
            (await client.jobservice.busyWorkers()).map(({ id }) => id),
            ["3"],
        );
    });
});
