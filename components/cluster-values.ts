/**
 * KinD's configuration of a cluster (https://kind.sigs.k8s.io/docs/user/configuration): one control plane, `workers`
 * workers. As JSON, which is YAML: to load a writer of YAML takes 70 ms of every preview.
 */
export function kindConfiguration(workers: number, image: string): string {
    const roles = ["control-plane", ...Array.from({ length: workers }, () => "worker")];
    return JSON.stringify({
        kind: "Cluster",
        apiVersion: "kind.x-k8s.io/v1alpha4",
        nodes: roles.map((role) => ({ role, image })),
    });
}
