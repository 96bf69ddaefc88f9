import assert from "node:assert/strict";
import type { HarborClient } from "../../../harbor/client/client";
import type { SystemScheduleResource } from "../../../harbor/client/system-jobs";
import { waitFor } from "../../../lib/wait";
import { contract } from "../contract/harbor";
import { openLive, refusedAs } from "./live";

contract("the client, on the system as a whole", (harbor) => {
    let client: HarborClient;

    before(() => {
        client = openLive(harbor());
        harbor().afterwards(async () => {
            await client.configurations.setReadOnly(false);
            await client.jobservice.act("all", "resume");
        });
    });

    const rehearse = async <P extends object>(job: SystemScheduleResource<P>, parameters: P): Promise<void> => {
        const schedule = { type: "Custom", cron: "0 15 2 * * *" } as const;
        const before = await job.get();
        try {
            await job.clear();
            assert.equal(await job.get(), undefined);
            await job.clear();
            await job.set({ schedule, parameters });
            await job.set({ schedule: { ...schedule, cron: "0 45 2 * * *" }, parameters });
            const set = await job.get();
            assert.equal(set?.schedule.cron, "0 45 2 * * *");
            assert.deepEqual({ ...set.parameters, ...parameters }, set.parameters);
            const fiveFields = { type: "Custom", cron: "0 2 * * *" } as const;
            await refusedAs("invalid", job.set({ schedule: fiveFields, parameters }));
        } finally {
            await job.clear();
            if (before) await job.set({ schedule: before.schedule, parameters: before.parameters as P });
        }
    };

    it("freezes and thaws it: queues, then read-only; read-only, then queues", async () => {
        await client.jobservice.act("all", "pause");
        assert.ok((await client.jobservice.queues()).every((queue) => queue.paused));
        assert.equal(await client.schedules.paused(), true);
        await client.configurations.setReadOnly(true);
        assert.equal((await client.system.info()).read_only, true);
        await refusedAs("read-only", client.projects.create({ project_name: harbor().name() }));
        await refusedAs("read-only", client.jobservice.act("all", "resume"));
        await client.configurations.setReadOnly(false);
        await client.jobservice.act("all", "resume");
        assert.equal(await client.schedules.paused(), false);
    });

    it("has a policy of replication that tells of deletions, and reads one that says little", async function () {
        const { url } = harbor().target;
        // Harbor must reach the registry, which here is itself.
        if (!["127.0.0.1", "localhost"].includes(new URL(url).hostname)) this.skip();
        const other = await client.registries.create({ name: harbor().name("registry"), url, type: "docker-registry" });
        harbor().afterwards(() => client.registries.delete(other));
        const id = await client.replication.createPolicy({
            name: harbor().name("copy"),
            description: "",
            dest_registry: { id: other },
            trigger: { type: "manual" },
            filters: [],
            deletion: true,
            override: true,
            enabled: false,
            speed: 0,
            copy_by_chunk: false,
            single_active_replication: false,
        });
        harbor().afterwards(() => client.replication.deletePolicy(id));
        const read = await client.replication.policy(id);
        assert.deepEqual([read.deletion, read.override, read.filters], [true, true, []]);
        await client.replication.updatePolicy({ ...read, deletion: false });
        assert.equal((await client.replication.policy(id)).deletion, false);
        const least = { name: harbor().name("copy"), src_registry: { id: other } };
        const second = (await harbor().admin.post("/replication/policies", least)).is(201).id;
        harbor().afterwards(() => client.replication.deletePolicy(second));
        const { trigger, filters, deletion } = await client.replication.policy(second);
        assert.deepEqual({ trigger, filters, deletion }, { trigger: { type: "manual" }, filters: [], deletion: false });
    });

    it("sets what runs at times of its own, and takes it away", async () => {
        const parameters = { audit_retention_hour: 720, include_event_types: "create_artifact" };
        await rehearse(client.gc, { delete_untagged: true, workers: 3 });
        await rehearse(client.purgeAudit, parameters);
    });

    it("collects garbage, and waits until no worker is busy", async function () {
        this.timeout(90_000);
        const run = await client.gc.start({ dry_run: true, workers: 1 });
        const { job_status } = await waitFor(
            async () => {
                const job = await client.gc.run(run);
                return ["Pending", "Running", "Scheduled"].includes(job.job_status) ? undefined : job;
            },
            { what: "the garbage collection to end", timeoutMs: 80_000, intervalMs: 500 },
        );
        assert.equal(job_status, "Success");
        assert.ok((await client.gc.log(run)).length > 0);
        await waitFor(async () => ((await client.jobservice.busyWorkers()).length === 0 ? true : undefined), {
            what: "no worker to be busy",
            timeoutMs: 30_000,
            intervalMs: 500,
        });
    });

    it("says what was wrong with the login", async () => {
        await refusedAs("unauthorized", openLive(harbor(), harbor().name("nobody"), "wrong").users.current());
        const { user, password } = await harbor().user();
        await refusedAs("forbidden", openLive(harbor(), user, password).configurations.get());
    });
});
