import path from "node:path";
import { operatorCharts } from "../config/catalogue";
import type { StackOutputs } from "../config/contract";
import { projectRoot } from "../lib/home";
import { writeDown } from "./by-hand";
import { measurePairs, timed, type Figure } from "./harness";
import type { Sandbox } from "./sandbox";

const stack = ["--stack", "public-ha", "--engine", "rehearsal", "--lab", "rehearsal"];
const operators = ["envoy-gateway", "cloudnative-pg", "redis-ot"] as const;

/**
 * The stack `public-ha` from nothing to all of it Ready in a lab, against the same releases and objects by helm and
 * kubectl on the same lab: the operators, then the objects, then what they make Ready, then Harbor.
 */
export async function largestStackUp(sandbox: Sandbox): Promise<Figure[]> {
    await sandbox.anchorage(["lab", "start", "--name", "rehearsal"]);
    sandbox.onClose(() => sandbox.anchorage(["lab", "reset", "--name", "rehearsal", "--yes"]));
    const up = (): Promise<object> => sandbox.anchorage(["up", ...stack, "--yes"]);
    const destroy = async (): Promise<void> => {
        await sandbox.anchorage(["destroy", ...stack, "--unprotect", "--yes"]);
    };
    const { outputs } = (await up()) as { readonly outputs: StackOutputs };
    const { namespace, release } = outputs;
    const charts = path.join(sandbox.home, "labs/rehearsal/charts");
    const byHand = await writeDown(sandbox, {
        kubeconfig: outputs.cluster.kubeconfig ?? "",
        namespace,
        kinds: [
            ...["secrets", "configmaps", "serviceaccounts", "persistentvolumeclaims", "poddisruptionbudgets"],
            ...["clusters.postgresql.cnpg.io", "redisreplications.redis.redis.opstreelabs.in"],
            ...["gateways.gateway.networking.k8s.io", "httproutes.gateway.networking.k8s.io"],
            ...["envoyproxies", "clienttrafficpolicies", "backendtrafficpolicies"].map(
                (kind) => `${kind}.gateway.envoyproxy.io`,
            ),
        ],
        clusterWide: [`gatewayclass/${namespace}-envoy-gateway`],
        releases: [
            ...operators.map((id) => {
                const {
                    chart,
                    folder = chart,
                    namespace: own,
                }: { chart: string; folder?: string; namespace: string } = operatorCharts[id];
                return { name: id, namespace: own, chart: path.join(charts, folder) };
            }),
            { name: release.name, namespace, chart: path.join(projectRoot, "lab/charts/harbor") },
        ],
        waits: [
            ["--for=condition=Ready", "clusters.postgresql.cnpg.io", "--all"],
            ["--for=jsonpath={.status.masterNode}", "redisreplications.redis.redis.opstreelabs.in", "--all"],
            ["--for=condition=Programmed", "gateways.gateway.networking.k8s.io", "--all"],
        ],
    });
    await destroy();
    const pairs = await measurePairs(
        { what: "anchorage up from nothing", measure: () => timed(up), cleanUp: destroy },
        { what: "helm and kubectl", measure: () => timed(byHand.up), cleanUp: byHand.down },
        3,
    );
    return [
        {
            name: "`up` of stack public-ha in a lab, from nothing to all Ready",
            unit: "s",
            subject: pairs.subject,
            peer: { what: "the same releases and objects by `helm` and `kubectl`", spread: pairs.peer },
            ratio: pairs.ratio,
            limit: { of: "ratio", most: 1.5 },
        },
    ];
}
