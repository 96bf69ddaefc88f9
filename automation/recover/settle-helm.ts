import type { ClusterOutput, ReleaseOutput } from "../../config/contract";
import { kubectlFlags } from "../cluster-access";
import type { Context } from "../context";
import type { Outputs } from "../engine";
import { takeFailedForDeployed } from "./helm-release";

/** What a release that failed had added goes with the next update. @param outputs of the last one, whole or in part */
export async function settleHelm(outputs: Outputs, context: Context): Promise<void> {
    const valueOf = (name: string): unknown => outputs[name]?.value;
    const release = valueOf("release") as ReleaseOutput | undefined;
    const cluster = valueOf("cluster") as ClusterOutput | undefined;
    const namespace = valueOf("namespace") as string | undefined;
    // Of a first update that failed, only some may be there.
    if (release === undefined || cluster === undefined || namespace === undefined) return;
    const kubectl = await context.kubectl(cluster);
    const flags = [...kubectlFlags({ cluster }), "-n", namespace];
    const { exec, signal } = context;
    await takeFailedForDeployed(
        {
            kubectl: async (_what, args, input) =>
                (await exec(kubectl, [...flags, ...args], { signal, ...(input === undefined ? {} : { input }) }))
                    .stdout,
        },
        release.name,
    );
}
