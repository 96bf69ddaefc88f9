import assert from "node:assert/strict";
import { merge, type ChartValues } from "../../components/chart-values";
import { harborValues } from "../../components/harbor-values";
import { unknownChartValues } from "../../config/chart-keys";
import { parseSettings } from "../../config/settings";

function render(more: Record<string, unknown> = {}, parts: readonly ChartValues[] = []): ChartValues {
    const settings = parseSettings({ cluster: { kind: "lab" }, ...more });
    return harborValues({ settings, registryUrl: "https://registry.example.com", parts });
}

function at(values: ChartValues, dotted: string): unknown {
    return dotted.split(".").reduce<unknown>((here, key) => (here as ChartValues | undefined)?.[key], values);
}

const mirrors = {
    databaseMirrors: ["registry.example.com/mirror/trivy-db"],
    javaDatabaseMirrors: ["registry.example.com/mirror/trivy-java-db"],
};
const shared = { kind: "volume", accessMode: "ReadWriteMany" };

describe("Harbor's values", () => {
    const cases: readonly (readonly [
        title: string,
        more: Record<string, unknown>,
        expected: Readonly<Record<string, unknown>>,
    ])[] = [
        [
            "defaults",
            {},
            {
                externalURL: "https://registry.example.com",
                "metrics.enabled": false,
                "metrics.serviceMonitor.enabled": false,
                "cache.enabled": false,
                "nginx.replicas": 1,
                "trivy.enabled": true,
                "trivy.dbRepository": undefined,
                "trivy.offlineScan": undefined,
                "updateStrategy.type": "Recreate",
                enableMigrateHelmHook: undefined,
            },
        ],
        [
            "a database outside of the chart: the schema is migrated before any pod is replaced",
            { database: { kind: "cloudnative-pg" } },
            { enableMigrateHelmHook: true },
        ],
        [
            "metrics with ServiceMonitors",
            { harbor: { metrics: true, serviceMonitors: true } },
            { "metrics.enabled": true, "metrics.serviceMonitor.enabled": true },
        ],
        ["no scanner", { harbor: { trivy: false } }, { "trivy.enabled": false }],
        [
            "mirrors of the scanner's databases",
            { scanning: { databaseMirrors: mirrors.databaseMirrors } },
            {
                "trivy.dbRepository": mirrors.databaseMirrors,
                "trivy.javaDBRepository": undefined,
                "trivy.offlineScan": undefined,
            },
        ],
        [
            "a scanner without the internet: its updates come from the mirrors",
            { scanning: { ...mirrors, offline: true } },
            {
                "trivy.dbRepository": mirrors.databaseMirrors,
                "trivy.javaDBRepository": mirrors.javaDatabaseMirrors,
                "trivy.offlineScan": true,
                "trivy.skipUpdate": false,
                "trivy.skipJavaDBUpdate": false,
            },
        ],
        [
            "as many nginx pods as core pods",
            { storage: shared, harbor: { replicas: { core: 3 } } },
            { "nginx.replicas": 3, "nginx.podDisruptionBudget.minAvailable": 2, "portal.replicas": 1 },
        ],
        [
            "no nginx behind an Ingress",
            {
                exposure: { kind: "ingress", host: "registry.example.com", controller: "traefik" },
                tls: { kind: "self-signed" },
            },
            { nginx: undefined },
        ],
    ];
    for (const [title, more, expected] of cases) {
        it(title, () => {
            const values = render(more);
            for (const [key, value] of Object.entries(expected)) assert.deepEqual(at(values, key), value, key);
            assert.deepEqual(unknownChartValues(values, "2.15.2"), []);
        });
    }

    it("name no registry of the internet where the scanner is offline", () => {
        const text = JSON.stringify(render({ scanning: { ...mirrors, offline: true } })["trivy"]);
        assert.deepEqual(
            [...text.matchAll(/[a-z0-9.]+\.(?:io|com|org)/g)]
                .map(([host]) => host)
                .filter((host) => host !== "registry.example.com"),
            [],
        );
    });

    it("take what a part gives over what the settings of Harbor give, and raw values over both", () => {
        const part = { core: { podAnnotations: { part: "1" } }, logLevel: "debug" };
        const values = render({ harbor: { values: { logLevel: "error", core: { podLabels: { a: "b" } } } } }, [part]);
        assert.equal(values["logLevel"], "error");
        assert.deepEqual(at(values, "core.podAnnotations"), { part: "1" });
        assert.deepEqual(at(values, "core.podLabels"), { a: "b" });
        assert.equal(at(values, "core.replicas"), 1);
    });

    it("let a raw value replace a list, and one resource of a preset", () => {
        const core = { topologySpreadConstraints: [], resources: { limits: { memory: "3Gi" } } };
        const values = render({ storage: shared, harbor: { replicas: { core: 2 }, values: { core } } });
        assert.deepEqual(at(values, "core.topologySpreadConstraints"), []);
        assert.deepEqual(at(values, "core.resources"), {
            requests: { cpu: "100m", memory: "256Mi" },
            limits: { memory: "3Gi" },
        });
    });

    it("are the same each time, and leave what they were made of alone", () => {
        const raw = { values: { core: { podLabels: { a: "b" } } } };
        const before = JSON.stringify(raw);
        assert.equal(JSON.stringify(render({ harbor: raw })), JSON.stringify(render({ harbor: raw })));
        assert.equal(JSON.stringify(raw), before);
        const left = { a: { b: 1 } };
        merge(left, { a: { c: 2 } });
        assert.deepEqual(left, { a: { b: 1 } });
    });
});
