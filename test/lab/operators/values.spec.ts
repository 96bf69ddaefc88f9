import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { parse } from "yaml";
import { operatorValues } from "../../../components/operators-values";
import { operatorCharts } from "../../../config/catalogue";
import { parseSettings } from "../../../config/settings";
import { labChartPins } from "../../../automation/lab-charts";
import { prepareOperatorCharts, type PreparedChart } from "../../../lab/operators/charts";
import { operatorNames, type Operator } from "../../../lab/operators/facts";
import { valuesSchema, type ValueKeys } from "../../../lab/operators/values-schema";
import { exec, ExecFailure } from "../../../lib/exec";
import { projectRoot } from "../../../lib/home";
import type { Tree } from "../../support/chart-objects";
import { helmBinary } from "../../support/helm";
import { schemaKeys, valueKeys } from "../../support/values-schema";

/** The real charts' default values, which lie beside the project only where it is developed; Go's module cache has one. */
const reference = path.resolve(projectRoot, "../shared/data/values");
const modules = process.env["GOMODCACHE"] ?? path.join(process.env["GOPATH"] ?? path.join(homedir(), "go"), "pkg/mod");
const realValues: Readonly<Record<Operator, string>> = {
    "cert-manager": path.join(
        modules,
        "github.com/cert-manager/cert-manager@v1.21.2/deploy/charts/cert-manager/values.yaml",
    ),
    "ingress-nginx": path.join(reference, "ingress-nginx.yaml"),
    "envoy-gateway": path.join(reference, "envoy-gateway.yaml"),
    traefik: path.join(reference, "traefik.yaml"),
    "cloudnative-pg": path.join(reference, "cloudnative-pg.yaml"),
    zalando: path.join(reference, "postgres-operator.yaml"),
    "redis-ot": path.join(reference, "redis-operator-ot.yaml"),
    "redis-spotahome": path.join(reference, "redis-operator-spotahome.yaml"),
    velero: path.join(reference, "velero.yaml"),
};

const backupOf = (more: object): object => ({
    backup: { kind: "velero", location: { kind: "aws", bucket: "backups" }, ...more },
    placement: { priorityClass: "high" },
});

const keysOf = (operator: Operator): ValueKeys =>
    JSON.parse(readFileSync(path.join(projectRoot, `lab/charts/operator/keys/${operator}.json`), "utf8")) as ValueKeys;

