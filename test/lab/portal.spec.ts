import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { projectRoot, type LabEndpoints } from "../../lib/home";
import { engineLab, kubectl, liveObject } from "../support/engine-lab";
import { labTimeout } from "../support/lab";
import { changed, makeTestStack, type TestStack } from "../support/rehearsal";

interface PodTemplate {
    readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
    readonly spec: {
        readonly containers: readonly { readonly volumeMounts: readonly { readonly mountPath: string }[] }[];
        readonly volumes: readonly { readonly name: string; readonly configMap?: { readonly name: string } }[];
    };
}

describe("portal in a lab", function () {
    this.timeout(300_000);
    const namespace = `portal-${randomBytes(3).toString("hex")}`;
    let lab: LabEndpoints;
    let stack: TestStack;

    before(async function () {
        this.timeout(labTimeout);
        lab = await engineLab();
        stack = await makeTestStack("portal", { kubeconfig: lab.kubeconfig, namespace });
        await writeFile(path.join(stack.folder, "logo.svg"), '<svg xmlns="http://www.w3.org/2000/svg"/>');
    });

    after(async () => {
        await kubectl(lab, "delete", "namespace", namespace, "--ignore-not-found", "--wait=false");
        await stack.remove();
    });

    const settings = (more: object) => ({
        chart: path.join(projectRoot, "lab", "charts", "harbor"),
        logo: path.join(stack.folder, "logo.svg"),
        round: "first",
        ...more,
    });
    const template = async (): Promise<PodTemplate> => {
        const live = await liveObject(lab, "deployment", "harbor-portal", "-n", namespace);
        return live?.spec?.["template"] as PodTemplate;
    };
    const mounts = async (): Promise<readonly string[]> =>
        (await template()).spec.containers.flatMap(({ volumeMounts }) => volumeMounts.map((mount) => mount.mountPath));
    const own = "/etc/nginx/nginx.conf";
    const look = ["/usr/share/nginx/html/images/logo.svg", "/usr/share/nginx/html/setting.json"];
    const configMapOfLook = async (): Promise<string> =>
        (await template()).spec.volumes.find(({ name }) => name === "portal-look")?.configMap?.name ?? "none";

    it("mounts the look beside what the chart mounts", async () => {
        await stack.up(settings({ portalName: "SCS Registry" }));
        assert.deepEqual([...(await mounts())].sort(), [own, ...look]);
        const map = await liveObject(lab, "configmap", await configMapOfLook(), "-n", namespace);
        const setting = JSON.parse(map?.data?.["setting.json"] ?? "{}") as { loginTitle?: string };
        assert.equal(setting.loginTitle, "SCS Registry");
        assert.deepEqual(changed(await stack.preview(settings({ portalName: "SCS Registry" }))), []);
    });

    it("keeps it when helm upgrades the release", async () => {
        const second = settings({ portalName: "SCS Registry", round: "second" });
        assert.deepEqual(changed(await stack.up(second)), ["update harbor"]);
        assert.equal((await template()).metadata.annotations["round"], "second");
        assert.deepEqual([...(await mounts())].sort(), [own, ...look]);
        assert.deepEqual(changed(await stack.preview(second)), []);
    });

    it("rolls out another look with another ConfigMap, and leaves no old one", async () => {
        const before = await configMapOfLook();
        await stack.up(settings({ portalName: "Another", round: "second" }));
        const after = await configMapOfLook();
        assert.notEqual(after, before);
        assert.equal(await liveObject(lab, "configmap", before, "-n", namespace), undefined);
        assert.ok(await liveObject(lab, "configmap", after, "-n", namespace));
    });

    it("gives the portal its own look back when the settings are gone", async () => {
        await stack.up(settings({ round: "second" }));
        assert.deepEqual(await mounts(), [own]);
        await stack.engine(settings({ round: "second" })).destroy();
    });
});
