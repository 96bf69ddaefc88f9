import assert from "node:assert/strict";
import path from "node:path";
import { chartSource } from "../../components/chart-source";
import { Operators } from "../../components/operators";
import { operatorValues } from "../../components/operators-values";
import { operatorCharts } from "../../config/catalogue";
import type { Settings } from "../../config/schema";
import { operatorIds, type OperatorId } from "../../config/schema/operators";
import { parseSettings } from "../../config/settings";
import { projectRoot } from "../../lib/home";
import { isTree, type Tree } from "../support/chart-objects";
import { evaluateDependencies } from "../support/mock-dependencies";
import { referenceValues } from "../support/reference-data";
import { valueKeys } from "../support/values-schema";

type Raw = Readonly<Record<string, unknown>>;

const host = "registry.example.com";
const shared = { kind: "volume", accessMode: "ReadWriteMany" };
const twice = { portal: 2, core: 2, jobservice: 2, registry: 2 };
const settings = (more: Raw = {}): Settings =>
    parseSettings({ cluster: { kind: "kubeconfig" }, storage: shared, ...more });

/** Settings that pass through every branch of the values, whatever fits to what: the values alone are looked at. */
const variants: readonly (readonly [title: string, settings: Settings])[] = [
    ["the defaults", settings()],
    ["no resources", settings({ placement: { resources: "none" } })],
    ["several pods with a priority", settings({ harbor: { replicas: twice }, placement: { priorityClass: "high" } })],
    ...(["ingress-nginx", "traefik"] as const).map((controller): [string, Settings] => [
        `an Ingress of ${controller} with a class and a limit`,
        {
            ...settings({
                exposure: {
                    ...{ kind: "ingress", host, controller },
                    ...{ className: "public", rateLimit: { requestsPerSecond: 25 } },
                },
            }),
            tls: { kind: "self-signed" },
        },
    ]),
    ["a route", settings({ exposure: { kind: "route", host } })],
];

/** The file of the reference values, by operator; that of the others is not among the reference data. */
const references: Readonly<Partial<Record<OperatorId, string>>> = {
    "ingress-nginx": "ingress-nginx",
    "envoy-gateway": "envoy-gateway",
    "cloudnative-pg": "cloudnative-pg",
    zalando: "postgres-operator",
    "redis-ot": "redis-operator-ot",
    "redis-spotahome": "redis-operator-spotahome",
};

/** Keys that the chart's default values do not have; an empty map among them, and a pod's resources, take any. */
function unknownKeys(values: Tree, reference: Tree): string[] {
    const at = (dotted: string): unknown =>
        dotted.split(".").reduce<unknown>((here, key) => (isTree(here) ? here[key] : undefined), reference);
    const isOpen = (dotted: string): boolean => {
        const there = at(dotted);
        return isTree(there) && (Object.keys(there).length === 0 || dotted.endsWith(".resources"));
    };
    return valueKeys(values, isOpen).filter((key) => {
        const parts = key.split(".");
        const parent = parts.length === 1 ? reference : at(parts.slice(0, -1).join("."));
        return !isTree(parent) || !((parts.at(-1) ?? "") in parent);
    });
}

describe("operators' values", () => {
    for (const id of operatorIds) {
        it(`of ${id} bound its pods, or leave that to the chart`, () => {
            const bounded = JSON.stringify(operatorValues(id, settings()));
            assert.match(
                bounded,
                /"resources":\{"requests":\{"cpu":"\w+","memory":"\w+"\},"limits":\{"memory":"\w+"\}\}/,
            );
            const free = JSON.stringify(operatorValues(id, settings({ placement: { resources: "none" } })));
            assert.doesNotMatch(free, /limits|requests/);
        });

        const file = references[id];
        if (file === undefined) continue;
        it(`of ${id} have no key that its chart does not have`, function () {
            const reference = referenceValues(file);
            if (reference === undefined) return this.skip();
            for (const [title, given] of variants) {
                assert.deepEqual(unknownKeys(operatorValues(id, given), reference), [], title);
            }
        });
    }

    it("turn the CRDs on where the chart leaves that open", () => {
        assert.deepEqual(operatorValues("cert-manager", settings())["crds"], { enabled: true });
        assert.deepEqual(operatorValues("envoy-gateway", settings())["crds"], { enabled: true });
        assert.deepEqual(operatorValues("cloudnative-pg", settings())["crds"], { create: true });
    });

    it("give two pods where Harbor has several, and the priority of all pods", () => {
        const values = operatorValues("redis-ot", settings({ harbor: { replicas: twice } }));
        assert.equal(values["replicas"], 2);
        assert.equal(operatorValues("redis-ot", settings())["replicas"], 1);
        const ranked = settings({ placement: { priorityClass: "high" } });
        for (const id of operatorIds)
            assert.match(JSON.stringify(operatorValues(id, ranked)), /"priorityClassName":"high"/);
    });

    it("answer 429 to more than the limit, and see each client's own address", () => {
        const [, limited] = variants.find(([title]) => title.includes("ingress-nginx")) ?? [];
        assert.ok(limited);
        const { controller } = operatorValues("ingress-nginx", limited) as { controller: Tree };
        assert.deepEqual(controller["config"], { "limit-req-status-code": "429" });
        assert.deepEqual(controller["service"], { externalTrafficPolicy: "Local" });
        assert.deepEqual(controller["ingressClassResource"], { name: "public" });
        assert.ok(!("config" in (operatorValues("ingress-nginx", settings())["controller"] as Tree)));
    });

    it("give a layer an hour on Traefik, let Harbor's paths through, and lead an Ingress with TLS to https", () => {
        const ports = (given: Settings): Record<"web" | "websecure", Tree> =>
            operatorValues("traefik", given)["ports"] as Record<"web" | "websecure", Tree>;
        const [, ingress] = variants.find(([title]) => title.includes("traefik")) ?? [];
        assert.ok(ingress);
        const { web, websecure } = ports(ingress);
        for (const entryPoint of [web, websecure]) {
            assert.deepEqual(entryPoint["transport"], { respondingTimeouts: { readTimeout: "3600s" } });
            assert.match(JSON.stringify(entryPoint["http"]), /"allowEncodedSlash":true,"allowEncodedPercent":true/);
        }
        assert.match(JSON.stringify(web), /"to":"websecure"/);
        assert.doesNotMatch(
            JSON.stringify(ports(settings({ exposure: { kind: "route", host } }))),
            /websecure","scheme/,
        );
    });
});

