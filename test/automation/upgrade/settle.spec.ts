import assert from "node:assert/strict";
import { parse } from "yaml";
import { withHarborVersion } from "../../../automation/upgrade/settle";

describe("harbor.version in a stack's file", () => {
    const change = (text: string): Promise<string | undefined> => withHarborVersion(text, "anchorage", "2.14.4");

    it("changes in its place, and nothing else does", async () => {
        const before = [
            "# of the team",
            "config:",
            "  anchorage:harbor: { metrics: true, version: 2.12.2 } # follows upgrades",
            '  anchorage:backup: { schedules: [{ name: a, cron: "0 3 * * *" }] }',
            "",
        ].join("\n");
        assert.equal(await change(before), before.replace("2.12.2", "2.14.4"));
    });

    it("is left alone where it says so already, quoted too", async () => {
        assert.equal(await change('config:\n  anchorage:harbor:\n    version: "2.14.4"\n'), undefined);
    });

    it("is added to what is there", async () => {
        const flow = "config:\n  anchorage:harbor: { metrics: true } # ours\n";
        assert.equal(await change(flow), "config:\n  anchorage:harbor: { metrics: true, version: 2.14.4 } # ours\n");
        for (const text of [
            "config:\n  anchorage:harbor:\n    # ours\n    metrics: true\n",
            "config:\n  # ours\n  harbor: {}\n",
            "config:\n  # ours\n  anchorage:cache: { kind: internal }\n",
            "# ours\nencryptionsalt: v1:abc\n",
            "# ours\nconfig: {}\n",
        ]) {
            const changed = (await change(text)) ?? "";
            const { config } = parse(changed) as { config: Record<string, { version?: string }> };
            const harbor = config["harbor"] ?? config["anchorage:harbor"];
            assert.equal(harbor?.version, "2.14.4", changed);
            assert.match(changed, /# ours/);
        }
    });
});
