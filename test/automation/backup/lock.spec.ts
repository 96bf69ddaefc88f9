import assert from "node:assert/strict";
import { hostname } from "node:os";
import {
    maintenanceLease,
    LeaseLock,
    readMaintenance,
    thisHolder,
    type LeaseHolder,
} from "../../../automation/backup/lock";
import { releaseLease } from "../../../automation/backup/lease";
import { ExitCode, UserError } from "../../../lib/errors";
import { waitFor } from "../../../lib/wait";
import { FakeLease } from "../../support/fake-lease";

const purpose = "backup of stack public";

describe("the Lease of maintenance", () => {
    const held: LeaseLock[] = [];
    const take = async (lease: FakeLease, self = thisHolder(purpose), more = {}): Promise<LeaseLock> => {
        const lock = await LeaseLock.acquire(lease, { purpose, self, watchMs: 1, ...more });
        held.push(lock);
        return lock;
    };
    const refused = (pattern: RegExp) => (error: unknown) => {
        assert.ok(error instanceof UserError);
        assert.equal(error.exitCode, ExitCode.refused);
        assert.match(error.render(), pattern);
        return true;
    };
    const elsewhere = (): LeaseHolder => ({ ...thisHolder(purpose), host: "build-1", user: "anna", pid: 4711 });

    afterEach(async () => {
        for (const lock of held.splice(0)) await lock.release();
    });

    it("is one command's, and names it to the second one", async () => {
        const lease = new FakeLease();
        const first = await take(lease, elsewhere());
        await assert.rejects(
            take(lease),
            refused(/anna@build-1, process 4711, backup of stack public, since 20.*\n.*ends in (60|59) s/),
        );
        await first.release();
        assert.equal(lease.holder, "");
        await take(lease);
    });

    it("goes to one of two that take it at the same time", async () => {
        for (const before of ["nothing", "a released one"]) {
            const lease = new FakeLease();
            if (before !== "nothing") await (await take(lease)).release();
            const both = await Promise.allSettled([
                LeaseLock.acquire(lease, { purpose, self: { ...elsewhere(), id: "a" } }),
                LeaseLock.acquire(lease, { purpose, self: { ...elsewhere(), id: "b" } }),
            ]);
            assert.deepEqual(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"], before);
            for (const one of both) if (one.status === "fulfilled") held.push(one.value);
        }
    });

    it("is taken from a dead process of this machine at once, from a living one not", async () => {
        const lease = new FakeLease();
        // A number that no process can have.
        const dead = { ...thisHolder(purpose), pid: 2 ** 30, host: hostname() };
        const first = await LeaseLock.acquire(lease, { purpose, self: dead });
        await first.setPending({ readOnly: true, queues: ["SCHEDULER"], workloads: false });
        const second = await take(lease);
        assert.deepEqual(second.left, { by: purpose, readOnly: true, queues: ["SCHEDULER"], workloads: false });
        await assert.rejects(take(lease, thisHolder(purpose, "third")), refused(/another command works/));
        // The first one, should it be alive after all, learns of it with its next change.
        await assert.rejects(first.setPending(undefined), /was lost/);
        assert.ok(first.signal.aborted);
        assert.ok(!second.signal.aborted);
        await first.release();
        assert.notEqual(lease.holder, "");
    });

    it("is taken when its time has run out, unless its holder renews it all the same", async () => {
        const lease = new FakeLease();
        const hourAgo = () => Date.now() - 3_600_000;
        const first = await take(lease, elsewhere(), { now: hourAgo, renewMs: 3_600_000 });
        const version = lease.stored?.metadata.resourceVersion;
        const slow = LeaseLock.acquire(lease, { purpose, watchMs: 50 });
        const watched = assert.rejects(slow, refused(/anna@build-1/));
        await first.setPending(undefined);
        await watched;
        assert.notEqual(lease.stored?.metadata.resourceVersion, version);
        await take(lease);
        assert.match(lease.holder, new RegExp(`@${hostname()}/`));
    });

    it("is renewed while the command runs, and lost with an error for who changes things", async () => {
        const lease = new FakeLease();
        const lock = await take(lease, thisHolder(purpose), { renewMs: 1 });
        const { stored } = lease;
        await waitFor(() => (lease.stored?.spec.renewTime === stored?.spec.renewTime ? undefined : true), {
            what: "a renewal",
            timeoutMs: 5_000,
        });
        assert.ok(lease.stored !== undefined && stored !== undefined);
        lease.put({ ...lease.stored, spec: { ...lease.stored.spec, holderIdentity: "somebody else" } });
        await waitFor(() => (lock.signal.aborted ? true : undefined), { what: "the loss", timeoutMs: 5_000 });
        assert.match(String(lock.signal.reason), /was lost/);
    });

    it("keeps what is switched, across renewals and its release, until it is put back", async () => {
        const lease = new FakeLease();
        const lock = await take(lease);
        assert.equal(lock.left, undefined);
        await lock.setPending({ readOnly: true, queues: [], workloads: false });
        await lock.release();
        const { holder, pending } = await readMaintenance(lease);
        assert.equal(holder, undefined);
        assert.equal(pending?.readOnly, true);
        const next = await take(lease);
        assert.equal(next.left?.readOnly, true);
        await next.setPending({ readOnly: false, queues: [], workloads: false });
        assert.equal(lease.pending, undefined);
        assert.equal(next.left, undefined);
    });

    it("bears that somebody labels it, or that its answer is lost", async () => {
        const lease = new FakeLease();
        const lock = await take(lease);
        lease.beforeWrite = () => {
            lease.beforeWrite = () => undefined;
            assert.ok(lease.stored);
            lease.put(lease.stored);
        };
        await lock.setPending({ readOnly: true, queues: [], workloads: false });
        assert.ok(!lock.signal.aborted);
        assert.equal((await readMaintenance(lease)).pending?.readOnly, true);
    });

    it("tells how far the cluster's clock is off, and is left out of backups", async () => {
        const lease = new FakeLease();
        lease.skewMs = 400_000;
        const lock = await take(lease);
        assert.ok(Math.abs((lock.clusterSkewMs ?? 0) - 400_000) < 5_000);
        assert.match(JSON.stringify(lease.stored), /"velero.io\/exclude-from-backup":"true"/);
        assert.match(JSON.stringify(lease.stored), new RegExp(`"name":"${maintenanceLease}"`));
    });

    it("is another Lease than that of a release, which takes it for its backups", async () => {
        const [release, backup] = [new FakeLease(), new FakeLease()];
        await take(release, elsewhere(), { name: releaseLease });
        assert.match(JSON.stringify(release.stored), /"name":"anchorage-release"/);
        await assert.rejects(take(release, thisHolder(purpose), { name: releaseLease }), refused(/anna@build-1/));
        await take(backup);
        assert.match(JSON.stringify(backup.stored), /"name":"anchorage-maintenance"/);
    });
});