describe("chart source", () => {
    const chart = operatorCharts["redis-spotahome"];
    const envoy = operatorCharts["envoy-gateway"];

    it("is the makers' repository, or their OCI registry", () => {
        const charts = { source: "repository" } as const;
        assert.deepEqual(chartSource({ chart, charts }), {
            chart: "redis-operator",
            version: chart.version,
            repositoryOpts: { repo: chart.repository },
        });
        assert.deepEqual(chartSource({ chart: envoy, charts }), {
            chart: "oci://docker.io/envoyproxy/gateway-helm",
            version: envoy.version,
        });
    });

    it("is a mirror by the chart's name, a folder by the chart's folder", () => {
        assert.deepEqual(chartSource({ chart, charts: { source: "oci", location: "oci://mirror/charts" } }), {
            chart: "oci://mirror/charts/redis-operator",
            version: chart.version,
        });
        assert.deepEqual(chartSource({ chart, charts: { source: "folder", location: "charts" } }), {
            chart: path.join(projectRoot, "charts", "redis-operator-spotahome"),
        });
        assert.deepEqual(chartSource({ chart: envoy, charts: { source: "folder", location: "/charts" } }), {
            chart: "/charts/gateway-helm",
        });
    });

    it("is the folder of contract charts that was given, or the project's", () => {
        const charts = { source: "contract" } as const;
        assert.deepEqual(chartSource({ chart: envoy, charts, contractCharts: "/lab/charts" }), {
            chart: "/lab/charts/gateway-helm",
        });
        assert.deepEqual(chartSource({ chart: envoy, charts }), {
            chart: path.join(projectRoot, "lab", "charts", "gateway-helm"),
        });
    });
});

describe("operators", () => {
    const release = "kubernetes:helm.sh/v3:Release";
    const today = {
        ...{ cache: {}, database: {}, exposure: { host }, harbor: { internalTls: true } },
    };

    it("are one release each, in a namespace of its own", async () => {
        const resources = await evaluateDependencies(() => new Operators("operators", { settings: settings(today) }));
        const releases = resources.filter(({ type }) => type === release);
        assert.deepEqual(releases.map(({ inputs }) => [inputs["name"], inputs["namespace"], inputs["chart"]]).sort(), [
            ["cert-manager", "cert-manager", "cert-manager"],
            ["cloudnative-pg", "cnpg-system", "cloudnative-pg"],
            ["envoy-gateway", "envoy-gateway-system", "oci://docker.io/envoyproxy/gateway-helm"],
            ["redis-ot", "redis-operator", "redis-operator"],
        ]);
        for (const { name, dependencies } of releases) assert.ok(dependencies.includes(`${name}-namespace`), name);
    });

    it("come before cert-manager where its Gateway needs their CRDs", async () => {
        const resources = await evaluateDependencies(() => new Operators("operators", { settings: settings(today) }));
        const certManager = resources.find(({ name }) => name === "operators-cert-manager");
        assert.ok(certManager?.dependencies.includes("operators-envoy-gateway"));
    });

    it("are left alone where the cluster has them, and nobody waits for them", async () => {
        let ready: Readonly<Record<string, number>> = {};
        const resources = await evaluateDependencies(() => {
            const operators = new Operators("operators", {
                settings: settings({ ...today, operators: { "cloudnative-pg": { installed: true } } }),
            });
            ready = Object.fromEntries(operatorIds.map((id) => [id, operators.ready(id).length]));
            return operators;
        });
        assert.deepEqual(
            resources.filter(({ name }) => name.includes("cloudnative-pg")),
            [],
        );
        assert.equal(ready["cloudnative-pg"], 0);
        assert.equal(ready["redis-ot"], 1);
        assert.equal(ready["zalando"], 0);
    });

    it("are none by default", async () => {
        const resources = await evaluateDependencies(() => new Operators("operators", { settings: settings() }));
        assert.deepEqual(
            resources.map(({ type }) => type).filter((type) => type !== "pulumi:pulumi:Stack"),
            ["anchorage:components:Operators"],
        );
    });
});
