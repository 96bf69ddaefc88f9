import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { LabEndpoints } from "../../../lib/home";
import { engineLab, kubectl, liveObject } from "../../support/engine-lab";
import { labTimeout } from "../../support/lab";
import { changed, makeTestStack, told, type TestStack } from "../../support/rehearsal";

describe("rehearsal engine: patches in a lab", function () {
    this.timeout(300_000);
    let lab: LabEndpoints;
    let stack: TestStack;
    let namespace: string;

    before(async function () {
        this.timeout(labTimeout);
        lab = await engineLab();
    });

    beforeEach(async () => {
        namespace = `engine-${randomBytes(3).toString("hex")}`;
        stack = await makeTestStack("patch", { kubeconfig: lab.kubeconfig, namespace });
    });

    afterEach(async () => {
        await kubectl(lab, "delete", "namespace", namespace, "--ignore-not-found", "--wait=false");
        await stack.remove();
    });

    const pod = async (): Promise<{ containers: { image: string; volumeMounts?: unknown }[]; volumes?: unknown }> => {
        const live = await liveObject(lab, "deployment", "web", "-n", namespace);
        return (live?.spec as { template: { spec: Awaited<ReturnType<typeof pod>> } }).template.spec;
    };
    const mountedAt = async (): Promise<unknown> => (await pod()).containers[0]?.volumeMounts;

    it("adds its fields, leaves those of others alone, and takes its own away at the end", async () => {
        const look = { mount: "/look" };
        assert.deepEqual(changed(await stack.preview(look)), ["create look", "create space", "create web"]);
        assert.deepEqual(changed(await stack.up(look)), ["create look", "create space", "create web"]);
        assert.deepEqual(await mountedAt(), [{ name: "look", mountPath: "/look" }]);
        assert.equal((await pod()).containers[0]?.image, "registry.example/web:1");
        assert.deepEqual(changed(await stack.preview(look)), []);

        assert.deepEqual(changed(await stack.up({ mount: "/other" })), ["update look"]);
        assert.deepEqual(await mountedAt(), [{ name: "look", mountPath: "/other" }]);

        assert.deepEqual(changed(await stack.up()), ["delete look"]);
        assert.equal(await mountedAt(), undefined);
        assert.equal((await pod()).volumes, undefined);
        assert.deepEqual(changed(await stack.preview()), []);
        await stack.engine().destroy();
    });

    it("puts back what somebody took away", async () => {
        await stack.up({ mount: "/look" });
        const gone = JSON.stringify([{ op: "remove", path: "/spec/template/spec/containers/0/volumeMounts" }]);
        await kubectl(lab, "patch", "deployment", "web", "-n", namespace, "--type=json", "-p", gone);
        assert.equal(await mountedAt(), undefined);
        assert.deepEqual(changed(await stack.preview({ mount: "/look" })), ["update look"]);
        await stack.up({ mount: "/look" });
        assert.deepEqual(await mountedAt(), [{ name: "look", mountPath: "/look" }]);
    });

    it("says so when a field is somebody else's, or there is nothing to patch", async () => {
        await stack.up();
        await assert.rejects(
            stack.up({ mount: "/look", image: "registry.example/other:1" }),
            told(/look: look cannot patch .*\/web: .*conflict/is),
        );
        assert.equal((await pod()).containers[0]?.image, "registry.example/web:1");
        await assert.rejects(
            stack.up({ mount: "/look", target: "wep" }),
            told(/Deployment .*\/wep does not exist, so that look has nothing to patch/),
        );
        assert.deepEqual(changed(await stack.up()), []);
    });
});
