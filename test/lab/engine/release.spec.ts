import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { cp, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { LabEndpoints } from "../../../lib/home";
import { lockHolder } from "../../../lib/lock";
import { waitFor } from "../../../lib/wait";
import { engineLab, kubectl, liveObject } from "../../support/engine-lab";
import { labTimeout } from "../../support/lab";
import { changed, changeOf, makeTestStack, told, type TestStack } from "../../support/rehearsal";

describe("rehearsal engine: a release in a lab", function () {
    this.timeout(300_000);
    let lab: LabEndpoints;
    let stack: TestStack;
    let namespace: string;
    let chart: string;

    before(async function () {
        this.timeout(labTimeout);
        lab = await engineLab();
    });

    beforeEach(async () => {
        namespace = `engine-${randomBytes(3).toString("hex")}`;
        stack = await makeTestStack("release", { kubeconfig: lab.kubeconfig, namespace, replicas: 1 });
        chart = path.join(stack.folder, "web");
        await cp(path.join(__dirname, "../../support/charts/web"), chart, { recursive: true });
    });

    afterEach(async () => {
        await kubectl(lab, "delete", "namespace", namespace, "--ignore-not-found", "--wait=false");
        await stack.remove();
    });

    const settings = (more: object = {}) => ({ chart: "web", ...more });

    it("is installed, left alone, upgraded by values and by the chart's files, and uninstalled", async () => {
        assert.deepEqual(changed(await stack.preview(settings())), ["create space", "create web"]);
        const made = await stack.up(settings());
        assert.deepEqual(changed(made), ["create space", "create web"]);
        assert.equal(made.outputs["status"]?.value, "deployed");
        assert.deepEqual(made.outputs["resourceNames"]?.value, {
            "Deployment.apps/apps/v1": ["web"],
            "Secret/v1": ["web-token"],
            "Service/v1": ["web"],
        });
        assert.deepEqual(changed(await stack.up(settings())), []);

        const scaled = await stack.up(settings({ replicas: 2 }));
        assert.deepEqual(changeOf(scaled, "web").diff, [
            { path: "values.replicas", kind: "update", before: 1, after: 2 },
        ]);
        assert.equal((await liveObject(lab, "deployment", "web", "-n", namespace))?.spec?.["replicas"], 2);

        const template = path.join(chart, "templates", "all.yaml");
        await writeFile(template, (await readFile(template, "utf8")).replace("port: 80", "port: 8080"));
        const edited = await stack.up(settings({ replicas: 2 }));
        assert.deepEqual(
            changeOf(edited, "web").diff.map((change) => change.path),
            ["chartDigest"],
        );
        assert.equal(edited.outputs["revision"]?.value, 3);

        const told = JSON.stringify([made, scaled, stack.events, await readFile(stack.stateFile, "utf8")]);
        assert.ok(!told.includes("chart-secret"), "a secret value is told");

        await kubectl(lab, "delete", "secret", "-n", namespace, "-l", "owner=helm,name=web");
        assert.deepEqual(changed(await stack.engine(settings()).refresh()), ["delete web"]);
        assert.deepEqual(changed(await stack.up(settings({ replicas: 2 }))), ["create web"]);
        await stack.engine(settings()).destroy();
        assert.equal(await liveObject(lab, "namespace", namespace), undefined);
    });

    it("is repaired when helm and the engine were killed in the middle", async () => {
        const stuck = settings({ os: "none" });
        const running = stack.up(stuck);
        const ended = assert.rejects(running, told(/ended by SIGKILL/));
        await waitFor(() => liveObject(lab, "deployment", "web", "-n", namespace), {
            what: "the pods",
            timeoutMs: 60_000,
        });
        const record = JSON.parse(await readFile(stack.stateFile, "utf8")) as {
            resources: { name: string; pending?: { process?: { pid: number } } }[];
        };
        const helm =
            record.resources.find(({ name }) => name === "web")?.pending?.process?.pid ?? assert.fail("no helm");
        process.kill((await lockHolder(stack.lockFile))?.pid ?? assert.fail("no engine"), "SIGKILL");
        process.kill(helm, "SIGKILL");
        await ended;
        assert.match(
            await kubectl(lab, "get", "secrets", "-n", namespace, "-l", "owner=helm,status=pending-install"),
            /web/,
        );

        assert.deepEqual(changed(await stack.up(settings())), ["create web"]);
        assert.deepEqual(changed(await stack.up(settings())), []);

        const failing = stack.up(settings({ os: "none", timeout: 2 }));
        await assert.rejects(failing, told(/release engine-\w+\/web failed/));
        assert.deepEqual(changed(await stack.up(settings())), ["update web"]);
        assert.deepEqual(changed(await stack.up(settings())), []);
    });

    it("ends helm in order when it is stopped and the release does not get ready", async () => {
        const stop = new AbortController();
        const running = stack.up(settings({ os: "none", timeout: 250 }), stop.signal);
        const ended = assert.rejects(running, told(/was stopped[^]*web: release/));
        const pods = () => liveObject(lab, "deployment", "web", "-n", namespace);
        await waitFor(pods, { what: "the pods", timeoutMs: 60_000 });
        stop.abort();
        await ended;
        const failed = await kubectl(lab, "get", "secrets", "-n", namespace, "-l", "owner=helm,status=failed");
        assert.match(failed, /sh\.helm\.release\.v1\.web\.v1/);
        assert.deepEqual(changed(await stack.up(settings())), ["update web"]);
    });

    it("that failed is gone after one destroy, also from the record", async () => {
        await assert.rejects(stack.up(settings({ os: "none", timeout: 2 })), told(/web failed/));
        await stack.engine(settings()).destroy();
        assert.deepEqual(await stack.engine(settings()).resources(), []);
    });
});
