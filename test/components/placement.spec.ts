import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { parseAllDocuments } from "yaml";
import type { ChartValues } from "../../components/chart-values";
import { resourcePresets } from "../../components/placement-resources";
import { placementValues } from "../../components/placement-values";
import { unknownChartValues } from "../../config/chart-keys";
import type { Settings } from "../../config/schema";
import { parseSettings } from "../../config/settings";
import { exec } from "../../lib/exec";
import { projectRoot } from "../../lib/home";
import { helmBinary } from "../support/helm";

const shared = { kind: "volume", accessMode: "ReadWriteMany" };
const twice = { portal: 2, core: 2, jobservice: 2, registry: 2, trivy: 2 };

function settings(more: Record<string, unknown> = {}): Settings {
    return parseSettings({ cluster: { kind: "lab" }, storage: shared, ...more });
}

function at(values: ChartValues, dotted: string): unknown {
    return dotted.split(".").reduce<unknown>((here, key) => (here as ChartValues | undefined)?.[key], values);
}

/** Bytes of `256Mi`, thousandths of a core of `1` and `200m`. */
function amount(text: string): number {
    const [, number = "", unit = ""] = /^(\d+)(m|Mi|Gi)?$/.exec(text) ?? [];
    assert.notEqual(number, "", text);
    return Number(number) * { m: 1, Mi: 2 ** 20, Gi: 2 ** 30, "": 1000 }[unit as "m" | "Mi" | "Gi" | ""];
}

