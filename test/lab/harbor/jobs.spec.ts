import assert from "node:assert/strict";
import { waitFor } from "../../../lib/wait";
import { useHarbor, type TestHarbor } from "../../support/stand-in";

interface Queue {
    readonly job_type: string;
    readonly paused: boolean;
    readonly count?: number;
}

describe("the lab's Harbor: queues, schedules, garbage collection", function () {
    this.timeout(60_000);
    let harbor: TestHarbor;
    useHarbor((started) => (harbor = started));
    const queues = async (): Promise<readonly Queue[]> =>
        (await harbor.ask("GET", "/jobservice/queues")).json as Queue[];
    const queue = async (type: string): Promise<Queue | undefined> =>
        (await queues()).find(({ job_type }) => job_type === type);
    const act = async (type: string, action: string): Promise<number> =>
        (await harbor.ask("PUT", `/jobservice/queues/${type}`, { body: { action } })).status;
    const collect = async (): Promise<number> => {
        const body = { schedule: { type: "Manual" }, parameters: { delete_untagged: true, workers: 1 } };
        const { status, headers } = await harbor.ask("POST", "/system/gc/schedule", { body });
        assert.equal(status, 201);
        return Number(/^\/api\/v2\.0\/system\/gc\/(\d+)$/.exec(headers.get("location") ?? "")?.[1]);
    };
    const status = async (id: number): Promise<string> =>
        ((await harbor.ask("GET", `/system/gc/${String(id)}`)).json as { job_status: string }).job_status;
    const becomes = async (id: number, wanted: string): Promise<void> => {
        await waitFor(async () => ((await status(id)) === wanted ? true : undefined), {
            what: `garbage collection ${String(id)} to be ${wanted}`,
            timeoutMs: 10_000,
            intervalMs: 20,
        });
    };

    it("pauses and resumes one queue or all, as often as it is told", async () => {
        assert.equal((await queues()).length, 13);
        assert.deepEqual(
            [await act("GARBAGE_COLLECTION", "pause"), await act("garbage_collection", "pause")],
            [200, 200],
        );
        assert.equal((await queue("GARBAGE_COLLECTION"))?.paused, true);
        assert.equal((await queue("REPLICATION"))?.paused, false);
        assert.equal(await act("all", "pause"), 200);
        assert.ok((await queues()).every(({ paused }) => paused));
        assert.deepEqual((await harbor.ask("GET", "/schedules/all/paused")).json, { paused: true });
        assert.equal(await act("all", "resume"), 200);
        assert.ok((await queues()).every(({ paused }) => !paused));
        assert.equal(await act("GARBAGE_COLLECTION", "rest"), 422);
        assert.equal((await harbor.ask("GET", "/schedules/REPLICATION/paused")).status, 400);
        assert.equal((await harbor.ask("GET", "/jobservice/queues", { as: "" })).status, 401);
    });

    it("has a job wait while its queue is paused, and forgets it when it is stopped", async () => {
        await act("GARBAGE_COLLECTION", "pause");
        const first = await collect();
        assert.equal((await queue("GARBAGE_COLLECTION"))?.count, 1);
        assert.equal(await status(first), "Running");
        await act("GARBAGE_COLLECTION", "stop");
        assert.equal(await status(first), "Stopped");
        assert.deepEqual(await queue("GARBAGE_COLLECTION"), { job_type: "GARBAGE_COLLECTION", paused: true });
        const second = await collect();
        await act("GARBAGE_COLLECTION", "resume");
        await becomes(second, "Success");
        assert.match((await harbor.ask("GET", `/system/gc/${String(second)}/log`)).text, /success to run gc/);
    });

    it("keeps a job that ends while the system is read-only as running until that is over", async () => {
        const id = await collect();
        await becomes(id, "Success");
        await act("GARBAGE_COLLECTION", "pause");
        const held = await collect();
        await harbor.ask("PUT", "/configurations", { body: { read_only: true } });
        assert.equal(await act("GARBAGE_COLLECTION", "resume"), 403);
        await harbor.ask("PUT", "/configurations", { body: { read_only: false } });
        await act("GARBAGE_COLLECTION", "resume");
        await becomes(held, "Success");
    });

    it("has a schedule of six fields, each write in the place of the one before", async () => {
        const path = "/system/gc/schedule";
        const none = await harbor.ask("GET", path);
        assert.deepEqual([none.status, none.text], [200, ""]);
        assert.equal(none.headers.get("content-type"), "application/json");
        const body = { schedule: { type: "Custom", cron: "0 0 2 * * *" }, parameters: { workers: 2 } };
        const made = await harbor.ask("POST", path, { body });
        assert.deepEqual([made.status, made.headers.get("location")], [201, "/api/v2.0/system/gc/0"]);
        const first = (await harbor.ask("GET", path)).json as Record<string, unknown>;
        assert.deepEqual(JSON.parse(String(first["job_parameters"])), {
            delete_tag: false,
            delete_untagged: false,
            workers: 2,
        });
        assert.match((first["schedule"] as Record<string, string>)["next_scheduled_time"] ?? "", /T02:00:00/);
        assert.equal((await harbor.ask("POST", path, { body })).status, 201);
        assert.equal((await harbor.ask("PUT", path, { body })).status, 200);
        const last = (await harbor.ask("GET", path)).json as Record<string, unknown>;
        assert.equal(last["id"], Number(first["id"]) + 2);
        for (const cron of ["0 2 * * *", "1 * * * * *", "* * * * * *", "0 0 25 * * *", ""]) {
            const wrong = { ...body, schedule: { type: "Custom", cron } };
            assert.equal((await harbor.ask("PUT", path, { body: wrong })).status, 400, cron);
        }
        const type = { ...body, schedule: { type: "Fortnightly", cron: "0 0 2 * * *" } };
        assert.equal((await harbor.ask("PUT", path, { body: type })).status, 422);
        const workers = { ...body, parameters: { workers: 11 } };
        assert.equal((await harbor.ask("PUT", path, { body: workers })).status, 400);
        const listed = (await harbor.ask("GET", "/schedules")).json as { vendor_type: string }[];
        assert.deepEqual(
            listed.map(({ vendor_type }) => vendor_type),
            ["SYSTEM_ARTIFACT_CLEANUP", "EXECUTION_SWEEP", "GARBAGE_COLLECTION"],
        );
        assert.equal((await harbor.ask("PUT", path, { body: { schedule: { type: "None" } } })).status, 200);
        assert.equal((await harbor.ask("GET", path)).text, "");
    });

    it("purges audit logs by the same rules, and scans nothing without a scanner", async () => {
        const parameters = { audit_retention_hour: 24, include_event_types: "create_artifact" };
        const body = { schedule: { type: "Daily", cron: "0 0 0 * * *" }, parameters };
        assert.equal((await harbor.ask("POST", "/system/purgeaudit/schedule", { body })).status, 201);
        const { json } = await harbor.ask("GET", "/system/purgeaudit/schedule");
        assert.equal((json as { job_status: string }).job_status, "Running");
        assert.equal((await harbor.ask("GET", "/system/scanAll/schedule")).status, 412);
        const scanner = { name: "trivy", url: "http://scanner:8080" };
        assert.equal((await harbor.ask("POST", "/scanners", { body: scanner })).status, 201);
        const [known] = (await harbor.ask("GET", "/scanners")).json as { uuid: string }[];
        assert.equal((await harbor.ask("GET", "/system/scanAll/schedule")).status, 200);
        assert.equal((await harbor.ask("DELETE", `/scanners/${known?.uuid ?? ""}`)).status, 200);
    });

    it("shows its workers, and who of them works", async () => {
        const pools = (await harbor.ask("GET", "/jobservice/pools")).json as { worker_pool_id: string }[];
        const [pool] = pools;
        const path = `/jobservice/pools/${pool?.worker_pool_id ?? ""}/workers`;
        assert.equal(((await harbor.ask("GET", path)).json as unknown[]).length, 10);
        const workers = (await harbor.ask("GET", "/jobservice/pools/all/workers")).json as { job_name?: string }[];
        assert.ok(workers.every(({ job_name }) => job_name === undefined));
        assert.equal((await harbor.ask("PUT", "/jobservice/jobs/all")).status, 200);
    });
});
