import { measurePairs, timed, type Figure } from "./harness";
import { BareCluster, type Sandbox } from "./sandbox";

/**
 * A lab from nothing with its binaries in the cache: cluster, nodes, storage, S3; against the bare cluster that
 * kwokctl makes of the same binaries. Each in a process of its own, until the API server answers.
 */
export async function labStart(sandbox: Sandbox): Promise<Figure[]> {
    const lab = ["--name", "bench-start"];
    const bare = new BareCluster(sandbox, "bench-bare");
    const reset = async (): Promise<void> => {
        await sandbox.anchorage(["lab", "reset", ...lab, "--yes"]);
    };
    sandbox.onClose(reset);
    const pairs = await measurePairs(
        {
            what: "anchorage lab start",
            measure: () => timed(() => sandbox.anchorage(["lab", "start", ...lab])),
            cleanUp: reset,
        },
        {
            what: "kwokctl create cluster",
            measure: () => timed(() => bare.create()),
            cleanUp: () => bare.delete(),
        },
        5,
    );
    return [
        {
            name: "lab from nothing, binaries cached",
            unit: "s",
            subject: pairs.subject,
            peer: { what: "bare `kwokctl create cluster`", spread: pairs.peer },
            ratio: pairs.ratio,
            limit: { of: "ratio", most: 1.3 },
        },
    ];
}
