import assert from "node:assert/strict";
import { hostname } from "node:os";
import { destroy } from "../../../automation/destroy";
import { LeaseLock, thisHolder, type LeaseHolder } from "../../../automation/backup/lock";
import { maintenanceLease, releaseLease, type LeaseName } from "../../../automation/backup/lease";
import { refuseDuringRelease, waitWhileUnderWay } from "../../../automation/backup/under-way";
import { up } from "../../../automation/up";
import { ExitCode, HeldError } from "../../../lib/errors";
import { ExecFailure, type Exec } from "../../../lib/exec";
import { processStart } from "../../../lib/processes";
import { waitFor } from "../../../lib/wait";
import { FakeLease } from "../../support/fake-lease";
import {
    asOutputs,
    collectingReporter,
    fakeContext,
    fakeEngine,
    sampleBackup,
    sampleOutputs,
    sampleResource,
} from "../../support/fakes";

const outputs = { ...sampleOutputs, backup: sampleBackup };
const velero = sampleBackup.namespace;
const elsewhere: LeaseHolder = { ...thisHolder("release of stack lab"), host: "build-1", user: "anna", pid: 4711 };

describe("what changes a whole stack, while somebody works on it", () => {
    const locks: LeaseLock[] = [];

    afterEach(async () => {
        for (const lock of locks.splice(0)) await lock.release();
    });

    /** A cluster whose namespaces have these Leases, held by these. */
    async function cluster(
        held: readonly (readonly [namespace: string, name: LeaseName, self: LeaseHolder])[],
        given: Exec = () => Promise.resolve({ stdout: "", stderr: "" }),
    ) {
        const leases = new Map<string, FakeLease>();
        for (const [namespace, name, self] of held) {
            const lease = new FakeLease();
            leases.set(namespace, lease);
            locks.push(await LeaseLock.acquire(lease, { purpose: self.purpose, name, self }));
        }
        const exec: Exec = async (file, args, options) => {
            const at = args.indexOf("-n");
            const lease = leases.get(args[at + 1] ?? "");
            const isLease = args.includes("leases.coordination.k8s.io");
            return lease === undefined || !isLease
                ? given(file, args, options)
                : { stdout: await lease.kubectl("ask", args.slice(at + 2)), stderr: "" };
        };
        const { engine, calls } = fakeEngine({
            outputs: () => Promise.resolve(asOutputs(outputs)),
            resources: () => Promise.resolve([sampleResource]),
        });
        const { reporter, text } = collectingReporter();
        const context = fakeContext({
            ...{ reporter, exec, kubectl: () => Promise.resolve("kubectl") },
            selectEngine: () => Promise.resolve({ engine, why: "the test says so" }),
        });
        return { context, engine, calls, text, door: { exec, kubectl: "kubectl", signal: context.signal } };
    }

    const names = (pattern: RegExp) => (error: unknown) => {
        assert.ok(error instanceof HeldError, String(error));
        assert.equal(error.exitCode, ExitCode.refused);
        assert.match(error.message, pattern);
        return true;
    };

    it("is refused with the name of who releases, backs up or restores, before anything is looked at", async () => {
        const release = [outputs.namespace, releaseLease, elsewhere] as const;
        const backup = [velero, maintenanceLease, { ...elsewhere, purpose: "backup of stack lab" }] as const;
        for (const verb of [up, destroy]) {
            for (const [held, pattern] of [
                [release, /anna@build-1, process 4711, release of stack lab/],
                [backup, /anna@build-1, process 4711, backup of stack lab/],
            ] as const) {
                const { context, calls } = await cluster([held]);
                const options = { stack: "lab", engine: "auto", yes: true, unprotect: true } as const;
                await assert.rejects(verb(options, context), names(pattern));
                assert.deepEqual(
                    calls.filter((call) => call !== "outputs" && call !== "resources"),
                    [],
                );
            }
        }
    });

    it("waits for its end where it may", async () => {
        const { context, engine, text } = await cluster([[outputs.namespace, releaseLease, elsewhere]]);
        const [lock] = locks;
        const waiting = waitWhileUnderWay(engine, { lockTimeout: 60 }, context);
        const told = /release of stack lab.*; waiting, at most 60 s/;
        await waitFor(() => told.test(text()) || undefined, { what: "the wait to be told", timeoutMs: 5_000 });
        await lock?.release();
        await waiting;
        assert.match(text(), told);
    });

    it("goes on where it is a step of that release, where that was killed, and where nobody was ever there", async () => {
        const start = processStart(process.pid);
        const own = { ...thisHolder("release of stack lab"), ...(start === undefined ? {} : { start }) };
        const dead: LeaseHolder = { ...own, host: hostname(), pid: 2 ** 22 + 1 };
        for (const self of [own, dead]) {
            const { context, engine, door } = await cluster([[outputs.namespace, releaseLease, self]]);
            await waitWhileUnderWay(engine, {}, context);
            await refuseDuringRelease(outputs, door);
        }
        const { context, engine } = await cluster([]);
        await waitWhileUnderWay(engine, {}, context);
    });

    it("is no business of a backup's: that keeps others away by itself", async () => {
        const { door } = await cluster([[velero, maintenanceLease, elsewhere]]);
        await refuseDuringRelease(outputs, door);
        const released = await cluster([[outputs.namespace, releaseLease, elsewhere]]);
        await assert.rejects(refuseDuringRelease(outputs, released.door), names(/release of stack lab/));
    });

    it("says that it was not looked at where the cluster does not answer, and goes on", async () => {
        const silent: Exec = () =>
            Promise.reject(new ExecFailure("failed", "kubectl", 1, "", "no route to host", undefined, {}));
        const { context, engine, text } = await cluster([], silent);
        await waitWhileUnderWay(engine, {}, context);
        assert.match(text(), /whether another command works on the stack is not checked: cannot read the Lease/);
    });

    it("asks nobody of a stack that never came up", async () => {
        const { context } = await cluster([], () => Promise.reject(new Error("asked")));
        await waitWhileUnderWay(fakeEngine({ outputs: () => Promise.resolve({}) }).engine, {}, context);
    });
});
