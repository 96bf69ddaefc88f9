import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import path from "node:path";
import { placementValues } from "../../components/placement-values";
import { settingsSchema } from "../../config/schema";
import { exec } from "../../lib/exec";
import { projectRoot, type LabEndpoints } from "../../lib/home";
import { waitFor } from "../../lib/wait";
import { engineLab, kubectl, liveObject } from "../support/engine-lab";
import { labTimeout } from "../support/lab";

const components = ["nginx", "portal", "core", "jobservice", "registry"] as const;

describe("placement in a lab", function () {
    this.timeout(300_000);
    const namespace = `placement-${randomBytes(3).toString("hex")}`;
    let lab: LabEndpoints;

    before(async function () {
        this.timeout(labTimeout);
        lab = await engineLab();
        await kubectl(lab, "create", "namespace", namespace);
    });

    after(async () => {
        await kubectl(lab, "delete", "namespace", namespace, "--wait=false");
    });

    const zoneOfNodes = async (): Promise<ReadonlyMap<string, string>> => {
        const zone = "{.metadata.labels.topology\\.kubernetes\\.io/zone}";
        const each = `{range .items[*]}{.metadata.name} ${zone}{"\\n"}{end}`;
        const printed = await kubectl(lab, "get", "nodes", "-o", `jsonpath=${each}`);
        return new Map(
            printed
                .trim()
                .split("\n")
                .map((line) => line.split(" ") as [string, string]),
        );
    };
    const nodesOf = async (component: string): Promise<readonly string[]> => {
        const running = '{range .items[?(@.status.phase=="Running")]}{.spec.nodeName} {end}';
        const labels = ["-l", `component=${component}`, "-n", namespace];
        const printed = await kubectl(lab, "get", "pods", ...labels, "-o", `jsonpath=${running}`);
        return printed.trim().split(" ");
    };
    const assertSpread = async (component: string, zoneOf: ReadonlyMap<string, string>): Promise<void> => {
        const nodes = await waitFor(
            async () => {
                const placed = await nodesOf(component);
                return placed.length === 3 ? placed : undefined;
            },
            { what: `three pods of ${component} to run`, timeoutMs: 60_000 },
        );
        const zones = new Set(zoneOf.values()).size;
        assert.equal(new Set(nodes).size, Math.min(3, zoneOf.size), `${component}: ${nodes.join(", ")}`);
        assert.equal(new Set(nodes.map((node) => zoneOf.get(node))).size, Math.min(3, zones), component);
    };

    it("puts the pods of a component on nodes of different zones, and guards them by a budget", async () => {
        const replicas = { portal: 3, core: 3, jobservice: 3, registry: 3 };
        const settings = settingsSchema.parse({
            cluster: { kind: "lab" },
            harbor: { replicas, trivy: false },
            storage: { kind: "s3", bucket: "images" },
            placement: { spread: "required", resources: "medium" },
        });
        const placement = placementValues(settings);
        const values = {
            ...placement,
            expose: { type: "clusterIP", tls: { enabled: false } },
            persistence: { imageChartStorage: { type: "s3", s3: { bucket: "images", region: "us-east-1" } } },
            trivy: { enabled: false },
            updateStrategy: { type: "RollingUpdate" },
            ...Object.fromEntries(
                components.map((component) => [component, { ...(placement[component] as object), replicas: 3 }]),
            ),
            jobservice: { ...(placement["jobservice"] as object), replicas: 3, jobLoggers: ["database"] },
        };
        const chart = path.join(projectRoot, "lab", "charts", "harbor");
        const { stdout } = await exec(
            lab.tools.helm,
            ["template", "harbor", chart, "--namespace", namespace, "-f", "-"],
            { input: JSON.stringify(values) },
        );
        await exec(
            lab.tools.kubectl,
            [
                ...["--kubeconfig", lab.kubeconfig, "--context", lab.context, "-n", namespace],
                ...["apply", "--server-side", "--validate=strict", "-f", "-"],
            ],
            { input: stdout },
        );
        const zones = await zoneOfNodes();
        for (const component of components) {
            await assertSpread(component, zones);
            const budget = await liveObject(lab, "poddisruptionbudget", `harbor-${component}`, "-n", namespace);
            assert.equal(budget?.spec?.["minAvailable"], 2, component);
        }
    });

    it("still does so after a rollout", async () => {
        await kubectl(lab, "rollout", "restart", "deployment/harbor-core", "-n", namespace);
        await kubectl(lab, "rollout", "status", "deployment/harbor-core", "-n", namespace, "--timeout=120s");
        await assertSpread("core", await zoneOfNodes());
    });
});