describe("placement", () => {
    const all: readonly (readonly [title: string, more: Record<string, unknown>])[] = [
        ["the defaults", {}],
        ["everything twice", { harbor: { replicas: twice, metrics: true } }],
        ["nothing set", { placement: { spread: "none", disruptionBudgets: false, resources: "none" } }],
        [
            "everything set",
            {
                harbor: { replicas: twice, metrics: true },
                placement: { spread: "required", resources: "large", priorityClass: "registry" },
            },
        ],
    ];
    for (const [title, more] of all) {
        it(`gives the chart only keys that it has: ${title}`, () => {
            assert.deepEqual(unknownChartValues(placementValues(settings(more)), "2.15.2"), []);
        });
    }

    it("spreads what has more than one pod, over zones and nodes, and nothing else", () => {
        const values = placementValues(settings({ harbor: { replicas: { core: 3 } } }));
        assert.deepEqual(at(values, "core.topologySpreadConstraints"), [
            {
                maxSkew: 1,
                topologyKey: "topology.kubernetes.io/zone",
                whenUnsatisfiable: "ScheduleAnyway",
                matchLabelKeys: ["pod-template-hash"],
            },
            {
                maxSkew: 1,
                topologyKey: "kubernetes.io/hostname",
                whenUnsatisfiable: "ScheduleAnyway",
                matchLabelKeys: ["pod-template-hash"],
            },
        ]);
        assert.deepEqual(at(values, "nginx.topologySpreadConstraints"), at(values, "core.topologySpreadConstraints"));
        assert.equal(at(values, "portal.topologySpreadConstraints"), undefined);
        assert.equal(at(values, "database.internal.topologySpreadConstraints"), undefined);
    });

    const spreads: readonly (readonly [spread: string, expected: string | undefined])[] = [
        ["none", undefined],
        ["preferred", "ScheduleAnyway"],
        ["required", "DoNotSchedule"],
    ];
    for (const [spread, expected] of spreads) {
        it(`spread ${spread}`, () => {
            const values = placementValues(settings({ harbor: { replicas: twice }, placement: { spread } }));
            for (const component of ["nginx", "portal", "core", "jobservice", "registry", "trivy"]) {
                const constraints = at(values, `${component}.topologySpreadConstraints`) as ChartValues[] | undefined;
                assert.equal(constraints?.[0]?.["whenUnsatisfiable"], expected, component);
            }
        });
    }

    it("counts the pods of a StatefulSet without the label that only those of a Deployment have", () => {
        const values = placementValues(settings({ harbor: { replicas: { trivy: 2 } } }));
        const [zone] = at(values, "trivy.topologySpreadConstraints") as ChartValues[];
        assert.equal(zone?.["matchLabelKeys"], undefined);
    });

    it("lets one pod at a time be drained", () => {
        const values = placementValues(settings({ harbor: { replicas: { core: 3, registry: 2 } } }));
        assert.deepEqual(at(values, "core.podDisruptionBudget"), { enabled: true, minAvailable: 2 });
        assert.deepEqual(at(values, "nginx.podDisruptionBudget"), { enabled: true, minAvailable: 2 });
        assert.deepEqual(at(values, "registry.podDisruptionBudget"), { enabled: true, minAvailable: 1 });
        assert.equal(at(values, "portal.podDisruptionBudget"), undefined);
    });

    it("makes no budget where that is said, or the chart is older than 1.19", () => {
        const harbor = { replicas: twice };
        const off = placementValues(settings({ harbor, placement: { disruptionBudgets: false } }));
        const old = placementValues(settings({ harbor: { ...harbor, version: "2.14.4" } }));
        for (const values of [off, old]) assert.equal(at(values, "core.podDisruptionBudget"), undefined);
        assert.deepEqual(unknownChartValues(old, "2.14.4"), []);
    });

    it("sets the resources of every container, those of the registry's pod apart", () => {
        const values = placementValues(settings({ harbor: { metrics: true }, placement: { resources: "medium" } }));
        for (const place of ["nginx", "portal", "core", "jobservice", "trivy", "exporter"]) {
            assert.ok(at(values, `${place}.resources.requests.memory`), place);
        }
        assert.deepEqual(at(values, "registry.registry.resources"), {
            requests: { cpu: "500m", memory: "512Mi" },
            limits: { memory: "2Gi" },
        });
        assert.deepEqual(at(values, "registry.controller.resources"), {
            requests: { cpu: "100m", memory: "128Mi" },
            limits: { memory: "1Gi" },
        });
        assert.equal(at(values, "registry.resources"), undefined);
        assert.ok(at(values, "database.internal.resources"));
        assert.ok(at(values, "redis.internal.resources"));
    });

    it("sets nothing of what the stack does not have", () => {
        const exposure = { kind: "ingress", host: "registry.example.com", controller: "traefik" };
        const tls = { kind: "self-signed" };
        const values = placementValues({
            ...settings({ harbor: { trivy: false }, exposure, tls }),
            database: { kind: "cloudnative-pg", instances: 2, size: "10Gi", maxConnections: 400, version: "17" },
            cache: { kind: "redis-ot", replicas: 3, sentinels: 3, size: "1Gi" },
        });
        assert.deepEqual(Object.keys(values).sort(), ["core", "jobservice", "portal", "registry"]);
    });

    it("leaves the chart's own resources alone with none", () => {
        const values = placementValues(settings({ placement: { resources: "none" } }));
        assert.ok(!JSON.stringify(values).includes("resources"));
    });

    it("ranks every pod with the priority class", () => {
        const values = placementValues(
            settings({ harbor: { metrics: true }, placement: { priorityClass: "registry" } }),
        );
        const places = ["nginx", "portal", "core", "jobservice", "registry", "trivy", "exporter"];
        for (const place of [...places, "database.internal", "redis.internal"]) {
            assert.equal(at(values, `${place}.priorityClassName`), "registry", place);
        }
    });

    it("has presets that grow, each with limits above its requests", () => {
        const { small, medium, large } = resourcePresets;
        for (const workload of Object.keys(small) as (keyof typeof small)[]) {
            for (const numbers of [small[workload], medium[workload], large[workload]]) {
                const [cpu, memory, memoryLimit, cpuLimit] = numbers;
                assert.ok(amount(memory) < amount(memoryLimit), workload);
                if (cpuLimit !== undefined) assert.ok(amount(cpu) < amount(cpuLimit), workload);
            }
            for (const [less, more] of [
                [small, medium],
                [medium, large],
            ] as const) {
                for (const index of [0, 1, 2] as const) {
                    assert.ok(amount(less[workload][index]) <= amount(more[workload][index]), workload);
                }
            }
        }
    });

    it("has the numbers of docs/placement.md", () => {
        const page = readFileSync(path.join(projectRoot, "docs", "placement.md"), "utf8");
        const documented = [...page.matchAll(/^\|[^|]+\|(.*\d+m.*)\|$/gm)].map(([, cells = ""]) =>
            cells.split("|").map((cell) => cell.trim()),
        );
        const cell = ([cpu, memory, memoryLimit, cpuLimit]: readonly (string | undefined)[]): string =>
            `${String(cpu)}, ${String(memory)} / ${cpuLimit === undefined ? "" : `${cpuLimit}, `}${String(memoryLimit)}`;
        const { small, medium, large } = resourcePresets;
        const actual = (Object.keys(small) as (keyof typeof small)[]).map((workload) =>
            [small, medium, large].map((preset) => cell(preset[workload])),
        );
        assert.deepEqual(documented, actual);
    });

    it("is in the objects that helm renders", async function () {
        const helm = helmBinary();
        if (helm === undefined) this.skip(); // no helm on this machine
        const harbor = { replicas: twice, metrics: true };
        const values = placementValues(settings({ harbor, placement: { priorityClass: "registry" } }));
        const replicas = Object.fromEntries(
            Object.entries({ ...twice, nginx: 2 }).map(([key, pods]) => [
                key,
                { ...(values[key] as object), replicas: pods },
            ]),
        );
        const rendered = await exec(
            helm,
            ["template", "harbor", path.join(projectRoot, "lab/charts/harbor"), "-f", "-"],
            {
                input: JSON.stringify({
                    ...values,
                    ...replicas,
                    metrics: { enabled: true },
                    expose: { type: "clusterIP", tls: { enabled: false } },
                }),
            },
        );
        const objects = parseAllDocuments(rendered.stdout).map((document) => document.toJS() as ChartValues | null);
        const kinds = (kind: string): string[] =>
            objects
                .filter((object) => object?.["kind"] === kind)
                .map((object) => String(at(object ?? {}, "metadata.name")))
                .sort();
        const budgets = ["core", "jobservice", "nginx", "portal", "registry", "trivy"];
        assert.deepEqual(
            kinds("PodDisruptionBudget"),
            budgets.map((component) => `harbor-${component}`),
        );
        for (const object of objects) {
            if (object?.["kind"] !== "Deployment" && object?.["kind"] !== "StatefulSet") continue;
            const name = String(at(object, "metadata.name"));
            const pod = at(object, "spec.template.spec") as ChartValues;
            assert.equal(pod["priorityClassName"], "registry", name);
            for (const container of pod["containers"] as ChartValues[]) {
                assert.ok(at(container, "resources.limits.memory"), `${name} ${String(container["name"])}`);
            }
        }
    });
});
