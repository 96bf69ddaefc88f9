import assert from "node:assert/strict";
import { KubeClient } from "../../../lab/kube-client";
import { unservedKinds } from "../../../lab/velero/served-kinds";
import type { LabEndpoints } from "../../../lib/home";
import { waitFor } from "../../../lib/wait";
import { apply, kubectl } from "../../support/engine-lab";
import { labTimeout, sharedLab } from "../../support/lab";

const group = "samples.example.com";

/** A kind of Velero's group as a CustomResourceDefinition. */
function definition(plural: string, kind: string): object {
    return {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: `${plural}.${group}` },
        spec: {
            group,
            scope: "Namespaced",
            names: { plural, singular: plural.slice(0, -1), kind },
            versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
        },
    };
}

/** On the real API server: one that it never tells of stands for one that it does not tell of yet. */
describe("kinds that the API server does not tell of", function () {
    this.timeout(60_000);

    let lab: LabEndpoints;
    const names = ["servedsamples", "refusedsamples"].map((plural) => `${plural}.${group}`);
    const unserved = (): Promise<string[]> => unservedKinds(new KubeClient(lab.kubeconfig));

    before(async function () {
        this.timeout(labTimeout);
        lab = await sharedLab();
    });

    after(async () => {
        await kubectl(lab, "delete", "customresourcedefinitions", "--ignore-not-found", ...names);
    });

    it("are none in a cluster without them", async () => {
        assert.deepEqual(await unserved(), []);
    });

    it("are those that are defined and not in its discovery document", async () => {
        await apply(lab, definition("servedsamples", "Sample"));
        await kubectl(lab, "wait", "--for=condition=Established", `customresourcedefinition/servedsamples.${group}`);
        // Of the same kind: its names are not accepted, and it is not served.
        await apply(lab, definition("refusedsamples", "Sample"));
        await waitFor(async () => ((await unserved()).includes(`servedsamples.${group}`) ? undefined : true), {
            what: "the API server to tell of servedsamples",
            timeoutMs: 30_000,
        });
        assert.deepEqual(await unserved(), [`refusedsamples.${group}`]);
    });
});
