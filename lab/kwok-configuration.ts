import { stringify } from "yaml";

/** The ports that kwokctl would otherwise choose by itself; see {@link freePorts} for why it must not. */
export const portOptions = [
    "etcdPort",
    "etcdPeerPort",
    "kubeApiserverPort",
    "kubeControllerManagerPort",
    "kubeSchedulerPort",
    "kwokControllerPort",
] as const;

/** What `kwokctl create cluster --config` gets: what its flags do not say. `ports` in the order of {@link portOptions}. */
export function kwokConfiguration(name: string, ports: readonly number[]): string {
    return stringify({
        apiVersion: "config.kwok.x-k8s.io/v1alpha1",
        kind: "KwokctlConfiguration",
        metadata: { name },
        options: {
            runtime: "binary",
            // Stages are objects in the cluster, so that more can join while it runs.
            enableCRDs: ["Stage"],
            // kwokctl's own default is every interface, and its etcd asks nobody for a password.
            bindAddress: "127.0.0.1",
            ...Object.fromEntries(portOptions.map((option, index) => [option, ports[index]])),
        },
    });
}
