import type { StackOutputs } from "../config/contract";
import { UserError } from "../lib/errors";
import { ExecFailure, type Exec } from "../lib/exec";
import { labCommand } from "../lib/lab-commands";
import { readLabEndpoints, readLabHarbor } from "../lib/lab-endpoints";
import { waitFor } from "../lib/wait";

/**
 * How a command reaches the stack's cluster: the flags that go to kubectl, and the same as a person types
 * them. The lab's kubectl is not on PATH, so its path is given by {@link kubectlPath}.
 */
export function kubectlFlags({ cluster }: Pick<StackOutputs, "cluster">): string[] {
    return [
        ...(cluster.kubeconfig === undefined ? [] : ["--kubeconfig", cluster.kubeconfig]),
        "--context",
        cluster.context,
    ];
}

/** What a question to the cluster needs. */
export interface ClusterDoor {
    readonly exec: Exec;
    /** Path or name of kubectl. */
    readonly kubectl: string;
    readonly signal: AbortSignal;
}

/**
 * Asks the stack's cluster. @param what as in "cannot read ..."
 * @returns what kubectl printed @throws UserError where the cluster does not answer, or has no such thing
 */
export async function askCluster(
    outputs: StackOutputs,
    { exec, kubectl, signal }: ClusterDoor,
    what: string,
    args: readonly string[],
): Promise<string> {
    const flags = kubectlFlags(outputs);
    try {
        return (await exec(kubectl, [...flags, "-n", outputs.namespace, ...args], { signal })).stdout;
    } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof ExecFailure)) throw error;
        const { cluster } = outputs;
        throw new UserError(`cannot read ${what}`, {
            details: [error.stderr.trim().split("\n").at(-1) ?? error.message],
            next: [
                cluster.kind === "lab"
                    ? `${labCommand("start", cluster.name)} brings the lab back, if it was stopped`
                    : `kubectl ${flags.join(" ")} get nodes shows whether the cluster answers`,
            ],
            cause: error,
        });
    }
}

/** The command that prints the administrator's password; never run by us. */
export function passwordCommand(outputs: StackOutputs): string {
    const { admin, namespace } = outputs;
    // go-template, since base64 -d is spelled differently on each system.
    return (
        `kubectl ${kubectlFlags(outputs).join(" ")} -n ${namespace} get secret ${admin.secretName} ` +
        `-o go-template='{{index .data "${admin.secretKey}" | base64decode}}'`
    );
}

/** The command that makes the registry reachable on this machine; undefined where clients reach it without. */
export function portForwardArguments(outputs: StackOutputs): string[] | undefined {
    const { exposure, namespace } = outputs;
    if (exposure.kind !== "clusterIP") return undefined;
    return [
        ...kubectlFlags(outputs),
        "-n",
        namespace,
        "port-forward",
        `service/${exposure.service}`,
        `${String(exposure.localPort)}:${String(exposure.servicePort)}`,
    ];
}

/** Where the DNS record of the registry's name has to lead to; undefined for a port-forward, which needs none. */
export function dnsAdvice(outputs: StackOutputs): string | undefined {
    const { exposure, namespace } = outputs;
    switch (exposure.kind) {
        case "clusterIP":
            return undefined;
        case "nodePort":
            return `${exposure.host} leads to ${exposure.installedOn ?? "HAProxy, whose haproxy.cfg is the output exposure.configuration"}`;
        default: {
            const { resource, jsonPath } = exposure.address;
            const command = `kubectl ${kubectlFlags(outputs).join(" ")} -n ${namespace} get ${resource} -o jsonpath='${jsonPath}'`;
            return `${exposure.host} leads to: ${command}`;
        }
    }
}

/** The command that prints the CA that clients have to trust; undefined where it is one that they know. */
export function authorityCommand(outputs: StackOutputs): string | undefined {
    const { exposure, namespace } = outputs;
    if (!("caSecret" in exposure) || exposure.caSecret === undefined) return undefined;
    return (
        `kubectl ${kubectlFlags(outputs).join(" ")} -n ${namespace} get secret ${exposure.caSecret} ` +
        `-o go-template='{{index .data "ca.crt" | base64decode}}'`
    );
}

/** Why nothing answers on the registry's own address in a lab. */
export const simulatedPods =
    "the lab's pods are simulated: Harbor's objects are real, its containers do not run, so nothing answers there";

/** Milliseconds that a lab has to see a core that has just been made. */
const labSight = 5_000;

/** Where a stand-in for Harbor's core serves the stack's registry; undefined outside of a lab, and of a lab without. */
export async function labRegistry({ cluster, namespace }: StackOutputs): Promise<string | undefined> {
    if (cluster.kind !== "lab") return undefined;
    try {
        const { harbor } = await readLabEndpoints(cluster.name);
        if (harbor === undefined) return undefined;
        const own = (): Promise<string | undefined> => readLabHarbor(cluster.name, namespace);
        const what = `lab ${cluster.name} to serve namespace ${namespace}`;
        // One that it does not see has the lab's first port as soon as it is there, where no other has.
        return await waitFor(own, { what, timeoutMs: labSight, intervalMs: 100 }).catch(() => harbor.url);
    } catch (error) {
        // The record of a stack may outlive its lab.
        if (error instanceof UserError) return undefined;
        throw error;
    }
}

/** What answers on that address, and what does not. */
export function standInNote({ registryUrl }: StackOutputs): string {
    return `a stand-in for Harbor's core on the lab's S3; the pods are simulated, so nothing answers on ${registryUrl}`;
}
