import { stringify } from "yaml";

/** What `kwokctl create cluster --config` gets: what its flags do not say. */
export function kwokConfiguration(name: string): string {
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
        },
    });
}
