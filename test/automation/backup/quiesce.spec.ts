import assert from "node:assert/strict";
import type { Pending } from "../../../automation/backup/pending";
import { describePending, readPending } from "../../../automation/backup/pending";
import { garbageCollection, Quiesce, requireSwitchable } from "../../../automation/backup/quiesce";
import { UserError } from "../../../lib/errors";
import { FakeHarborJobs } from "../../support/fake-harbor-jobs";

const { signal } = new AbortController();

describe("a Harbor brought to rest", () => {
    let fake: FakeHarborJobs;
    /** What is on record, after each change of it. */
    let records: Omit<Pending, "by">[];
    let quiesce: Quiesce;
    const record = (switched: Omit<Pending, "by">): Promise<void> => {
        records.push(switched);
        // As the Lease does: on record before it is switched.
        fake.order.push(`record ${switched.readOnly ? "read-only " : ""}${switched.queues.join(",")}`);
        return Promise.resolve();
    };
    const rest = async (): Promise<void> => {
        await quiesce.pauseQueues({ signal });
        await quiesce.untilIdle({ signal, intervalMs: 1 });
        await quiesce.readOnlyOn({ signal });
    };

    beforeEach(async () => {
        fake = await FakeHarborJobs.start();
        records = [];
        quiesce = new Quiesce(fake.client, record);
    });
    afterEach(() => fake.stop());

    it("is paused, awaited, read-only, and goes on in the order that Harbor takes", async () => {
        fake.jobs = ["REPLICATION", "WEBHOOK"];
        await rest();
        await quiesce.readOnlyOff({ signal });
        await quiesce.resumeQueues({ signal }, [garbageCollection]);
        assert.deepEqual(fake.paused, [garbageCollection]);
        await quiesce.resumeQueues({ signal });
        assert.deepEqual(fake.order, [
            "record SCHEDULER,GARBAGE_COLLECTION,REPLICATION,WEBHOOK",
            "pause SCHEDULER",
            "pause GARBAGE_COLLECTION",
            "pause REPLICATION",
            "pause WEBHOOK",
            "record read-only SCHEDULER,GARBAGE_COLLECTION,REPLICATION,WEBHOOK",
            "read-only true",
            "read-only false",
            "record SCHEDULER,GARBAGE_COLLECTION,REPLICATION,WEBHOOK",
            "resume REPLICATION",
            "resume WEBHOOK",
            "resume SCHEDULER",
            "record GARBAGE_COLLECTION",
            "resume GARBAGE_COLLECTION",
            "record ",
        ]);
        assert.deepEqual(fake.paused, []);
        assert.ok(quiesce.window !== undefined && quiesce.window.endedAt >= quiesce.window.beganAt);
    });

    it("leaves paused what somebody else had paused", async () => {
        fake.queues.set("REPLICATION", true);
        await rest();
        assert.equal(fake.paused.length, 4);
        await quiesce.putBack({ signal });
        assert.deepEqual(fake.paused, ["REPLICATION"]);
        assert.equal(fake.readOnly, false);
    });

    it("names the jobs that do not end, and goes back", async () => {
        fake.jobs = [garbageCollection];
        fake.jobsEnd = false;
        await quiesce.pauseQueues({ signal });
        await assert.rejects(quiesce.untilIdle({ signal, intervalMs: 1, timeoutMs: 30 }), (error: unknown) => {
            assert.ok(error instanceof UserError);
            assert.match(error.render(), /did not end within 0 minutes\n.*GARBAGE_COLLECTION/);
            return true;
        });
        await quiesce.putBack({ signal });
        assert.deepEqual(fake.paused, []);
    });

    it("is put back by another command from what is on record, wherever the first one was killed", async () => {
        await rest();
        const whole = [...fake.order];
        assert.equal(whole.length, 7);
        for (let done = 0; done <= whole.length; done++) {
            const killed = await FakeHarborJobs.start();
            try {
                killed.queues.set("WEBHOOK", true); // somebody else's
                const seen: Omit<Pending, "by">[] = [];
                let left = done;
                const first = new Quiesce(killed.client, (switched) => {
                    if (left-- <= 0) throw new Error("killed");
                    seen.push(switched);
                    return Promise.resolve();
                });
                killed.refuse = () => left-- <= 0;
                await first
                    .pauseQueues({ signal })
                    .then(() => first.readOnlyOn({ signal }))
                    .catch(() => undefined);
                killed.refuse = () => false;
                const kept = seen.at(-1);
                const next = new Quiesce(killed.client, () => Promise.resolve(), kept);
                await next.putBack({ signal });
                assert.equal(killed.readOnly, false, String(done));
                assert.deepEqual(killed.paused, ["WEBHOOK"], String(done));
            } finally {
                await killed.stop();
            }
        }
    });

    it("says which queues are still paused, tries the others, and keeps them on record", async () => {
        await rest();
        fake.refuse = (change) => change.includes("/queues/REPLICATION");
        await assert.rejects(quiesce.putBack({ signal }), /queues of Harbor are still paused: REPLICATION/);
        assert.deepEqual(fake.paused, ["REPLICATION"]);
        assert.deepEqual(records.at(-1), { readOnly: false, queues: ["REPLICATION"], workloads: false });
    });

    it("does not believe a Harbor that takes the setting and stays writable", async () => {
        fake.deaf = true;
        await assert.rejects(rest(), /is not read-only/);
        await quiesce.putBack({ signal });
        assert.deepEqual(fake.paused, []);
    });

    it("is refused beforehand where it cannot be switched, or is read-only already", async () => {
        await requireSwitchable(fake.client, { signal });
        fake.locked = true;
        await assert.rejects(requireSwitchable(fake.client, { signal }), /CONFIG_OVERWRITE_JSON/);
        fake.locked = false;
        fake.readOnly = true;
        await assert.rejects(requireSwitchable(fake.client, { signal }), /read-only already/);
        assert.deepEqual(fake.order, []);
    });
});

describe("what a killed command has left", () => {
    it("is read as it was written; nothing, and what nobody wrote, is nothing", () => {
        const pending = { by: "backup of stack lab", readOnly: true, queues: ["SCHEDULER"], workloads: false };
        assert.deepEqual(readPending(JSON.stringify(pending)), pending);
        assert.equal(describePending(pending), "read-only mode, 1 paused queue");
        for (const text of [undefined, "", "{", "[]", '{"by":"x"}', '{"by":"x","queues":"all"}']) {
            assert.equal(readPending(text), undefined, text);
        }
    });
});
