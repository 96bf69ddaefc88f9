import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ExitCode } from "../../../lib/errors";
import type { LabEndpoints } from "../../../lib/home";
import { engineLab, kubectl, liveObject } from "../../support/engine-lab";
import { labTimeout } from "../../support/lab";
import type { Wanted } from "../../support/programs/objects";
import { changed, changeOf, makeTestStack, told, type TestStack } from "../../support/rehearsal";

describe("rehearsal engine: objects in a lab", function () {
    this.timeout(300_000);
    let lab: LabEndpoints;
    let stack: TestStack;
    let namespace: string;

    const objects = (...wanted: Wanted[]) => ({ objects: wanted });

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

    it("makes objects, changes nothing the second time, and updates only what changed", async () => {
        const before = objects(
            { name: "one", as: "one", data: { a: "1" } },
            { name: "two", as: "two", data: { b: "1" } },
        );
        assert.deepEqual(changed(await stack.preview(before)), ["create one", "create space", "create two"]);
        assert.equal(await liveObject(lab, "namespace", namespace), undefined, "a preview touches nothing");

        assert.deepEqual(changed(await stack.up(before)), ["create one", "create space", "create two"]);
        assert.deepEqual(changed(await stack.preview(before)), []);
        const again = await stack.up(before);
        assert.deepEqual(changed(again), []);
        assert.deepEqual(again.outputs["names"]?.value, [`${namespace}/one`, `${namespace}/two`]);

        const after = objects(
            { name: "one", as: "one", data: { a: "1" } },
            { name: "two", as: "two", data: { b: "2" } },
        );
        const expected = [{ path: "data.b", kind: "update", before: "1", after: "2" }];
        assert.deepEqual(changeOf(await stack.preview(after), "two").diff, expected);
        const updated = await stack.up(after);
        assert.deepEqual(changed(updated), ["update two"]);
        assert.deepEqual(changeOf(updated, "two").diff, expected);
        assert.deepEqual((await liveObject(lab, "configmap", "two", "-n", namespace))?.data, { b: "2" });

        assert.deepEqual(changed(await stack.preview(objects())), ["delete one", "delete two"]);
        assert.deepEqual(changed(await stack.up(objects({ name: "two", as: "two", data: { b: "2" } }))), [
            "delete one",
        ]);
        assert.equal(await liveObject(lab, "configmap", "one", "-n", namespace), undefined);

        await stack.engine().destroy();
        assert.equal(await liveObject(lab, "namespace", namespace), undefined);
        assert.deepEqual(await stack.engine().resources(), []);
        assert.deepEqual(await stack.engine().outputs(), {});
    });

    it("repairs drift after a refresh, and finds a deleted object again", async () => {
        const settings = objects({ name: "one", as: "one", data: { a: "1", b: "1" } }, { name: "two", as: "two" });
        await stack.up(settings);
        await kubectl(lab, "patch", "configmap", "one", "-n", namespace, "--patch", '{"data":{"a":"drifted"}}');
        await kubectl(lab, "delete", "configmap", "two", "-n", namespace);

        const refreshed = await stack.engine(settings).refresh();
        assert.deepEqual(changed(refreshed), ["delete two", "update one"]);
        assert.deepEqual(changeOf(refreshed, "one").diff, [
            { path: "data.a", kind: "update", before: "1", after: "drifted" },
        ]);
        assert.equal((await liveObject(lab, "configmap", "one", "-n", namespace))?.data?.["a"], "drifted");

        const repaired = await stack.up(settings);
        assert.deepEqual(changed(repaired), ["create two", "update one"]);
        assert.deepEqual(changeOf(repaired, "one").diff, [
            { path: "data.a", kind: "update", before: "drifted", after: "1" },
        ]);
        assert.deepEqual((await liveObject(lab, "configmap", "one", "-n", namespace))?.data, { a: "1", b: "1" });
        assert.deepEqual(changed(await stack.up(settings)), []);
    });

    it("replaces: the new beside the old where it has a name of its own, else the old first", async () => {
        const before = objects(
            { name: "auto", data: { a: "1" } },
            { name: "app", kind: "deployment", as: "app", app: "blue" },
        );
        await stack.up(before);
        const [oldMap] = (await stack.engine().resources()).filter(({ name }) => name === "auto");
        const after = objects(
            { name: "auto", as: "given", data: { a: "1" } },
            { name: "app", kind: "deployment", as: "app", app: "green" },
        );
        const planned = await stack.preview(after);
        assert.deepEqual(changed(planned), ["replace app", "replace auto"]);
        assert.ok(
            changeOf(planned, "app").diff.some(({ replaces }) => replaces),
            "what makes it be replaced is marked",
        );
        const uid = (await liveObject(lab, "deployment", "app", "-n", namespace))?.metadata.uid;

        assert.deepEqual(changed(await stack.up(after)), ["replace app", "replace auto"]);
        assert.notEqual((await liveObject(lab, "deployment", "app", "-n", namespace))?.metadata.uid, uid);
        assert.ok(await liveObject(lab, "configmap", "given", "-n", namespace));
        assert.equal(await liveObject(lab, "configmap", oldMap?.id?.split("/")[1] ?? "?", "-n", namespace), undefined);
        assert.deepEqual(changed(await stack.up(after)), []);
    });

    it("leaves to others what is to be ignored, and keeps what is to be retained", async () => {
        const shared: Wanted = {
            name: "shared",
            as: "shared",
            data: { ours: "1", theirs: "0" },
            options: { ignoreChanges: ["data.theirs"] },
        };
        const settings = objects(shared, { name: "kept", as: "kept", options: { retainOnDelete: true } });
        await stack.up(settings);
        await kubectl(lab, "patch", "configmap", "shared", "-n", namespace, "--patch", '{"data":{"theirs":"9"}}');
        assert.deepEqual(changed(await stack.up(settings)), []);
        const changedOurs = objects({ ...shared, data: { ours: "2", theirs: "0" } });
        assert.deepEqual(changed(await stack.up(changedOurs)), ["delete kept", "update shared"]);
        assert.deepEqual((await liveObject(lab, "configmap", "shared", "-n", namespace))?.data, {
            ours: "2",
            theirs: "9",
        });
        assert.ok(await liveObject(lab, "configmap", "kept", "-n", namespace), "retained");
    });

    it("waits for a definition before the object of its kind, and for pods behind a service", async () => {
        const settings = objects(
            { name: "definition", kind: "definition" },
            { name: "widget", kind: "widget", as: "first", data: { size: "big" }, after: ["definition"] },
            { name: "app", kind: "deployment", as: "app" },
            { name: "service", kind: "service", as: "app", after: ["app"] },
        );
        assert.deepEqual(changed(await stack.preview(settings)).length, 5);
        await stack.up(settings);
        assert.ok(await liveObject(lab, "widgets.test.anchorage.dev", "first", "-n", namespace));
        assert.deepEqual(changed(await stack.up(settings)), []);
        await stack.engine().destroy();
        assert.equal(await liveObject(lab, "crd", "widgets.test.anchorage.dev"), undefined);
    });

    it("waits for what pulumi.com/waitFor says, and fails when it does not come true", async () => {
        const definition = { name: "definition", kind: "definition" } as const;
        const widget = (size: string): Wanted => ({
            name: "widget",
            kind: "widget",
            as: "awaited",
            data: { size: "big" },
            after: ["definition"],
            annotations: { "pulumi.com/waitFor": `jsonpath={.spec.size}=${size}`, "pulumi.com/timeoutSeconds": "1" },
        });
        await assert.rejects(
            stack.up(objects(definition, widget("small"))),
            told(/widget: Widget .*awaited exists, and is not ready: .*jsonpath=\{\.spec\.size\}=small/s),
        );
        assert.deepEqual(changed(await stack.up(objects(definition, widget("big")))), ["update widget"]);
        await stack.engine().destroy();
    });

    it("refuses a field that the kind does not have", async () => {
        const app: Wanted = { name: "app", kind: "deployment", as: "app", pod: { restartPolicies: "Always" } };
        await assert.rejects(stack.up(objects(app)), told(/app: .*restartPolicies/s));
    });

    it("refuses to delete or replace what is protected", async () => {
        const protectedMap: Wanted = { name: "one", as: "one", data: { a: "1" }, options: { protect: true } };
        await stack.up(objects(protectedMap));
        for (const settings of [objects(), objects({ ...protectedMap, as: "other" })]) {
            await assert.rejects(stack.preview(settings), told(/one is protected/));
            await assert.rejects(stack.up(settings), told(/one is protected/));
        }
        await assert.rejects(stack.engine().destroy(), told(/one/, ExitCode.refused));
        assert.ok(await liveObject(lab, "configmap", "one", "-n", namespace));
        await stack.engine().unprotect();
        await stack.engine().destroy();
        assert.equal(await liveObject(lab, "namespace", namespace), undefined);
    });

    it("never writes a secret in clear, nor shows it", async () => {
        const settings = (password: string) =>
            objects({ name: "login", kind: "secret", as: "login", data: { password } });
        await stack.up(settings("first-hush"));
        const result = await stack.up(settings("second-hush"));
        assert.deepEqual(changed(result), ["update login"]);
        const live = await liveObject(lab, "secret", "login", "-n", namespace);
        assert.equal(Buffer.from(live?.data?.["password"] ?? "", "base64").toString(), "second-hush");
        const told = JSON.stringify([result, stack.events, await readFile(stack.stateFile, "utf8")]);
        for (const clear of ["first-hush", "second-hush"]) {
            assert.ok(
                !told.includes(clear) && !told.includes(Buffer.from(clear).toString("base64")),
                `${clear} is told`,
            );
        }
        assert.ok(told.includes("[secret]"));
    });

    it("does not take over what is not its own", async () => {
        await stack.up(objects());
        await kubectl(lab, "create", "configmap", "foreign", "-n", namespace);
        await assert.rejects(stack.up(objects({ name: "one", as: "foreign" })), told(/already exists/));
        await stack.up(objects({ name: "one", as: "foreign", options: { import: `${namespace}/foreign` } }));
        assert.deepEqual(changed(await stack.up(objects({ name: "one", as: "foreign" }))), []);
    });
});
