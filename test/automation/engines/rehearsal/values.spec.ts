import assert from "node:assert/strict";
import { diffValues, keepIgnored, parsePath, pathText } from "../../../../automation/engines/rehearsal/diff";
import { durationMs } from "../../../../automation/engines/rehearsal/kinds";
import { makeUrn, providerUrn, urnName } from "../../../../automation/engines/rehearsal/urn";
import { markSecrets, plain, secret, secretKeys, unknownValue } from "../../../../automation/engines/rehearsal/values";

describe("rehearsal engine: property values", () => {
    it("tells every leaf that differs, and no secret's value", () => {
        const before = { a: { b: [1, 2], "x.y/z": "1" }, gone: true, login: secret("old"), same: secret({ k: 1 }) };
        const after = {
            a: { b: [1, 3, 4], "x.y/z": "2" },
            login: secret("new"),
            same: secret({ k: 1 }),
            later: unknownValue,
        };
        assert.deepEqual(diffValues(before, after), [
            { path: "a.b[1]", kind: "update", before: 2, after: 3 },
            { path: "a.b[2]", kind: "add", after: 4 },
            { path: 'a["x.y/z"]', kind: "update", before: "1", after: "2" },
            { path: "gone", kind: "delete", before: true },
            { path: "login", kind: "update", before: "[secret]", after: "[secret]" },
            { path: "later", kind: "add", after: "[unknown]" },
        ]);
        assert.deepEqual(diffValues({ a: 1 }, { a: unknownValue }), [
            { path: "a", kind: "update", before: 1, after: "[unknown]" },
        ]);
        assert.deepEqual(
            diffValues({ x: { a: 1, b: 2 } }, { x: { b: 2, a: 1 } }),
            [],
            "the order of keys is no difference",
        );
        assert.deepEqual(
            diffValues({ x: "1" }, { x: secret("1") }),
            [],
            "a value that becomes a secret is the same value",
        );
    });

    for (const [source, path] of [
        ["data", ["data"]],
        ["spec.template.spec", ["spec", "template", "spec"]],
        ["a[0].b", ["a", 0, "b"]],
        ['metadata.annotations["a.b/c"]', ["metadata", "annotations", "a.b/c"]],
        ["spec.containers[*].image", ["spec", "containers", "*", "image"]],
    ] as const) {
        it(`reads the path ${source}`, () => {
            assert.deepEqual(parsePath(source), path);
            if (!source.includes("*")) assert.equal(pathText(path), source);
        });
    }

    it("keeps the old value at ignored paths", () => {
        const before = { data: { ours: "1", theirs: "9" }, list: [{ image: "a", n: 1 }], only: "before" };
        const after = { data: { ours: "2", theirs: "0", fresh: "1" }, list: [{ image: "b", n: 2 }], added: "after" };
        assert.deepEqual(keepIgnored(before, after, ["data.theirs", "data.fresh", "list[*].image", "only", "added"]), {
            data: { ours: "2", theirs: "9" },
            list: [{ image: "a", n: 2 }],
            only: "before",
        });
        assert.deepEqual(keepIgnored(before, after, []), after);
    });

    it("marks properties that hold a secret as a whole", () => {
        assert.deepEqual(secretKeys({ open: 1, deep: { list: [secret("x")] } }), ["deep"]);
        assert.deepEqual(markSecrets({ a: { b: secret(1) }, c: 2 }, ["a", "absent"]), { a: secret({ b: 1 }), c: 2 });
        assert.deepEqual(plain({ a: [secret({ b: secret(1) })] }), { a: [{ b: 1 }] });
    });

    it("makes URNs as Pulumi does", () => {
        const root = makeUrn("lab", "anchorage", "", "pulumi:pulumi:Stack", "anchorage-lab");
        assert.equal(root, "urn:pulumi:lab::anchorage::pulumi:pulumi:Stack::anchorage-lab");
        const component = makeUrn("lab", "anchorage", root, "anchorage:index:Registry", "harbor");
        assert.equal(component, "urn:pulumi:lab::anchorage::anchorage:index:Registry::harbor");
        const child = makeUrn("lab", "anchorage", component, "kubernetes:core/v1:Secret", "a::b");
        assert.equal(child, "urn:pulumi:lab::anchorage::anchorage:index:Registry$kubernetes:core/v1:Secret::a::b");
        assert.equal(urnName(child), "a::b");
        assert.equal(providerUrn(`${child}::id`), child);
        assert.equal(providerUrn(""), undefined);
    });

    it("reads durations, and refuses what is none", () => {
        assert.deepEqual(["90s", "10m", "1h30m", "250ms"].map(durationMs), [90_000, 600_000, 5_400_000, 250]);
        for (const wrong of ["", "10", "5 m", "1d", "m"]) assert.throws(() => durationMs(wrong), /is no duration/);
    });
});
