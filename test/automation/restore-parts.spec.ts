import assert from "node:assert/strict";
import { excludedKinds, modifierRules } from "../../automation/restore/modifiers";
import { describePulled, pullImages, spread } from "../../automation/restore/samples";
import { describeSchedule, scheduleDifferences } from "../../automation/restore/schedules";
import { notReady, Workloads, type WorkloadObject } from "../../automation/restore/workloads";
import { HarborError } from "../../harbor/client/errors";
import { digestOf, smallImage } from "../../harbor/registry/image";
import { UserError } from "../../lib/errors";

const signal = new AbortController().signal;

describe("what a restore leaves out and changes", () => {
    it("lets Harbor's Deployments arrive paused, whatever else comes", () => {
        const { resourceModifierRules: rules } = modifierRules("harbor", false);
        assert.deepEqual(rules, [
            {
                conditions: {
                    groupResource: "deployments.apps",
                    labelSelector: {
                        matchLabels: { app: "harbor", release: "harbor" },
                        matchExpressions: [
                            {
                                key: "component",
                                operator: "In",
                                values: ["core", "jobservice", "registry", "exporter"],
                            },
                        ],
                    },
                },
                mergePatches: [{ patchData: '{"spec":{"paused":true}}' }],
            },
        ]);
    });

    it("gives a copy volumes of its own and no address", () => {
        const rules = JSON.stringify(modifierRules("harbor", true));
        assert.match(rules, /volumeName/);
        for (const type of ["LoadBalancer", "NodePort"]) assert.ok(rules.includes(`"/spec/type","value":"${type}"`));
        const kinds = excludedKinds("none", true);
        for (const kind of [
            "ingresses.networking.k8s.io",
            "gateways.gateway.networking.k8s.io",
            "httproutes.gateway.networking.k8s.io",
            "certificates.cert-manager.io",
            "persistentvolumes",
            "clusters.postgresql.cnpg.io",
            "postgresqls.acid.zalan.do",
        ]) {
            assert.ok(kinds.includes(kind), kind);
            assert.ok(!excludedKinds("none", false).includes(kind), kind);
        }
    });

    it("takes pods only where files of volumes are put back through them", () => {
        assert.ok(excludedKinds("none", false).includes("pods"));
        assert.ok(excludedKinds("snapshots", false).includes("pods"));
        assert.ok(!excludedKinds("files", false).includes("pods"));
        assert.ok(excludedKinds("files", true).includes("pods"));
    });
});

describe("Harbor's workloads in a restore", () => {
    const workload = (spec: object, status: object, generation = 1): WorkloadObject => ({
        kind: "Deployment",
        metadata: { name: "harbor-core", generation },
        spec,
        status,
    });

    it("are ready with all pods of their newest form, and say what is missing", () => {
        const ready = { observedGeneration: 1, readyReplicas: 2, updatedReplicas: 2 };
        assert.equal(notReady(workload({ replicas: 2 }, ready)), undefined);
        assert.equal(notReady(workload({ replicas: 0 }, { observedGeneration: 1 })), undefined);
        const cases: readonly (readonly [object, object, number, string])[] = [
            [{ replicas: 3 }, ready, 1, "harbor-core: 2 of 3 pods are ready"],
            [{ replicas: 2 }, { ...ready, updatedReplicas: 1 }, 1, "harbor-core: 1 of 2 pods are ready"],
            [{}, {}, 0, "harbor-core: 0 of 1 pods are ready"],
            [{ replicas: 2 }, ready, 2, "harbor-core has not been looked at by its controller"],
            [{ replicas: 2, paused: true }, ready, 1, "harbor-core is paused"],
        ];
        for (const [spec, status, generation, why] of cases) {
            assert.equal(notReady(workload(spec, status, generation)), why);
        }
    });

    /** A cluster of Deployments whose pods end one look after they were deleted. */
    function fakeCluster(paused: Record<string, boolean>) {
        const asked: string[] = [];
        let pods = 3;
        let deleted = false;
        const objects = {
            signal,
            namespace: "harbor",
            kubectl: (_what: string, args: readonly string[]): Promise<string> => {
                const [verb, kinds = "", name = ""] = args;
                asked.push([verb, kinds, verb === "patch" ? name : ""].join(" ").trim());
                if (verb === "patch") {
                    const patch = JSON.parse(args.at(-1) ?? "") as { spec: { paused: boolean | null } };
                    paused[name] = patch.spec.paused ?? false;
                } else if (verb === "delete") {
                    deleted = true;
                } else if (kinds === "pods") {
                    if (deleted) pods--;
                    const items = Array.from({ length: Math.max(0, pods) }, (_, index) => ({
                        metadata: { name: `p${String(index)}` },
                    }));
                    return Promise.resolve(JSON.stringify({ items }));
                } else if (verb === "get") {
                    const items = Object.entries(paused).map(([one, value]) => ({
                        kind: "Deployment",
                        metadata: { name: one },
                        spec: value ? { paused: value } : {},
                        status: { readyReplicas: 1, updatedReplicas: 1 },
                    }));
                    return Promise.resolve(JSON.stringify({ items }));
                } else throw new Error(`unexpected kubectl ${args.join(" ")}`);
                return Promise.resolve("");
            },
        };
        return { workloads: new Workloads(objects, "harbor"), asked, paused };
    }

    it("are held before their pods end, and waited for", async () => {
        const { workloads, asked, paused } = fakeCluster({ "harbor-core": false, "harbor-registry": true });
        assert.deepEqual(await workloads.hold(), ["harbor-core", "harbor-registry"]);
        assert.deepEqual(paused, { "harbor-core": true, "harbor-registry": true });
        assert.deepEqual(asked, [
            "get deployments",
            "patch deployment harbor-core",
            // A migration that fails would go on trying, on the database that is put back.
            "delete jobs",
            "delete replicasets,pods",
            "get pods",
            "get pods",
            "get pods",
        ]);
    });

    it("go on, those alone that were held", async () => {
        const { workloads, asked, paused } = fakeCluster({ "harbor-core": true, "harbor-registry": false });
        assert.deepEqual(await workloads.letGo(), ["harbor-core"]);
        assert.deepEqual(paused, { "harbor-core": false, "harbor-registry": false });
        assert.deepEqual(asked, ["get deployments", "patch deployment harbor-core"]);
        assert.equal(await workloads.ready(() => undefined), 2);
    });

    it("are given up when the time is up, with what is not ready", async () => {
        const { workloads } = fakeCluster({ "harbor-core": true });
        await assert.rejects(
            workloads.ready(() => undefined, undefined, 0),
            (error: unknown) => error instanceof UserError && error.details.includes("harbor-core is paused"),
        );
    });
});

