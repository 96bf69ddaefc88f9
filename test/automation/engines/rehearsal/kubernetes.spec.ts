import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { readLogin } from "../../../../automation/engines/rehearsal/kinds/kubernetes/kubeconfig";
import { assertLoopback } from "../../../../automation/engines/rehearsal/kinds/kubernetes/lab-guard";
import {
    bodyOf,
    completed,
    desired,
    hidden,
    isImmutableRefusal,
} from "../../../../automation/engines/rehearsal/kinds/kubernetes/objects";
import {
    readiness,
    waitForMet,
    type Related,
} from "../../../../automation/engines/rehearsal/kinds/kubernetes/readiness";
import { object, plainValues, secret, text, type Values } from "../../../../automation/engines/rehearsal/values";
import { ExitCode } from "../../../../lib/errors";
import { told } from "../../../support/rehearsal";

describe("rehearsal engine: kubernetes objects", () => {
    it("gives a nameless object a name, and keeps it", () => {
        const first = completed(
            { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "a" } },
            "map",
            undefined,
        );
        const name = object(first, "metadata")["name"];
        assert.match(text(object(first, "metadata"), "name") ?? "", /^map-[0-9a-f]{8}$/);
        const again = completed({ apiVersion: "v1", kind: "ConfigMap", metadata: { labels: {} } }, "map", first);
        assert.equal(object(again, "metadata")["name"], name);
        const named = completed({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "own" } }, "map", first);
        assert.deepEqual(named["metadata"], { name: "own" });
        assert.match(
            text(object(completed({ metadata: { generateName: "run-" } }, "job", undefined), "metadata"), "name") ?? "",
            /^run-[0-9a-f]{8}$/,
        );
    });

    it("hides what a Secret holds, in the inputs and in the live object", () => {
        const inputs = completed(
            { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, stringData: { a: "1" } },
            "s",
            undefined,
        );
        assert.deepEqual(inputs["stringData"], secret({ a: "1" }));
        const body = bodyOf(plainValues({ ...inputs, data: { b: "Mg==" } }), "space");
        assert.deepEqual(body["data"], { a: "MQ==", b: "Mg==" });
        assert.equal(body["stringData"], undefined);
        assert.equal(object(body, "metadata")["namespace"], "space");
        assert.deepEqual(hidden(body, inputs)["data"], { a: secret("MQ=="), b: secret("Mg==") });
        const map = { kind: "ConfigMap", data: { open: "1", closed: "2" } };
        assert.deepEqual(hidden(map, { data: { open: "1", closed: secret("2") } })["data"], {
            open: "1",
            closed: secret("2"),
        });
    });

    it("compares what an object should be, not what the server keeps about it", () => {
        const live = {
            spec: {},
            status: { phase: "x" },
            metadata: { name: "a", uid: "1", resourceVersion: "2", managedFields: [] },
        };
        assert.deepEqual(desired(live), { spec: {}, metadata: { name: "a" } });
    });

    for (const message of [
        'Deployment.apps "app" is invalid: spec.selector: Invalid value: {}: field is immutable',
        "StatefulSet.apps \"db\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden",
        'Service "s" is invalid: spec.clusterIPs[0]: Invalid value: []: may not change once set',
        'RoleBinding.rbac "b" is invalid: roleRef: Invalid value: {}: cannot change roleRef',
    ]) {
        it(`knows a refusal to change: ${message.slice(0, 40)}`, () => assert.ok(isImmutableRefusal(message)));
    }
    it("knows other refusals from that", () => {
        assert.ok(
            !isImmutableRefusal(
                'ConfigMap "A" is invalid: metadata.name: Invalid value: "A": a lowercase name is expected',
            ),
        );
    });
});

