import path from "node:path";
import { stringify } from "yaml";
import { projectRoot } from "../lib/home";
import { base, choices, type Tree } from "./support/choices";
import { assertGolden } from "./support/golden";
import { evaluateSettings, type MockResource } from "./support/mocks";

/** What is in `other` and not the same in `one`; `removed` where only `one` has it. */
function difference(one: unknown, other: unknown): unknown {
    if (JSON.stringify(one) === JSON.stringify(other)) return undefined;
    if (other === undefined) return "(removed)";
    if (!isTree(one) || !isTree(other)) return other;
    const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])].sort();
    const entries = keys.map((key) => [key, difference(one[key], other[key])] as const);
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function isTree(value: unknown): value is Tree {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Of what the chart gets; its checksums are of generated names and say nothing. */
function valuesOf(resources: readonly MockResource[]): unknown {
    const release = resources.find(({ name }) => name === "registry-harbor-release");
    return release?.inputs["values"];
}

function treeOf(resources: readonly MockResource[]): Set<string> {
    return new Set(resources.map(({ type, name }) => `${name} (${type})`));
}

/** Each choice for itself: which resources it brings or takes away, and what it changes of the chart's values. */
describe("choices", function () {
    this.timeout(60_000);
    let before: readonly MockResource[];
    this.beforeAll(async () => (before = await evaluateSettings(base)));

    for (const [name, choice] of Object.entries(choices)) {
        it(`${name} is as in its golden file`, async () => {
            const after = await evaluateSettings({ ...base, ...choice });
            const [had, has] = [treeOf(before), treeOf(after)];
            const text = stringify(
                {
                    settings: choice,
                    made: [...has].filter((line) => !had.has(line)).sort(),
                    gone: [...had].filter((line) => !has.has(line)).sort(),
                    values: difference(valuesOf(before), valuesOf(after)) ?? {},
                },
                { lineWidth: 0 },
            );
            assertGolden(path.join("choices", `${name}.yaml`), text.replaceAll(projectRoot + path.sep, "<project>/"));
        });
    }
});
