import assert from "node:assert/strict";
import type { PropertyChange, ResourceChange } from "../../../automation/engine";
import { isUnchanged, renderChanges, renderSummary } from "../../../automation/render/changes";
import { count, duration, plain, styleFor } from "../../../automation/render/style";
import { renderTree, type TreeNode } from "../../../automation/render/tree";

const node = (name: string, type: string, parent?: string): TreeNode => ({
    urn: `urn:${name}`,
    type,
    name,
    custom: true,
    ...(parent === undefined ? {} : { parent: `urn:${parent}` }),
});

const change = (op: ResourceChange["op"], diff: PropertyChange[] = []): ResourceChange => ({
    urn: "urn:harbor",
    type: "kubernetes:helm.sh/v3:Release",
    name: "harbor",
    op,
    diff,
});

describe("renderTree", () => {
    it("hangs resources below their components, leaves the stack out, and keeps orphans at the edge", () => {
        const resources = [
            node("anchorage-lab", "pulumi:pulumi:Stack"),
            node("registry", "anchorage:components:Registry", "anchorage-lab"),
            node("registry-secrets", "anchorage:components:Secrets", "registry"),
            node("registry-admin", "random:index/randomPassword:RandomPassword", "registry-secrets"),
            node("registry-harbor", "kubernetes:helm.sh/v3:Release", "registry"),
            node("orphan", "kubernetes:core/v1:ConfigMap", "gone"),
        ];
        assert.deepEqual(
            renderTree(resources, (urn) => (urn === "urn:registry" ? "" : "created"), plain),
            [
                "registry              Registry",
                "├─ registry-secrets   Secrets         created",
                "│  └─ registry-admin  RandomPassword  created",
                "└─ registry-harbor    Release         created",
                "orphan                ConfigMap       created",
            ],
        );
    });

    it("of nothing is nothing", () => {
        assert.deepEqual(
            renderTree([], () => "", plain),
            [],
        );
    });
});

describe("renderChanges", () => {
    it("shows a line for each property, and nothing of what stays", () => {
        const diff: PropertyChange[] = [
            { path: "values.replicas", kind: "update", before: 1, after: 2 },
            { path: "values.trivy", kind: "add", after: { enabled: true } },
            { path: "name", kind: "delete", before: "old", replaces: true },
        ];
        assert.deepEqual(renderChanges([change("same"), change("update", diff)], "planned", plain), [
            "~ harbor  Release  update",
            "    ~ values.replicas: 1 => 2",
            "    + values.trivy: { enabled: true }",
            '    - name: "old"  (makes it be replaced)',
        ]);
    });

    it("cuts a long value and says how long it is", () => {
        const [, line] = renderChanges(
            [change("update", [{ path: "x", kind: "add", after: "y".repeat(5_000) }])],
            "planned",
            plain,
        );
        assert.ok(line !== undefined && line.length < 250);
        assert.match(line, /5002 characters/);
    });

    it("counts", () => {
        assert.equal(
            renderSummary({ summary: { same: 4, create: 1, delete: 2 }, durationMs: 1_234 }, "planned"),
            "1 to create, 2 to delete, 4 unchanged (1.2 s)",
        );
        assert.equal(renderSummary({ summary: {}, durationMs: 5 }, "done"), "nothing to do (5 ms)");
        assert.ok(isUnchanged({ changes: [change("same"), change("read")] }));
        assert.equal(isUnchanged({ changes: [change("delete")] }), false);
    });
});

describe("style", () => {
    it("colours a terminal only, and obeys NO_COLOR and FORCE_COLOR", () => {
        const coloured = "\u001b[31mx\u001b[39m";
        assert.equal(styleFor({ isTTY: true }, {})("red", "x"), coloured);
        assert.equal(styleFor({ isTTY: false }, {})("red", "x"), "x");
        assert.equal(styleFor({ isTTY: true }, { NO_COLOR: "1" })("red", "x"), "x");
        assert.equal(styleFor({ isTTY: false }, { FORCE_COLOR: "1" })("red", "x"), coloured);
    });

    it("writes times and numbers for people", () => {
        assert.deepEqual([5, 1_500, 125_000].map(duration), ["5 ms", "1.5 s", "2 min 5 s"]);
        assert.deepEqual([count(1, "node"), count(2, "node")], ["1 node", "2 nodes"]);
    });
});
