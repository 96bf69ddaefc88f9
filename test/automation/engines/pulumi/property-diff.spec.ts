import assert from "node:assert/strict";
import {
    holdsSecret,
    parsePath,
    propertyChanges,
    shownValue,
} from "../../../../automation/engines/pulumi/property-diff";

const secret = {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    ciphertext: "not to be seen",
};
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("property paths of Pulumi", () => {
    for (const [path, keys] of [
        ["length", ["length"]],
        ["spec.template.spec.containers[0].image", ["spec", "template", "spec", "containers", 0, "image"]],
        ['metadata.labels["app.kubernetes.io/name"]', ["metadata", "labels", "app.kubernetes.io/name"]],
        ['data["a\\"b"]', ["data", 'a"b']],
        ["[0][1]", [0, 1]],
    ] as const) {
        it(path, () => {
            assert.deepEqual(parsePath(path), keys);
        });
    }
});

describe("differences of a resource", () => {
    it("are sorted, and have the values of both sides", () => {
        const changes = propertyChanges({
            old: { inputs: { spec: { replicas: 1 }, gone: "x" } },
            new: { inputs: { spec: { replicas: 3 }, fresh: true } },
            detailedDiff: {
                "spec.replicas": { diffKind: "update", inputDiff: true },
                gone: { diffKind: "delete", inputDiff: true },
                fresh: { diffKind: "add-replace", inputDiff: true },
            },
        });
        assert.deepEqual(changes, [
            { path: "fresh", kind: "add", after: true, replaces: true },
            { path: "gone", kind: "delete", before: "x" },
            { path: "spec.replicas", kind: "update", before: 1, after: 3 },
        ]);
    });

    it("compare state with inputs where the provider says so", () => {
        const [change] = propertyChanges({
            old: { inputs: { a: 1 }, outputs: { a: 2 } },
            new: { inputs: { a: 3 } },
            detailedDiff: { a: { diffKind: "update", inputDiff: false } },
        });
        assert.deepEqual(change, { path: "a", kind: "update", before: 2, after: 3 });
    });

    it("fall back on the top-level keys where the provider gives no details", () => {
        const changes = propertyChanges({
            old: { inputs: { a: 1, b: 1 } },
            new: { inputs: { a: 2, b: 2 } },
            keys: ["b"],
            diffs: ["a", "b"],
        });
        assert.deepEqual(changes, [
            { path: "a", kind: "update", before: 1, after: 2 },
            { path: "b", kind: "update", before: 1, after: 2, replaces: true },
        ]);
    });

    for (const [name, old, fresh, path] of [
        ["of a secret property", { password: secret }, { password: secret }, "password"],
        ["below a secret", { data: secret }, { data: secret }, "data.password"],
        ["of a property that becomes secret", { password: "hunter2" }, { password: secret }, "password"],
        ["of a property that was secret", { password: secret }, { password: "hunter2" }, "password"],
    ] as const) {
        it(`never show the value ${name}`, () => {
            const changes = propertyChanges({
                old: { inputs: old },
                new: { inputs: fresh },
                detailedDiff: { [path]: { diffKind: "update", inputDiff: true } },
            });
            assert.deepEqual(changes, [{ path, kind: "update", before: "[secret]", after: "[secret]" }]);
        });
    }

    it("show neither a secret inside an object nor the mark of an unknown value", () => {
        const [change] = propertyChanges({
            old: { inputs: { env: [{ name: "A", value: secret }] } },
            new: { inputs: { env: [{ name: "A", value: unknown }] } },
            detailedDiff: { env: { diffKind: "update", inputDiff: true } },
        });
        assert.deepEqual(change, {
            path: "env",
            kind: "update",
            before: [{ name: "A", value: "[secret]" }],
            after: [{ name: "A", value: "[unknown]" }],
        });
    });
});

describe("values of the engine", () => {
    it("hold a secret at any depth", () => {
        assert.equal(holdsSecret({ a: [{ b: secret }] }), true);
        assert.equal(holdsSecret({ a: [{ b: "plain" }], c: null }), false);
    });

    it("are shown as they are where nothing is secret", () => {
        const value = { a: [1, null, "x"], b: { c: true } };
        assert.deepEqual(shownValue(value), value);
    });
});
