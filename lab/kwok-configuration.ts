import { parse, stringify } from "yaml";
import type { Component } from "./components";

/** The ports that kwokctl would otherwise choose by itself; why it must not: lib/ports.ts. */
export const portOptions = [
    "etcdPort",
    "etcdPeerPort",
    "kubeApiserverPort",
    "kubeControllerManagerPort",
    "kubeSchedulerPort",
    "kwokControllerPort",
] as const;

/** Admission plugins that ask somebody else. */
const webhooks = "MutatingAdmissionWebhook,ValidatingAdmissionWebhook";

/** What `kwokctl create cluster --config` gets: what its flags do not say. `ports` in the order of {@link portOptions}. */
export function kwokConfiguration(name: string, ports: readonly number[]): string {
    return stringify({
        apiVersion: "config.kwok.x-k8s.io/v1alpha1",
        kind: "KwokctlConfiguration",
        metadata: { name },
        options: {
            runtime: "binary",
            // Objects in the cluster, so that more can join while it runs.
            enableCRDs: ["Stage", "Exec", "Logs"],
            // kwokctl's own default is every interface, and its etcd asks nobody for a password.
            bindAddress: "127.0.0.1",
            ...Object.fromEntries(portOptions.map((option, index) => [option, ports[index]])),
        },
        // There is one of each: a lease would only make them begin later, and cost a write each half second.
        // etcd need not outlive the machine's power, and a slow disk makes it wait for each of a thousand writes.
        componentsPatches: [
            ...["kube-controller-manager", "kube-scheduler"].map((component) => ({
                name: component,
                extraArgs: [{ key: "leader-elect", value: "false" }],
            })),
            { name: "etcd", extraArgs: [{ key: "unsafe-no-fsync", value: "true" }] },
            {
                name: "kube-apiserver",
                extraArgs: [
                    // Who would answer is a simulated pod: a real operator's chart would refuse every object of its own kinds.
                    { key: "disable-admission-plugins", value: webhooks },
                    // A node's name, which it would take first, is in no DNS.
                    { key: "kubelet-preferred-address-types", value: "InternalIP" },
                ],
            },
        ],
    });
}

const addresses = {
    etcd: ["http", "etcdPort"],
    "kube-apiserver": ["https", "kubeApiserverPort"],
    "kube-controller-manager": ["https", "kubeControllerManagerPort"],
    "kube-scheduler": ["https", "kubeSchedulerPort"],
    "kwok-controller": ["http", "kwokControllerPort"],
} as const satisfies Record<Component, readonly [string, (typeof portOptions)[number]]>;

/** Where a component listens, from the text that {@link kwokConfiguration} made; undefined where it does not say. */
export function componentAddress(configuration: string, component: Component): string | undefined {
    const { options } = parse(configuration) as { options: Partial<Record<(typeof portOptions)[number], number>> };
    const [scheme, option] = addresses[component];
    const port = options[option];
    return port === undefined ? undefined : `${scheme}://127.0.0.1:${String(port)}`;
}
