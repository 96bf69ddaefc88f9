import assert from "node:assert/strict";
import { createServer } from "node:net";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { ExitCode } from "../../../lib/errors";
import { labMarker, type LabEndpoints } from "../../../lib/home";
import { engineLab, kubectl, liveObject } from "../../support/engine-lab";
import { labTimeout } from "../../support/lab";
import { makeTestStack, told, type TestStack } from "../../support/rehearsal";

describe("rehearsal engine: clusters that are no lab", function () {
    this.timeout(120_000);
    let lab: LabEndpoints;
    let stack: TestStack;
    const namespace = "engine-refused";

    before(async function () {
        this.timeout(labTimeout);
        lab = await engineLab();
    });

    beforeEach(async () => {
        stack = await makeTestStack("objects", { kubeconfig: lab.kubeconfig, namespace, objects: [] });
    });

    afterEach(() => stack.remove());

    it("refuses a kubeconfig of another machine without trying to reach it", async () => {
        const file = path.join(stack.folder, "kubeconfig");
        const text = (await readFile(lab.kubeconfig, "utf8")).replace(/127\.0\.0\.1:\d+/, "192.0.2.10:6443");
        await writeFile(file, text);
        const started = Date.now();
        await assert.rejects(
            stack.up({ kubeconfig: file }),
            told(/works on a lab only[^]*not this machine/, ExitCode.refused),
        );
        assert.ok(Date.now() - started < 30_000, "a connection to that address would have hung until its time-out");
        assert.deepEqual(
            (await stack.engine().resources()).filter(({ type }) => type.startsWith("kubernetes:")),
            [],
        );
    });

    it("refuses a cluster on this machine whose marker is not that of a lab of this machine", async () => {
        const marker = [labMarker.name, "-n", labMarker.namespace];
        const id = (await liveObject(lab, "configmap", ...marker))?.data?.["id"] ?? assert.fail("no marker");
        const setId = (value: string) =>
            kubectl(lab, "patch", "configmap", ...marker, "--patch", JSON.stringify({ data: { id: value } }));
        await setId("another-lab");
        try {
            await assert.rejects(stack.up(), told(/works on a lab only[^]*not one of this machine/, ExitCode.refused));
            assert.equal(await liveObject(lab, "namespace", namespace), undefined, "nothing was touched");
        } finally {
            await setId(id);
        }
    });

    it("tells when nothing answers at a lab's address", async () => {
        const server = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
        await once(server, "listening");
        const file = path.join(stack.folder, "kubeconfig");
        const { port } = server.address() as AddressInfo;
        await writeFile(
            file,
            (await readFile(lab.kubeconfig, "utf8")).replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${String(port)}`),
        );
        try {
            await assert.rejects(stack.up({ kubeconfig: file }), told(/no answer from the API server/));
        } finally {
            server.close();
        }
    });
});
