import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { recordName } from "../../../automation/engine";
import { onLab } from "../../../automation/engines/on-lab";
import { readStackSettings } from "../../../automation/engines/stack-settings";

describe("a stack that is rehearsed in a lab", () => {
    let projectRoot: string;

    before(async () => {
        projectRoot = await mkdtemp(path.join(tmpdir(), "anchorage-on-lab-"));
        await writeFile(path.join(projectRoot, "Pulumi.yaml"), "name: anchorage\nruntime: nodejs\n");
        await writeFile(
            path.join(projectRoot, "Pulumi.public.yaml"),
            [
                "encryptionsalt: v1:salt",
                "config:",
                "  anchorage:cluster: { kind: kubeconfig, context: production }",
                "  anchorage:namespace: registry",
                "  anchorage:harbor: { encryptionKey: { secure: AAAD } }",
                "  anchorage:storage: { kind: s3, bucket: images, accessKey: { secure: AAAB }, secretKey: { secure: AAAC } }",
                "",
            ].join("\n"),
        );
    });

    after(() => rm(projectRoot, { recursive: true, force: true }));

    it("is on the lab's cluster with the lab's charts, and the rest as it is", async () => {
        const selection = await onLab({ projectRoot, stack: "public" }, "rehearsal", {});
        const { document } = await readStackSettings(selection);
        assert.deepEqual(document, {
            config: {
                "anchorage:cluster": { kind: "lab", name: "rehearsal", standIn: true },
                "anchorage:charts": { source: "contract" },
                "anchorage:namespace": "registry",
                // As long as Harbor wants it.
                "anchorage:harbor": { encryptionKey: "made-for-the-lab" },
                // Nothing that only the stack's own passphrase opens, at any depth, and not its salt.
                "anchorage:storage": {
                    kind: "s3",
                    bucket: "images",
                    accessKey: "made-up-for-the-lab",
                    secretKey: "made-up-for-the-lab",
                },
            },
        });
    });

    it("takes real charts from the folder that ANCHORAGE_CHARTS names", async () => {
        const { overrides } = await onLab({ projectRoot, stack: "public" }, "rehearsal", {
            ANCHORAGE_CHARTS: "/charts",
        });
        assert.deepEqual(overrides?.["charts"], { source: "folder", location: "/charts" });
    });

    it("has a record of its own in each lab", async () => {
        const own = { projectRoot, stack: "public" };
        const names = [own, await onLab(own, "rehearsal", {}), await onLab(own, "second", {})].map(recordName);
        assert.deepEqual(names, ["public", "public@rehearsal", "public@second"]);
    });
});
