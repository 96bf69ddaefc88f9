import { stringify } from "yaml";

/** KinD's configuration of a cluster (https://kind.sigs.k8s.io/docs/user/configuration): one control plane, `workers` workers. */
export function kindConfiguration(workers: number, image: string): string {
    const roles = ["control-plane", ...Array.from({ length: workers }, () => "worker")];
    return stringify({
        kind: "Cluster",
        apiVersion: "kind.x-k8s.io/v1alpha4",
        nodes: roles.map((role) => ({ role, image })),
    });
}
