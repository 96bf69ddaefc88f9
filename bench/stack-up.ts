import path from "node:path";
import type { StackOutputs } from "../config/contract";
import { projectRoot } from "../lib/home";
import { writeDown } from "./by-hand";
import { measurePairs, pairsOf, timed, type Figure } from "./harness";
import type { Sandbox } from "./sandbox";

const stack = ["--stack", "lab", "--engine", "rehearsal"];

/**
 * The stack `lab` from nothing by the rehearsal engine against the same objects by `kubectl apply` and `helm install`,
 * on the same lab; and each once more on what it made.
 */
export async function stackUp(sandbox: Sandbox): Promise<Figure[]> {
    await sandbox.anchorage(["lab", "start"]);
    sandbox.onClose(() => sandbox.anchorage(["lab", "reset", "--yes"]));
    const up = (): Promise<object> => sandbox.anchorage(["up", ...stack, "--yes"]);
    const destroy = async (): Promise<void> => {
        await sandbox.anchorage(["destroy", ...stack, "--unprotect", "--yes"]);
    };

    const { outputs } = (await up()) as { readonly outputs: StackOutputs };
    const { namespace } = outputs;
    const byHand = await writeDown(sandbox, {
        kubeconfig: outputs.cluster.kubeconfig ?? "",
        namespace,
        kinds: ["secrets", "configmaps", "serviceaccounts", "persistentvolumeclaims"],
        clusterWide: [],
        releases: [{ name: outputs.release.name, namespace, chart: path.join(projectRoot, "lab/charts/harbor") }],
        waits: [],
    });

    // What is up is brought up once more before it is taken down: the same pairs give both figures.
    const unchanged: number[] = [];
    const unchangedByHand: number[] = [];
    await destroy();
    const fresh = await measurePairs(
        {
            what: "anchorage up from nothing",
            measure: () => timed(up),
            cleanUp: async () => {
                unchanged.push(await timed(up));
                await destroy();
            },
        },
        {
            what: "kubectl apply + helm install",
            measure: () => timed(byHand.up),
            cleanUp: async () => {
                unchangedByHand.push(await timed(byHand.up));
                await byHand.down();
            },
        },
        5,
    );
    const again = pairsOf(unchanged, unchangedByHand);
    return [
        {
            name: "`up` of stack lab from nothing, rehearsal engine",
            unit: "s",
            subject: fresh.subject,
            peer: { what: "the same objects by `kubectl apply` + `helm install --wait`", spread: fresh.peer },
            ratio: fresh.ratio,
            limit: { of: "ratio", most: 1.5 },
        },
        {
            name: "`up` of the unchanged stack",
            unit: "s",
            subject: again.subject,
            peer: { what: "`kubectl apply` + `helm upgrade --install --wait` once more", spread: again.peer },
            ratio: again.ratio,
            limit: { of: "value", most: 5 },
        },
    ];
}
