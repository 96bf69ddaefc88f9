import assert from "node:assert/strict";
import { waitFor } from "../../../lib/wait";
import { contract, onlyReal } from "./harbor";
import { image, pull, push, Repository } from "./images";
import { like, some } from "./like";

contract("garbage collection", (harbor) => {
    const manual = { schedule: { type: "Manual" }, parameters: { delete_untagged: false, workers: 1, dry_run: true } };
    const resume = async (): Promise<void> => {
        (await harbor().admin.put("/jobservice/queues/all", { action: "resume" })).is(200);
    };
    const waitForEnd = (id: number): Promise<string> =>
        waitFor(
            async () => {
                const status = (await harbor().admin.get(`/system/gc/${id}`)).is(200).string("job_status");
                return ["Pending", "Running", "Scheduled"].includes(status) ? undefined : status;
            },
            { what: `garbage collection ${id} to end`, timeoutMs: 55_000, intervalMs: 500 },
        );

    before(() => harbor().afterwards(resume));

    it("runs at once when asked by hand, and is found under the number of its Location", async function () {
        this.timeout(90_000);
        const { admin } = harbor();
        const started = (await admin.post("/system/gc/schedule", manual)).is(201);
        assert.match(started.header("location") ?? "", /^\/api\/v2\.0\/system\/gc\/[1-9]\d*$/);
        const { id } = started;
        (await admin.get(`/system/gc/${id}`)).has({
            id,
            job_kind: "MANUAL",
            job_name: "GARBAGE_COLLECTION",
            schedule: { type: "Manual" },
        });
        assert.equal(await waitForEnd(id), "Success");
        const ended = (await admin.get(`/system/gc/${id}`)).string("job_parameters");
        like(JSON.parse(ended), {
            dry_run: true,
            delete_untagged: false,
            delete_tag: false,
            workers: 1,
            time_window: some,
        });
        const log = (await admin.get(`/system/gc/${id}/log`)).is(200);
        assert.ok(log.text.length > 0);
        const listed = (await admin.get("/system/gc", { page_size: 1 })).is(200);
        assert.equal(listed.list[0]?.["id"], id);
        assert.ok(Number(listed.header("x-total-count")) >= 1);
    });

    /** Runs one to its end, and tells its log. */
    const collect = async (parameters: Readonly<Record<string, unknown>>): Promise<string> => {
        const { admin } = harbor();
        const body = { schedule: { type: "Manual" }, parameters: { workers: 1, ...parameters } };
        const { id } = (await admin.post("/system/gc/schedule", body)).is(201);
        assert.equal(await waitForEnd(id), "Success");
        return (await admin.get(`/system/gc/${id}/log`)).is(200).text;
    };

    it("frees what no image has, and leaves alone what others have, in a time window that it tells", async function () {
        this.timeout(300_000);
        const { admin } = harbor();
        const { name } = await harbor().project();
        const [kept, gone, untagged] = [image("kept"), image("gone"), image("untagged")];
        await push(admin, `${name}/app`, "kept", kept);
        await push(admin, `${name}/app`, "gone", gone);
        await push(admin, `${name}/app`, "moved", untagged);
        await push(admin, `${name}/app`, "moved", kept);
        (await admin.delete(`/projects/${name}/repositories/app/artifacts/gone`)).is(200);
        const source = await Repository.open(admin, `${name}/app`, "pull");
        const layerOf = ({ layers }: typeof kept): string => layers[0]?.digest ?? "";
        const isThere = async (one: typeof kept): Promise<boolean> =>
            (await source.call("GET", `/blobs/${layerOf(one)}`)).status === 200;
        const there = async (): Promise<readonly boolean[]> => [
            await isThere(kept),
            await isThere(gone),
            await isThere(untagged),
        ];
        const trial = await collect({ delete_untagged: true, dry_run: true });
        assert.deepEqual(await there(), [true, true, true], "a trial deletes nothing");
        const hours = Number(/time_window"?:\s*(\d+)/.exec(trial)?.[1]);
        // Harbor's window is of two hours: nothing of ours is freed. GC_TIME_WINDOW_HOURS=0 of its core is for tests.
        const isFreed = hours === 0;
        assert.equal(trial.includes(layerOf(gone)), isFreed, trial);
        await collect({ delete_untagged: false, dry_run: false });
        assert.deepEqual(await there(), [true, !isFreed, true], "an image without a tag is an image");
        await collect({ delete_untagged: true, dry_run: false });
        assert.deepEqual(await there(), [true, !isFreed, !isFreed]);
        (await admin.get(`/projects/${name}/repositories/app/artifacts/${untagged.manifest.digest}`)).is(404);
        await pull(admin, `${name}/app`, "kept", kept);
        // What is gone can be pushed again, with the same bytes.
        await push(admin, `${name}/app`, "gone", gone);
        await pull(admin, `${name}/app`, "gone", gone);
    });

    it("leaves its schedule as it is", async () => {
        const { admin } = harbor();
        const before = (await admin.get("/system/gc/schedule")).text;
        (await admin.post("/system/gc/schedule", manual)).is(201);
        assert.equal((await admin.get("/system/gc/schedule")).text, before);
    });

    it("waits while its queue is paused, and can be stopped", async function () {
        this.timeout(90_000);
        const { admin } = harbor();
        (await admin.put("/jobservice/queues/GARBAGE_COLLECTION", { action: "pause" })).is(200);
        const { id } = (await admin.post("/system/gc/schedule", manual)).is(201);
        (await admin.get(`/system/gc/${id}`)).has({ job_status: "Running" });
        const queue = await waitFor(
            async () => {
                const queues = (await admin.get("/jobservice/queues")).list;
                return queues.find((one) => one["job_type"] === "GARBAGE_COLLECTION" && Number(one["count"]) > 0);
            },
            { what: "the job to wait in its queue", timeoutMs: 20_000 },
        );
        assert.equal(queue["paused"], true);
        (await admin.put(`/system/gc/${id}`)).isEmpty(200);
        await resume();
        assert.equal(await waitForEnd(id), "Stopped");
    });

    const reason = "the stand-in's have ended before read-only mode can begin";
    const title = "that began before read-only mode runs on in it, and is seen to end after it alone";
    onlyReal(reason, title, harbor, async () => {
        const { admin } = harbor();
        const thaw = async (): Promise<void> => {
            (await admin.put("/configurations", { read_only: false })).is(200);
        };
        harbor().afterwards(thaw);
        const { id } = (await admin.post("/system/gc/schedule", manual)).is(201);
        try {
            (await admin.put("/configurations", { read_only: true })).is(200);
            await new Promise((passed) => setTimeout(passed, 3_000));
            (await admin.get(`/system/gc/${id}`)).has({ job_status: /^(Pending|Running)$/ });
        } finally {
            await thaw();
        }
        assert.equal(await waitForEnd(id), "Success");
    });

    it("knows no number that it did not give, and no other user", async () => {
        const { admin, anonymous } = harbor();
        (await admin.get("/system/gc/999999999")).fails(404, "NOT_FOUND");
        (await admin.get("/system/gc/999999999/log")).fails(404, "NOT_FOUND");
        (await anonymous.get("/system/gc")).fails(401, "UNAUTHORIZED");
        const user = harbor().as(await harbor().user());
        (await user.post("/system/gc/schedule", manual)).fails(403, "FORBIDDEN");
    });
});
