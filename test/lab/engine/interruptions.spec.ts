import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { EngineFailure } from "../../../automation/engine";
import type { LabEndpoints } from "../../../lib/home";
import { lockHolder } from "../../../lib/lock";
import { waitFor } from "../../../lib/wait";
import { engineLab, kubectl, liveObject } from "../../support/engine-lab";
import { labTimeout } from "../../support/lab";
import type { Wanted } from "../../support/programs/objects";
import { changed, makeTestStack, told, type TestStack } from "../../support/rehearsal";

describe("rehearsal engine: failures and interruptions in a lab", function () {
    this.timeout(300_000);
    let lab: LabEndpoints;
    let stack: TestStack;
    let namespace: string;

    const objects = (...wanted: Wanted[]) => ({ objects: wanted });
    /** A command that begins, then ends only when the file `go` is there. */
    const waiting = (name: string, more: Partial<Wanted> = {}): Wanted => ({
        name,
        kind: "command",
        create: "echo x >> begun; while [ ! -e go ]; do sleep 0.05; done",
        ...more,
    });
    const begun = (): Promise<true> =>
        waitFor(() => (existsSync(path.join(stack.folder, "begun")) ? true : undefined), {
            what: "the command to begin",
            timeoutMs: 60_000,
        });
    const go = (): Promise<void> => writeFile(path.join(stack.folder, "go"), "");
    const enginePid = async (): Promise<number> => (await lockHolder(stack.lockFile))?.pid ?? assert.fail("no holder");

    before(async function () {
        this.timeout(labTimeout);
        lab = await engineLab();
    });

    beforeEach(async () => {
        namespace = `engine-${randomBytes(3).toString("hex")}`;
        stack = await makeTestStack("objects", { kubeconfig: lab.kubeconfig, namespace, objects: [] });
    });

    afterEach(async () => {
        await kubectl(lab, "delete", "namespace", namespace, "--ignore-not-found", "--wait=false");
        await stack.remove();
    });

    it("lets a failure stop its dependents only, deletes nothing then, and goes on from there", async () => {
        await stack.up(objects({ name: "old", as: "old" }));
        const broken = objects(
            { name: "bad", as: "Not A Name" },
            { name: "needs-bad", as: "needs-bad", after: ["bad"] },
            { name: "free", as: "free" },
        );
        const failed = stack.up(broken);
        await assert.rejects(failed, told(/1 resource failed, 1 left out because of it[^]*bad: .*metadata.name/));
        const failure = await failed.catch((error: unknown) => error);
        assert.ok(failure instanceof EngineFailure);
        assert.deepEqual(
            failure.failures.map(({ name }) => name),
            ["bad"],
        );
        assert.ok(await liveObject(lab, "configmap", "free", "-n", namespace), "what does not depend on it is made");
        assert.equal(await liveObject(lab, "configmap", "needs-bad", "-n", namespace), undefined);
        assert.ok(await liveObject(lab, "configmap", "old", "-n", namespace), "nothing is deleted after a failure");

        const mended = objects({ name: "bad", as: "good" }, ...broken.objects.slice(1));
        assert.deepEqual(changed(await stack.up(mended)), ["create bad", "create needs-bad", "delete old"]);
    });

    it("recovers from kill -9 in the middle of an update", async () => {
        const settings = objects(
            { name: "first", as: "first", data: { a: "1" } },
            waiting("slow", { after: ["first"] }),
            {
                name: "last",
                as: "last",
                after: ["slow"],
            },
        );
        const running = stack.up(settings);
        const ended = assert.rejects(running, told(/ended by SIGKILL/));
        await begun();
        process.kill(await enginePid(), "SIGKILL");
        await ended;
        assert.equal(await liveObject(lab, "configmap", "last", "-n", namespace), undefined);

        await go();
        assert.deepEqual(changed(await stack.up(settings)), ["create last", "create slow"]);
        const log = await readFile(path.join(stack.folder, "begun"), "utf8");
        assert.equal(log, "x\nx\n", "a command whose end nobody saw is run again");
        assert.deepEqual(changed(await stack.up(settings)), []);
    });

    it("takes over an object that a killed engine had made and not recorded", async () => {
        const never = { nodeSelector: { "no-node-has": "this" } };
        const app: Wanted = { name: "app", kind: "deployment", as: "app" };
        const running = stack.up(objects({ ...app, pod: never }));
        const ended = assert.rejects(running, told(/ended by SIGKILL/));
        await waitFor(() => liveObject(lab, "deployment", "app", "-n", namespace), { what: "app", timeoutMs: 60_000 });
        process.kill(await enginePid(), "SIGKILL");
        await ended;
        assert.deepEqual(changed(await stack.up(objects(app))), ["create app"]);
        await stack.engine().destroy();
        assert.equal(await liveObject(lab, "namespace", namespace), undefined);
    });

    it("ends in order when it is stopped: what is under way is seen through, nothing new begins", async () => {
        const settings = objects(waiting("slow"), { name: "last", as: "last", after: ["slow"] });
        // The namespace is made before, so that the command alone can be under way.
        await stack.up(objects());
        const stop = new AbortController();
        const running = stack.up(settings, stop.signal);
        const ended = assert.rejects(running, told(/was stopped/));
        await begun();
        stop.abort();
        // Only when its process knows may what is under way come to its end.
        await waitFor(
            () =>
                stack.events.some((event) => event.kind === "diagnostic" && event.message.startsWith("stopping")) ||
                undefined,
            { what: "the engine to hear that it is to stop", timeoutMs: 30_000 },
        );
        await go();
        await ended;
        const recorded = (await stack.engine().resources()).map(({ name, id }) => [name, id !== undefined]);
        assert.deepEqual(
            recorded.filter(([name]) => name === "slow" || name === "last"),
            [["slow", true]],
        );
        assert.deepEqual(changed(await stack.up(settings)), ["create last"]);
    });

    it("refuses a second update at the same time and names the first", async () => {
        const running = stack.up(objects(waiting("slow")));
        await begun();
        await assert.rejects(stack.up(objects()), told(/up of stack test is running: process \d+/));
        await go();
        await running;
    });

    it("keeps an object that does not get ready on record, and tells why", async () => {
        const annotations = { "pulumi.com/timeoutSeconds": "1" };
        const app: Wanted = { name: "app", kind: "deployment", as: "app", annotations };
        const never = { nodeSelector: { "no-node-has": "this" } };
        await assert.rejects(
            stack.up(objects({ ...app, pod: never })),
            told(/app exists, and is not ready[^]*0 of 1 replicas are available/),
        );
        assert.deepEqual(changed(await stack.up(objects(app))), ["update app"]);
        assert.deepEqual(changed(await stack.up(objects(app))), []);
    });
});
