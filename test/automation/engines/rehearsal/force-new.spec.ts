import assert from "node:assert/strict";
import { forcedReplacement, isAutonamed } from "../../../../automation/engines/rehearsal/kinds/kubernetes/force-new";
import type { PropertyChange } from "../../../../automation/engine";

const change = (path: string): PropertyChange => ({ path, kind: "update", before: 1, after: 2 });

describe("changes that ask for a new object", () => {
    for (const [apiVersion, kind, path] of [
        ["v1", "ConfigMap", "data.color"],
        ["v1", "Secret", "stringData"],
        ["v1", "Secret", "type"],
        ["apps/v1", "Deployment", "spec.selector.matchLabels.app"],
        ["batch/v1", "Job", "spec.template.spec.containers[0].image"],
        ["rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "roleRef.name"],
    ] as const) {
        it(`${kind} ${path}`, () => {
            const other = change("metadata.labels.a");
            assert.deepEqual(forcedReplacement({ apiVersion, kind }, [change(path), other], {}), [
                { ...change(path), replaces: true },
                other,
            ]);
        });
    }

    for (const [apiVersion, kind, path] of [
        ["v1", "ConfigMap", "metadata.labels.color"],
        ["apps/v1", "Deployment", "spec.replicas"],
        ["apps/v1", "Deployment", "spec.selectors"],
        ["example.com/v1", "ConfigMap", "data.color"],
    ] as const) {
        it(`none: ${apiVersion} ${kind} ${path}`, () => {
            assert.equal(forcedReplacement({ apiVersion, kind }, [change(path)], {}), undefined);
        });
    }

    it("none for data where the provider may change it in place, unless the object says that it may not", () => {
        for (const [kind, setting] of [
            ["ConfigMap", "enableConfigMapMutable"],
            ["Secret", "enableSecretMutable"],
        ] as const) {
            const news = { apiVersion: "v1", kind };
            const provider = { [setting]: "true" };
            assert.equal(forcedReplacement(news, [change("data.a")], provider), undefined);
            assert.ok(forcedReplacement({ ...news, immutable: true }, [change("data.a")], provider));
        }
    });
});

describe("an object with a name of the engine's", () => {
    it("says so in an annotation", () => {
        assert.equal(isAutonamed({ metadata: { annotations: { "pulumi.com/autonamed": "true" } } }), true);
        assert.equal(isAutonamed({ metadata: { name: "mine" } }), false);
    });
});
