import { hasKubernetesRange, kubernetesMinor, unsupportedOn } from "../config/kubernetes-range";
import type { ClusterOutput } from "../config/contract";
import type { Settings } from "../config/schema";
import { messageOf, UserError } from "../lib/errors";
import { ExecFailure } from "../lib/exec";
import { readLabEndpoints } from "../lib/lab-endpoints";
import type { Context, StackOptions } from "./context";

/** What a cluster that exists says of itself. */
export interface LiveKubernetes {
    /** Sentences on why nothing may be installed there. */
    readonly refusals: readonly string[];
    readonly warnings: readonly string[];
}

type Doors = Pick<Context, "exec" | "kubectl" | "signal" | "projectRoot">;

const nothing: LiveKubernetes = { refusals: [], warnings: [] };

/** Seconds that a cluster may take to say its version. */
const patience = 10;

/**
 * Asks the stack's cluster for its version, and compares it with what the operators' makers support. Refused is only a
 * cluster of the user's own: the operators of a lab are simulated, and a KinD cluster may be about to be replaced, for
 * the version of its nodes is a setting (config/checks/operators.ts).
 */
export async function checkLiveKubernetes(
    settings: Settings,
    { lab }: Pick<StackOptions, "lab">,
    context: Doors,
): Promise<LiveKubernetes> {
    // A stack that lives in a lab is for no other cluster.
    if ((lab === undefined && settings.cluster.kind === "lab") || !hasKubernetesRange(settings)) return nothing;
    const cluster = lab === undefined ? settings.cluster : ({ kind: "lab", name: lab } as const);
    const door = await doorTo(cluster);
    const title = titleOf(cluster);
    if (door === undefined) return nothing;
    const answer = await versionOf(door, context);
    if ("why" in answer) {
        // There is none before the first update makes it.
        if (cluster.kind === "kind") return nothing;
        return {
            ...nothing,
            warnings: [
                `the Kubernetes of ${title} is not checked against the operators': it did not say its version (${answer.why})`,
            ],
        };
    }
    const { version } = answer;
    const unsupported = unsupportedOn(version, settings).map((why) => `${title} is Kubernetes ${version}, but ${why}`);
    switch (cluster.kind) {
        case "kubeconfig":
            return {
                ...nothing,
                refusals: unsupported.map(
                    (sentence) =>
                        `${sentence}: choose another cluster by cluster.context, upgrade this one, or set ` +
                        "operators.<name>.installed to true where it has the operator in another version",
                ),
            };
        case "lab":
            return {
                ...nothing,
                warnings: unsupported.map(
                    (sentence) => `${sentence}; the lab only simulates it, a real cluster has to fit`,
                ),
            };
        case "kind":
            return {
                ...nothing,
                warnings: unsupported.map(
                    (sentence) => `${sentence}; fine where this update replaces it by cluster.image`,
                ),
            };
    }
}

/**
 * Minor version of the stack's cluster, such as 1.34.
 * @returns undefined where it does not say it: an upgrade waits for the cluster anyway
 */
export async function liveKubernetesMinor(
    settings: Settings,
    { lab }: Pick<StackOptions, "lab">,
    context: Doors,
): Promise<string | undefined> {
    const door = await doorTo(lab === undefined ? settings.cluster : { kind: "lab", name: lab });
    if (door === undefined) return undefined;
    const answer = await versionOf(door, context);
    return "version" in answer ? answer.version : undefined;
}

type Asked = Settings["cluster"] | { readonly kind: "lab"; readonly name: string };

interface Door {
    /** Flags of kubectl. */
    readonly flags: readonly string[];
    readonly cluster: ClusterOutput;
}

/** How to ask; undefined for a lab that was never started, of which the engine says what to do. */
async function doorTo(cluster: Asked): Promise<Door | undefined> {
    switch (cluster.kind) {
        case "lab":
            try {
                const { kubeconfig, context } = await readLabEndpoints(cluster.name);
                return door({ kind: "lab", name: cluster.name, context, kubeconfig });
            } catch (error) {
                if (error instanceof UserError) return undefined;
                throw error;
            }
        case "kind":
            return door({ kind: "kind", name: cluster.name, context: `kind-${cluster.name}` });
        case "kubeconfig": {
            const { path, context = "" } = cluster;
            return door({
                kind: "kubeconfig",
                name: context,
                context,
                ...(path === undefined ? {} : { kubeconfig: path }),
            });
        }
    }
}

function door(cluster: ClusterOutput): Door {
    const { kubeconfig, context } = cluster;
    return {
        cluster,
        flags: [
            ...(kubeconfig === undefined ? [] : ["--kubeconfig", kubeconfig]),
            ...(context === "" ? [] : ["--context", context]),
        ],
    };
}

function titleOf(cluster: Asked): string {
    switch (cluster.kind) {
        case "lab":
            return `lab ${cluster.name}`;
        case "kind":
            return `KinD cluster ${cluster.name}`;
        case "kubeconfig":
            return cluster.context === undefined ? "the kubeconfig's current cluster" : `cluster ${cluster.context}`;
    }
}

async function versionOf(
    { flags, cluster }: Door,
    { exec, kubectl, signal, projectRoot }: Doors,
): Promise<{ readonly version: string } | { readonly why: string }> {
    try {
        const args = [...flags, "version", "-o", "json", `--request-timeout=${String(patience)}s`];
        const { stdout } = await exec(await kubectl(cluster), args, {
            cwd: projectRoot,
            signal,
            timeoutMs: 2_000 * patience,
        });
        const { serverVersion } = JSON.parse(stdout) as { serverVersion?: { gitVersion?: string } };
        const version = kubernetesMinor(serverVersion?.gitVersion ?? "");
        return version === undefined ? { why: "kubectl version has no version of a server" } : { version };
    } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof ExecFailure || error instanceof SyntaxError)) throw error;
        const said = error instanceof ExecFailure ? error.stderr.trim().split("\n").at(-1) : undefined;
        return { why: said === undefined || said === "" ? messageOf(error) : said };
    }
}
