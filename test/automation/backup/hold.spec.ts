import assert from "node:assert/strict";
import { StackHold } from "../../../automation/backup/hold";
import { describePending, heldForRestore, type Pending } from "../../../automation/backup/pending";
import { Quiesce } from "../../../automation/backup/quiesce";
import { StackLock } from "../../../automation/restore/stack-lock";
import type { StackOutputs } from "../../../config/contract";
import { ExitCode, UserError } from "../../../lib/errors";
import { ExecFailure, type Exec } from "../../../lib/exec";
import { FakeHarborJobs } from "../../support/fake-harbor-jobs";
import { FakeLease } from "../../support/fake-lease";
import { sampleBackup, sampleOutputs } from "../../support/fakes";

const outputs: StackOutputs = { ...sampleOutputs, backup: sampleBackup };

/** The Leases of a cluster, in Harbor's namespace and in Velero's. */
class Cluster {
    readonly leases = new Map([outputs.namespace, "velero"].map((name) => [name, new FakeLease()]));
    readonly door = {
        exec: ((_file, args, options) => this.answer([...args], options?.input)) as Exec,
        kubectl: "kubectl",
        signal: new AbortController().signal,
    };

    private async answer(args: string[], input: string | undefined): Promise<{ stdout: string; stderr: string }> {
        if (args.includes("namespace"))
            return { stdout: this.leases.has(outputs.namespace) ? "Active" : "", stderr: "" };
        const at = args.indexOf("-n");
        const lease = this.leases.get(args[at + 1] ?? "");
        try {
            if (lease !== undefined)
                return { stdout: await lease.kubectl("ask", args.slice(at + 2), input), stderr: "" };
        } catch (error) {
            throw error instanceof UserError && error.cause instanceof ExecFailure ? error.cause : error;
        }
        if (args.includes("--ignore-not-found")) return { stdout: "", stderr: "" };
        const stderr = `Error from server (NotFound): namespaces "${outputs.namespace}" not found`;
        throw new ExecFailure("kubectl ended with exit code 1", "kubectl", 1, "", stderr, undefined, {});
    }

    restoring(): Promise<StackLock> {
        return StackLock.acquire(outputs, this.door, "restore of stack lab", (reason) => {
            throw reason as Error;
        });
    }

    /** What the next command finds, whose words are told where it cannot go on. */
    async next(): Promise<Pending | undefined> {
        const hold = await StackHold.take(outputs, this.door, "recover of stack lab");
        const { left } = hold;
        await hold.release();
        return left;
    }
}

/** Each lets its Leases go where a killed command's end with its process: what is on record stays. */
describe("what a killed restore leaves on record", () => {
    it("says which backup Harbor is held for, and how to go on", async () => {
        const cluster = new Cluster();
        const lock = await cluster.restoring();
        await lock.held("nightly");
        await lock.release();
        const left = await cluster.next();
        assert.ok(left?.workloads && left.set === "nightly");
        const error = heldForRestore(left);
        assert.equal(error.exitCode, ExitCode.refused);
        assert.match(error.render(), /restore of stack lab, of backup nightly/);
        assert.deepEqual(error.next, ["npx anchorage restore --from nightly goes on with it"]);
        assert.match(
            heldForRestore({ ...left, by: "migration of stack lab" }).next.join(),
            /^the same npx anchorage migrate goes on/,
        );
    });

    it("is what the dump had frozen once Harbor runs, and the next command lifts it", async () => {
        const cluster = new Cluster();
        const lock = await cluster.restoring();
        await lock.held("nightly");
        await lock.frozen(["SCHEDULER", "WEBHOOK"]);
        await lock.release();
        const harbor = await FakeHarborJobs.start();
        try {
            harbor.readOnly = true;
            for (const queue of ["SCHEDULER", "WEBHOOK", "REPLICATION"]) harbor.queues.set(queue, true);
            const hold = await StackHold.take(outputs, cluster.door, "backup unlock of stack lab");
            const { left } = hold;
            assert.ok(left);
            assert.equal(describePending(left), "read-only mode, 2 paused queues");
            const { signal } = new AbortController();
            await new Quiesce(harbor.client, hold.record, left, hold.fence).putBack({ signal });
            await hold.release();
            assert.equal(harbor.readOnly, false);
            assert.deepEqual(harbor.paused, ["REPLICATION"], "somebody else's");
        } finally {
            await harbor.stop();
        }
        assert.equal(await cluster.next(), undefined);
    });

    it("is in Velero's namespace as long as Harbor's is not there", async () => {
        const cluster = new Cluster();
        cluster.leases.delete(outputs.namespace);
        const killed = await cluster.restoring();
        await killed.held("nightly");
        await killed.release();
        await assert.rejects(cluster.next(), (error: UserError) => {
            assert.equal(error.exitCode, ExitCode.refused);
            return error.render().includes("npx anchorage restore --from nightly goes on");
        });
        const again = await cluster.restoring();
        assert.equal(again.left?.set, "nightly");
        cluster.leases.set(outputs.namespace, new FakeLease());
        await again.inside();
        assert.equal(cluster.leases.get("velero")?.pending, undefined);
        assert.equal(again.left.set, "nightly");
        await again.frozen([]);
        await again.frozen(undefined);
        await again.release();
        assert.equal(await cluster.next(), undefined);
    });

    it("is still what a killed backup had switched, where the restore did not begin", async () => {
        const cluster = new Cluster();
        const hold = await StackHold.take(outputs, cluster.door, "backup of stack lab");
        await hold.record({ readOnly: true, queues: ["SCHEDULER"], workloads: false });
        await hold.release();
        const lock = await cluster.restoring();
        await lock.held("nightly");
        await lock.held(undefined);
        await lock.release();
        const left = await cluster.next();
        assert.ok(left);
        assert.equal(describePending(left), "read-only mode, 1 paused queue");
    });
});