describe("rehearsal engine: readiness", () => {
    const of = (kind: string, spec: Values, status: Values, related?: Related) => {
        const slash = kind.lastIndexOf("/");
        const live = {
            apiVersion: kind.slice(0, slash),
            kind: kind.slice(slash + 1),
            metadata: { generation: 2 },
            spec,
            status,
        };
        return readiness(live, related).state;
    };
    const available = { type: "Available", status: "True" };
    const rolled: Values = {
        observedGeneration: 2,
        replicas: 2,
        updatedReplicas: 2,
        availableReplicas: 2,
        conditions: [available],
    };

    for (const [what, kind, spec, status, expected, related] of [
        ["rolled out", "apps/v1/Deployment", { replicas: 2 }, rolled, "ready"],
        ["old generation", "apps/v1/Deployment", { replicas: 2 }, { ...rolled, observedGeneration: 1 }, "waiting"],
        ["old pods left", "apps/v1/Deployment", { replicas: 2 }, { ...rolled, replicas: 3 }, "waiting"],
        [
            "none wanted",
            "apps/v1/Deployment",
            { replicas: 0 },
            { observedGeneration: 2, conditions: [available] },
            "ready",
        ],
        [
            "gave up",
            "apps/v1/Deployment",
            {},
            {
                observedGeneration: 2,
                conditions: [{ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" }],
            },
            "failed",
        ],
        [
            "all ready",
            "apps/v1/StatefulSet",
            { replicas: 1 },
            { observedGeneration: 2, replicas: 1, readyReplicas: 1 },
            "ready",
        ],
        [
            "half updated",
            "apps/v1/StatefulSet",
            { replicas: 1 },
            { observedGeneration: 2, replicas: 1, readyReplicas: 1, updateRevision: "b", currentRevision: "a" },
            "waiting",
        ],
        ["no node wanted yet", "apps/v1/DaemonSet", {}, { observedGeneration: 2 }, "waiting"],
        ["complete", "batch/v1/Job", {}, { conditions: [{ type: "Complete", status: "True" }] }, "ready"],
        ["failed", "batch/v1/Job", {}, { conditions: [{ type: "Failed", status: "True" }] }, "failed"],
        ["bound", "v1/PersistentVolumeClaim", {}, { phase: "Bound" }, "ready"],
        ["pending", "v1/PersistentVolumeClaim", {}, { phase: "Pending" }, "waiting", { bindingMode: "Immediate" }],
        [
            "first consumer",
            "v1/PersistentVolumeClaim",
            {},
            { phase: "Pending" },
            "ready",
            { bindingMode: "WaitForFirstConsumer" },
        ],
        ["no address", "v1/Service", { type: "LoadBalancer" }, {}, "waiting"],
        [
            "address",
            "v1/Service",
            { type: "LoadBalancer" },
            { loadBalancer: { ingress: [{ ip: "10.0.0.1" }] } },
            "ready",
        ],
        ["no pods", "v1/Service", { selector: { app: "a" } }, {}, "waiting", { endpoints: 0 }],
        ["pods", "v1/Service", { selector: { app: "a" } }, {}, "ready", { endpoints: 1 }],
        ["headless", "v1/Service", { selector: { app: "a" }, clusterIP: "None" }, {}, "ready"],
        ["new", "apiextensions.k8s.io/v1/CustomResourceDefinition", {}, {}, "waiting"],
        ["any other", "example.org/v1/Thing", {}, {}, "ready"],
    ] as const) {
        it(`${kind}, ${what}: ${expected}`, () => {
            assert.equal(of(kind, spec as unknown as Values, status as unknown as Values, related), expected);
        });
    }

    it("understands the annotation pulumi.com/waitFor", () => {
        const live = {
            status: { phase: "Running", list: [{ a: 1 }], conditions: [{ type: "Ready", status: "False" }] },
        };
        const met = (expression: string): string => waitForMet(expression, live).state;
        assert.equal(met("jsonpath={.status.phase}=Running"), "ready");
        assert.equal(met("jsonpath={.status.list[0].a}"), "ready");
        assert.equal(met("jsonpath={.status.absent}"), "waiting");
        assert.equal(met("condition=Ready"), "waiting");
        assert.equal(met("condition=Ready=False"), "ready");
        assert.equal(met('["jsonpath={.status.phase}", "condition=Ready"]'), "waiting");
        assert.equal(met("something else"), "failed");
    });
});

describe("rehearsal engine: kubeconfigs", () => {
    let folder: string;
    beforeEach(async () => {
        folder = await mkdtemp(path.join(tmpdir(), "anchorage-kubeconfig-"));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    const config = (server: string): string =>
        JSON.stringify({
            "current-context": "one",
            contexts: [
                { name: "one", context: { cluster: "c", user: "u", namespace: "inner" } },
                { name: "two", context: { cluster: "absent", user: "u" } },
            ],
            clusters: [{ name: "c", cluster: { server, "certificate-authority": "ca.crt" } }],
            users: [{ name: "u", user: { token: "t" } }],
        });

    it("reads a file, with paths from its folder", async () => {
        const file = path.join(folder, "config");
        await writeFile(file, config("https://127.0.0.1:6443"));
        await writeFile(path.join(folder, "ca.crt"), "PEM");
        const login = await readLogin({ kubeconfig: file });
        assert.deepEqual(
            [login.server.href, login.ca, login.token, login.namespace, login.context],
            ["https://127.0.0.1:6443/", "PEM", "t", "inner", "one"],
        );
        await assert.rejects(
            readLogin({ kubeconfig: file, context: "two" }),
            told(/no "absent" in clusters/, ExitCode.usage),
        );
        await assert.rejects(readLogin({ kubeconfig: path.join(folder, "none") }), told(/there is no kubeconfig/));
    });

    for (const [server, isLocal] of [
        ["https://127.0.0.1:6443", true],
        ["https://[::1]:6443", true],
        ["https://localhost:6443", true],
        ["https://127.0.0.1.example.org:6443", false],
        ["https://10.0.0.1:6443", false],
        ["https://api.example.org", false],
        ["https://0.0.0.0:6443", false],
    ] as const) {
        it(`${isLocal ? "goes on with" : "refuses"} ${server}`, () => {
            const check = (): void => assertLoopback({ server: new URL(server), context: "c" });
            if (isLocal) check();
            else assert.throws(check, told(/works on a lab only/, ExitCode.refused));
        });
    }
});
