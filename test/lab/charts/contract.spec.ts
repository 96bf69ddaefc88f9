import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parse } from "yaml";
import { exec } from "../../../lib/exec";
import { projectRoot } from "../../../lib/home";
import { objectsOf, type Tree } from "../../support/chart-objects";
import { scenarios } from "../../support/chart-scenarios";
import { helmBinary } from "../../support/helm";

const contract = path.join(projectRoot, "lab/charts/harbor");
const charts = process.env["ANCHORAGE_CHARTS"];
const official = charts === undefined ? undefined : path.resolve(charts, "harbor");

/** Both charts are rendered on these values, so that a newer patch of the official one differs in nothing but these. */
const base = path.join(contract, "values.yaml");

describe("the contract chart for Harbor beside the official chart", function () {
    this.timeout(60_000);
    let helm: string;
    let folder: string;

    before(async function () {
        const found = helmBinary();
        if (official === undefined || !existsSync(official) || found === undefined) {
            this.skip(); // needs ANCHORAGE_CHARTS=<folder with harbor/>, and helm
        }
        helm = found;
        folder = await mkdtemp(path.join(tmpdir(), "anchorage-chart-"));
    });

    after(async () => {
        if (folder) await rm(folder, { recursive: true });
    });

    async function render(chart: string, values: object): Promise<Map<string, Tree>> {
        const file = path.join(folder, "values.json");
        await writeFile(file, JSON.stringify(values));
        const flags = ["--namespace", "registry", "-f", base, "-f", file];
        const { stdout } = await exec(helm, ["template", "harbor", chart, ...flags]);
        return objectsOf(stdout);
    }

    it("has the same defaults", async () => {
        assert.ok(official);
        const [theirs, ours] = await Promise.all(
            [path.join(official, "Chart.yaml"), path.join(contract, "Chart.yaml")].map(
                async (file) => parse(await readFile(file, "utf8")) as { version: string },
            ),
        );
        if (theirs?.version !== ours?.version) return; // image tags differ between two patches of a chart
        const values = await Promise.all(
            [official, contract].map(
                async (chart) => parse(await readFile(path.join(chart, "values.yaml"), "utf8")) as Tree,
            ),
        );
        assert.deepEqual(values[1], values[0]);
    });

    for (const [name, values] of Object.entries(scenarios)) {
        it(`renders the same objects: ${name}`, async () => {
            assert.ok(official);
            const theirs = await render(official, values);
            const ours = await render(contract, values);
            assert.deepEqual([...ours.keys()].sort(), [...theirs.keys()].sort());
            for (const [key, object] of theirs) assert.deepEqual(ours.get(key), object, key);
        });
    }
});
