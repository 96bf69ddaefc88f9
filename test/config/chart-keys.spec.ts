import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { chartKeys, missingBefore, type ChartKeys } from "../../config/chart-keys";
import { projectRoot } from "../../lib/home";

function at(keys: ChartKeys | undefined, dotted: string): ChartKeys | undefined {
    return dotted
        .split(".")
        .reduce<ChartKeys | undefined>((here, key) => (typeof here === "object" ? here.get(key) : undefined), keys);
}

function dottedKeys(values: unknown, keys: ChartKeys | undefined, prefix = ""): string[] {
    if (typeof keys !== "object" || typeof values !== "object" || values === null) return [];
    return Object.entries(values).flatMap(([key, value]) => [
        prefix + key,
        ...dottedKeys(value, keys.get(key), `${prefix}${key}.`),
    ]);
}

describe("keys of Harbor's chart", () => {
    it("tell maps with fixed keys, maps with any keys, and values", () => {
        assert.ok(at(chartKeys(), "core.podDisruptionBudget") instanceof Map);
        assert.equal(at(chartKeys(), "core.podAnnotations"), "any keys");
        assert.equal(at(chartKeys(), "core.replicas"), "value");
        assert.equal(at(chartKeys(), "core.tolerations"), "value");
        assert.equal(at(chartKeys(), "core.replica"), undefined);
    });

    it("are asked for once", () => {
        assert.equal(chartKeys(), chartKeys());
    });

    it("are refused for a chart that is older than they are", () => {
        assert.equal(missingBefore("2.14.4", "core.podDisruptionBudget.enabled"), "1.19");
        assert.equal(missingBefore("2.15.1", "core.podDisruptionBudget.enabled"), undefined);
        assert.equal(missingBefore("2.13.1", "trivy.dbRepository"), "1.18");
        assert.equal(missingBefore("2.12.2", "core.replicas"), undefined);
        assert.throws(() => missingBefore("1.0.0", "core.replicas"), /not in the catalogue/);
    });

    for (const [harbor, chart] of [
        ["2.12.2", "1.16.2"],
        ["2.13.1", "1.17.1"],
        ["2.14.4", "1.18.4"],
        ["2.15.1", "1.19.1"],
    ] as const) {
        it(`are in the official chart ${chart} where they are not said to be missing`, function () {
            const file = path.resolve(projectRoot, `../shared/data/values/harbor-${chart}.yaml`);
            const newest = path.resolve(projectRoot, "../shared/data/values/harbor-1.19.1.yaml");
            if (!existsSync(file)) this.skip(); // the reference data lies beside the project only where it is developed
            const keysIn = (name: string): string[] => dottedKeys(parse(readFileSync(name, "utf8")), chartKeys());
            // A remark in the values.yaml of charts before 1.18, whose templates read it.
            const official = new Set([...keysIn(file), "existingSecretAdminPassword"]);
            for (const key of keysIn(newest))
                assert.equal(missingBefore(harbor, key) === undefined, official.has(key), key);
        });
    }
});