describe("values of the operators' contract charts", function () {
    this.timeout(300_000); // a cold machine downloads the definitions

    let folder: string;
    let helm: string;
    let charts: Map<Operator, PreparedChart>;

    before(async function () {
        const found = helmBinary();
        if (found === undefined) this.skip(); // no helm on this machine
        helm = found;
        folder = await mkdtemp(path.join(tmpdir(), "anchorage-charts-"));
        const prepared = await prepareOperatorCharts(labChartPins(operatorNames), { folder, exec });
        charts = new Map(prepared.map((chart) => [chart.operator, chart]));
    });

    after(async () => {
        if (folder) await rm(folder, { recursive: true });
    });

    const template = (operator: Operator, values: object): Promise<{ stdout: string }> =>
        exec(helm, ["template", operator, charts.get(operator)?.folder ?? "", "-f", "-"], {
            input: JSON.stringify(values),
        });

    it("there is a chart for every operator of the catalogue, of its name and version", async () => {
        assert.deepEqual([...charts.keys()].sort(), Object.keys(operatorCharts).sort());
        for (const [operator, { folder: chart }] of charts) {
            const { name, version, appVersion } = parse(
                await exec(helm, ["show", "chart", chart]).then(({ stdout }) => stdout),
            ) as Record<string, string>;
            const { chart: real, version: pinned, app } = operatorCharts[operator];
            assert.deepEqual([name, version, appVersion], [real, pinned, app]);
        }
    });

    for (const operator of operatorNames) {
        describe(operator, () => {
            it("are refused where a key is none of the real chart's", async () => {
                await assert.rejects(template(operator, { replicaCuont: 2 }), (error) => {
                    assert.ok(error instanceof ExecFailure);
                    assert.match(error.stderr, /additional properties 'replicaCuont' not allowed/);
                    return true;
                });
            });

            it("are taken as the program makes them", async () => {
                for (const more of [
                    {},
                    { placement: { resources: "none", priorityClass: "high" } },
                    { harbor: { replicas: { core: 2 } } },
                    backupOf({ volumes: "files" }),
                    backupOf({ volumes: "snapshots", snapshotClass: { driver: "csi.example.com" } }),
                    { exposure: { kind: "route", host: "registry.example.com" } },
                    {
                        exposure: {
                            kind: "ingress",
                            host: "registry.example.com",
                            className: "public",
                            rateLimit: { requestsPerSecond: 25 },
                        },
                    },
                ]) {
                    const settings = parseSettings({ cluster: { kind: "kubeconfig" }, ...more });
                    const { stdout } = await template(operator, operatorValues(operator, settings));
                    assert.match(stdout, /kind: Deployment/);
                }
            });

            it("may have the real chart's keys and no other", async function () {
                const file = realValues[operator];
                if (!existsSync(file)) this.skip(); // see above
                const text = readFileSync(file, "utf8");
                const values = parse(text) as Tree;
                const keys = schemaKeys(valuesSchema(keysOf(operator)));
                const present = new Set(valueKeys(values, (key) => keys.get(key) !== "closed"));
                assert.deepEqual(
                    [...present].filter((key) => !keys.has(key)),
                    [],
                    "keys that the real chart has",
                );
                // Without a default: they stand in a comment, as "# key:".
                const isCommented = (key: string): boolean =>
                    new RegExp(`^\\s*#+\\s*(\\+docs:property\\s*)?${key.split(".").at(-1) ?? ""}:`, "m").test(text);
                assert.deepEqual(
                    [...keys.keys()].filter((key) => !present.has(key) && !isCommented(key)),
                    [],
                    "keys that the real chart does not have",
                );
                assert.match((await template(operator, values)).stdout, /kind: Deployment/);
            });
        });
    }

    it("decide what is made", async () => {
        const kinds = async (operator: Operator, values: object): Promise<string[]> => {
            const { stdout } = await template(operator, values);
            return [...stdout.matchAll(/^kind: (\w+)$|^\{.*"kind":"(CustomResourceDefinition)"/gm)].map(
                ([, one, other]) => one ?? other ?? "",
            );
        };
        const workload = ["ServiceAccount", "Service", "Deployment"];
        assert.deepEqual((await kinds("cert-manager", {})).sort(), [...workload].sort());
        assert.equal((await kinds("cert-manager", { crds: { enabled: true } })).length, 7);
        assert.deepEqual((await kinds("cloudnative-pg", { crds: { create: false } })).sort(), [...workload].sort());
        assert.ok((await kinds("ingress-nginx", {})).includes("IngressClass"));
        assert.ok(!(await kinds("traefik", { ingressClass: { enabled: false } })).includes("IngressClass"));
        const { stdout } = await template("envoy-gateway", {
            deployment: {
                replicas: 2,
                priorityClassName: "high",
                envoyGateway: { resources: { limits: { memory: "1Gi" } } },
            },
        });
        assert.match(
            stdout,
            /replicas: 2\n[^]*priorityClassName: "high"\n[^]*resources: \{"limits":\{"memory":"1Gi"\}\}/,
        );
    });

    it("leave a chart that is there as it is, and make it anew when something has changed", async () => {
        const [pin] = labChartPins(["zalando"]);
        assert.ok(pin);
        const chart = path.join(folder, pin.folder);
        const made = statSync(chart).ino;
        await prepareOperatorCharts([pin], { folder, exec });
        assert.equal(statSync(chart).ino, made);
        await prepareOperatorCharts([{ ...pin, version: "2.0.2" }], { folder, exec });
        assert.match(readFileSync(path.join(chart, "Chart.yaml"), "utf8"), /version: 2\.0\.2/);
        writeFileSync(`${chart}.sha256`, "damaged");
        await prepareOperatorCharts([pin], { folder, exec });
        assert.match(readFileSync(path.join(chart, "Chart.yaml"), "utf8"), /version: 2\.0\.1/);
    });
});
