import { alive, patchOf, type Stage } from "./stage";

/** The address that every LoadBalancer Service gets. Nothing answers there: a simulated cluster has no data path. */
export const loadBalancerAddress = "127.0.0.1";

/** What a cloud and an ingress controller would do. */
export const addressStages: readonly Stage[] = [
    {
        name: "service-load-balancer",
        apiVersion: "v1",
        kind: "Service",
        when: [
            alive,
            "self.spec.type == 'LoadBalancer'",
            "!has(self.status.loadBalancer) || !has(self.status.loadBalancer.ingress)",
        ],
        steps: [patchOf("status", ["loadBalancer:", "  ingress:", `  - ip: ${loadBalancerAddress}`])],
    },
    {
        name: "ingress-address",
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        when: [alive, "!has(self.status.loadBalancer) || !has(self.status.loadBalancer.ingress)"],
        steps: [patchOf("status", ["loadBalancer:", "  ingress:", `  - ip: ${loadBalancerAddress}`])],
    },
];
