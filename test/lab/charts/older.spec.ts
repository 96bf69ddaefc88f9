import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parse } from "yaml";
import { harborReleases } from "../../../config/catalogue";
import { unknownChartValues } from "../../../config/chart-keys";
import { contractChart } from "../../../config/contract-chart";
import { exec, ExecFailure } from "../../../lib/exec";
import { projectRoot } from "../../../lib/home";
import { harborChartFiles } from "../../../lab/harbor-chart";
import { placeChart } from "../../../lab/place-chart";
import { objectsOf, type Tree } from "../../support/chart-objects";
import { helmBinary } from "../../support/helm";
import { evaluateStack } from "../../support/mocks";
import { schemaKeys, valueKeys } from "../../support/values-schema";

/** One of each minor version: within one nothing differs but tags. */
const official = ["1.16.2", "1.17.1", "1.18.4", "1.19.1"] as const;
const harborOf = (chart: string): string => {
    const release = harborReleases.find((entry) => entry.chart === chart);
    assert.ok(release, chart);
    return release.harbor;
};

async function filesOf(harbor: string): Promise<ReadonlyMap<string, string>> {
    const pin = contractChart(harbor);
    assert.ok(pin, harbor);
    return harborChartFiles(pin);
}

/** Harbor's release in the stack lab, as the program registers it. */
async function releaseOf(harbor: string): Promise<{ readonly chart: string; readonly values: Tree }> {
    const resources = await evaluateStack("lab", { harbor: { version: harbor } });
    const release = resources.find(({ type }) => type === "kubernetes:helm.sh/v3:Release");
    assert.ok(release);
    return release.inputs as { chart: string; values: Tree };
}

/** Keys with a default that the official chart has in a remark, or that its templates read: see schema.spec.ts. */
const beyondDefaults = /^existingSecretAdminPassword$/;

describe("contract charts of older Harbors", () => {
    it("are there for each release but the newest, each in a folder of its own", () => {
        const pins = harborReleases.map(({ harbor }) => contractChart(harbor));
        assert.equal(pins.filter((pin) => pin === undefined).length, 1);
        assert.equal(contractChart("2.15.2"), undefined);
        assert.equal(new Set(pins.map((pin) => pin?.folder)).size, pins.length);
        assert.throws(() => contractChart("2.7.0"), /not in the catalogue/);
    });

    for (const { harbor, chart } of harborReleases) {
        it(`${chart} is what the program installs in a lab for Harbor ${harbor}, with values that its chart knows`, async () => {
            const release = await releaseOf(harbor);
            const newest = contractChart(harbor) === undefined;
            const place = newest ? path.join(projectRoot, "lab/charts/harbor") : `/lab/charts/harbor-${chart}`;
            assert.equal(release.chart, place);
            assert.deepEqual(unknownChartValues(release.values, harbor), []);
        });
    }

    it("name their version, and the images of it", async () => {
        const files = await filesOf("2.12.2");
        const chart = parse(files.get("Chart.yaml") ?? "") as Tree;
        assert.deepEqual([chart["version"], chart["appVersion"], chart["name"]], ["1.16.2", "2.12.2", "harbor"]);
        const values = files.get("values.yaml") ?? "";
        assert.match(values, /repository: goharbor\/harbor-core\n +tag: v2\.12\.2/);
        assert.match(values, /repository: goharbor\/redis-photon\n +tag: v2\.12\.2/);
        assert.doesNotMatch(values, /v2\.15|docker\.io\/goharbor|valkey/);
        const patch = (await filesOf("2.15.1")).get("values.yaml") ?? "";
        assert.match(patch, /repository: docker\.io\/goharbor\/redis-photon\n +tag: v2\.15\.1/);
    });

    for (const version of official) {
        it(`allow the keys of the official chart ${version}, and no other`, async function () {
            const file = path.resolve(projectRoot, `../shared/data/values/harbor-${version}.yaml`);
            if (!existsSync(file)) this.skip(); // the reference data lies beside the project only where it is developed
            const files = await filesOf(harborOf(version));
            const keys = schemaKeys(JSON.parse(files.get("values.schema.json") ?? "") as Tree);
            const isOpen = (key: string): boolean => keys.get(key) !== "closed";
            const theirs = new Set(valueKeys(parse(readFileSync(file, "utf8")) as Tree, isOpen));
            const ours = new Set(valueKeys(parse(files.get("values.yaml") ?? "") as Tree, isOpen));
            assert.deepEqual(
                [...theirs].filter((key) => !keys.has(key)),
                [],
                "keys that the schema does not allow",
            );
            assert.deepEqual(
                [...theirs].filter((key) => !ours.has(key)),
                [],
                "keys without a default",
            );
            assert.deepEqual(
                [...ours].filter((key) => !theirs.has(key) && !beyondDefaults.test(key)),
                [],
                "keys that only ours has",
            );
        });
    }
});

describe("helm on contract charts of older Harbors", function () {
    this.timeout(60_000);
    let helm: string;
    let folder: string;
    const charts = new Map<string, string>();

    before(async function () {
        const found = helmBinary();
        if (found === undefined) this.skip(); // no helm on this machine
        helm = found;
        folder = await mkdtemp(path.join(tmpdir(), "anchorage-older-"));
        for (const { harbor } of harborReleases) {
            const place = path.join(folder, harbor);
            if (contractChart(harbor) !== undefined) await placeChart(await filesOf(harbor), place);
            charts.set(
                harbor,
                contractChart(harbor) === undefined ? path.join(projectRoot, "lab/charts/harbor") : place,
            );
        }
    });

    after(async () => {
        if (folder) await rm(folder, { recursive: true });
    });

    const template = (harbor: string, values: object): Promise<{ stdout: string }> =>
        exec(helm, ["template", "harbor", charts.get(harbor) ?? "", "-f", "-"], { input: JSON.stringify(values) });

    for (const { harbor } of harborReleases.filter(({ harbor }) => /\.[02]$/.test(harbor))) {
        it(`the stack lab is rendered with Harbor ${harbor}`, async () => {
            const { values } = await releaseOf(harbor);
            const objects = objectsOf((await template(harbor, values)).stdout);
            const core = JSON.stringify(objects.get("Deployment harbor-core"));
            assert.match(core, new RegExp(`/harbor-core:v${harbor.replaceAll(".", "\\.")}"`));
        });
    }

    const refused: readonly [version: string, key: string, object][] = [
        ["2.14.4", "podDisruptionBudget", { core: { podDisruptionBudget: { enabled: true } } }],
        ["2.14.4", "livenessProbe", { registry: { controller: { livenessProbe: { periodSeconds: 5 } } } }],
        ["2.13.1", "dbRepository", { trivy: { dbRepository: ["mirror.example.com/trivy-db"] } }],
        ["2.13.1", "type", { expose: { type: "route" } }],
        ["2.12.2", "tlsOptions", { redis: { external: { tlsOptions: { enable: true } } } }],
    ];
    for (const [version, key, values] of refused) {
        it(`${key} is refused by the chart of ${version}`, async () => {
            await assert.rejects(template(version, values), (error) => {
                assert.ok(error instanceof ExecFailure);
                assert.match(error.stderr, new RegExp(key));
                return true;
            });
            await template("2.15.2", key === "type" ? { expose: { type: "ingress" } } : values);
        });
    }
});