describe("schedules after a restore", () => {
    const one = (vendor_type: string, vendor_id: number, cron: string) => ({ vendor_type, vendor_id, cron });

    it("are compared by what they begin and when; the system's own by their kind", () => {
        const kept = [
            one("GARBAGE_COLLECTION", 3, "0 0 2 * * *"),
            one("RETENTION", 1, "0 0 1 * * *"),
            one("RETENTION", 2, "0 0 1 * * *"),
            one("REPLICATION", 1, "0 0 3 * * *"),
        ];
        const live = [
            one("GARBAGE_COLLECTION", 9, "0 0 2 * * *"),
            one("RETENTION", 1, "0 0 1 * * *"),
            one("REPLICATION", 1, "0 0 4 * * *"),
            one("RETENTION", 7, "0 0 1 * * *"),
        ];
        assert.deepEqual(scheduleDifferences(kept, live), [{ kept: kept[2] }, { kept: kept[3], live: live[2] }]);
        assert.deepEqual(scheduleDifferences(kept, kept), []);
    });

    it("are told in words", () => {
        assert.equal(describeSchedule(one("RETENTION", 2, "0 0 1 * * *")), "RETENTION 2 at 0 0 1 * * *");
        assert.equal(
            describeSchedule(one("GARBAGE_COLLECTION", 9, "0 0 2 * * *")),
            "GARBAGE_COLLECTION at 0 0 2 * * *",
        );
    });
});

describe("samples of a registry's content", () => {
    it("come from all over it", () => {
        const all = Array.from({ length: 100 }, (_, index) => index);
        assert.deepEqual(spread(all, 4), [0, 25, 50, 75]);
        assert.deepEqual(spread([1, 2], 4), [1, 2]);
    });

    const image = smallImage("one");
    const digest = digestOf(image.manifest);
    const registry = {
        pullManifest: () => Promise.resolve(image.manifest),
        pullBlob: (_name: string, wanted: string) =>
            Promise.resolve(wanted === image.layerDigest ? image.layer : image.config),
    };

    it("are pulled with configuration and layers", async () => {
        const pulled = await pullImages(registry, [{ repository: "library/a", digest }], () => undefined);
        const bytes = image.manifest.length + image.config.length + image.layer.length;
        assert.deepEqual(pulled, { images: 1, blobs: 2, bytes, large: 0, forbidden: 0 });
        assert.equal(describePulled(pulled), "1 images, 2 blobs, 0.0 MiB, each with its digest");
    });

    const failing = (kind: "not-found" | "precondition") => ({
        ...registry,
        pullBlob: () => Promise.reject(new HarborError("GET /v2/: no", { kind, endpoint: "GET /v2/" })),
    });

    it("are an error that names each image that is not whole", async () => {
        await assert.rejects(
            pullImages(failing("not-found"), [{ repository: "library/a", digest }], () => undefined),
            (error: unknown) =>
                error instanceof UserError &&
                error.message === "1 of 1 images are not whole" &&
                (error.details[0] ?? "").startsWith(`library/a@${digest}: `),
        );
    });

    it("are not wanting where a project's own rule keeps an image back", async () => {
        const images = [{ repository: "library/a", digest }];
        const pulled = await pullImages(failing("precondition"), images, () => undefined);
        assert.equal(pulled.forbidden, 1);
        assert.match(describePulled(pulled), /1 images that the projects' rules do not give out/);
    });
});
