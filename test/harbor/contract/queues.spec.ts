import assert from "node:assert/strict";
import { contract } from "./harbor";

contract("the job service's queues", (harbor) => {
    const act = async (queue: string, action: string): Promise<void> => {
        (await harbor().admin.put(`/jobservice/queues/${queue}`, { action })).isEmpty(200);
    };
    const paused = async (): Promise<readonly string[]> => {
        const queues = (await harbor().admin.get("/jobservice/queues")).list;
        return queues.filter((queue) => queue["paused"] === true).map((queue) => String(queue["job_type"]));
    };

    before(() => harbor().afterwards(() => act("all", "resume")));
    afterEach(() => act("all", "resume"));

    it("are listed by the type of their jobs", async () => {
        const queues = (await harbor().admin.get("/jobservice/queues")).is(200).list;
        const types = queues.map((queue) => queue["job_type"]);
        for (const type of [
            "GARBAGE_COLLECTION",
            "REPLICATION",
            "RETENTION",
            "PURGE_AUDIT_LOG",
            "WEBHOOK",
            "SCHEDULER",
        ]) {
            assert.ok(types.includes(type), `${type} of ${types.join(", ")}`);
        }
        assert.deepEqual(await paused(), []);
    });

    it("are paused and resumed one by one, again and again without harm", async () => {
        await act("GARBAGE_COLLECTION", "pause");
        await act("GARBAGE_COLLECTION", "pause");
        await act("WEBHOOK", "pause");
        assert.deepEqual([...(await paused())].sort(), ["GARBAGE_COLLECTION", "WEBHOOK"]);
        await act("GARBAGE_COLLECTION", "resume");
        await act("GARBAGE_COLLECTION", "resume");
        assert.deepEqual(await paused(), ["WEBHOOK"]);
    });

    it("are paused and resumed all at once", async () => {
        await act("all", "pause");
        const queues = (await harbor().admin.get("/jobservice/queues")).list;
        assert.equal((await paused()).length, queues.length);
        await act("all", "resume");
        assert.deepEqual(await paused(), []);
    });

    it("tell of the scheduler's by a word of their own", async () => {
        const { admin } = harbor();
        (await admin.get("/schedules/all/paused")).has({ paused: false });
        await act("SCHEDULER", "pause");
        (await admin.get("/schedules/all/paused")).has({ paused: true });
        (await admin.get("/schedules/GARBAGE_COLLECTION/paused")).fails(400, "BAD_REQUEST");
    });

    it("stay paused when what waits in them is stopped", async () => {
        await act("WEBHOOK", "pause");
        await act("WEBHOOK", "stop");
        assert.deepEqual(await paused(), ["WEBHOOK"]);
    });

    it("take the pause of a type that there is not, and list none of it", async () => {
        const { admin } = harbor();
        const listed = async (): Promise<readonly unknown[]> =>
            (await admin.get("/jobservice/queues")).list.map((queue) => queue["job_type"]);
        const before = await listed();
        await act("NO_SUCH_TYPE", "pause");
        assert.deepEqual(await listed(), before);
        await act("NO_SUCH_TYPE", "resume");
    });

    it("have a job stopped that there is not, without an error", async () => {
        (await harbor().admin.put("/jobservice/jobs/no-such-job")).isEmpty(200);
    });

    it("refuse an action that there is not, and a user who may not", async () => {
        const { admin, anonymous } = harbor();
        (await admin.put("/jobservice/queues/all", { action: "explode" })).is(422);
        (await anonymous.put("/jobservice/queues/all", { action: "pause" })).fails(401, "UNAUTHORIZED");
        (await anonymous.get("/jobservice/queues")).fails(401, "UNAUTHORIZED");
        const user = harbor().as(await harbor().user());
        (await user.put("/jobservice/queues/all", { action: "pause" })).fails(403, "FORBIDDEN");
    });

    it("have pools whose workers are listed with what they do", async () => {
        const { admin } = harbor();
        const pools = (await admin.get("/jobservice/pools")).is(200).list;
        assert.ok(pools.length > 0);
        for (const pool of pools) assert.ok(Number(pool["concurrency"]) > 0);
        const id = String(pools[0]?.["worker_pool_id"]);
        const workers = (await admin.get(`/jobservice/pools/${id}/workers`)).is(200).list;
        const all = (await admin.get("/jobservice/pools/all/workers")).is(200).list;
        assert.ok(workers.length > 0 && all.length >= workers.length);
        assert.ok(workers.every((worker) => worker["id"] !== undefined));
    });
});
