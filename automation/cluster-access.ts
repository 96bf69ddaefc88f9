import type { StackOutputs } from "../config/contract";

/**
 * How a command reaches the stack's cluster: the flags that go to kubectl, and the same as a person types
 * them. The lab's kubectl is not on PATH, so its path is given by {@link kubectlPath}.
 */
export function kubectlFlags({ cluster }: StackOutputs): string[] {
    return [
        ...(cluster.kubeconfig === undefined ? [] : ["--kubeconfig", cluster.kubeconfig]),
        "--context",
        cluster.context,
    ];
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

/** The command that makes the registry reachable on this machine. */
export function portForwardArguments(outputs: StackOutputs): string[] {
    const { exposure, namespace } = outputs;
    return [
        ...kubectlFlags(outputs),
        "-n",
        namespace,
        "port-forward",
        `service/${exposure.service}`,
        `${String(exposure.localPort)}:${String(exposure.servicePort)}`,
    ];
}

/** Why nothing answers on the registry's address in a lab. */
export const simulatedPods =
    "the lab's pods are simulated: Harbor's objects are real, its containers do not run, so nothing answers there";
