import type { DefinitionSet } from "../custom-resources/catalogue";

/**
 * What the contract chart of an operator has in common with the real one, beside its name, its version and its keys
 * (lab/charts/operator/keys). Paths of values are those of the real chart.
 */
export interface OperatorFacts {
    /** Of the definitions that the chart installs; none for a controller of Kubernetes' own kinds. */
    readonly definitions: readonly DefinitionSet[];
    /** The value that says whether they are made, and whether they are where it is not set. @default always */
    readonly definitionsWhen?: { readonly value: string; readonly unset: boolean };
    /** What stands behind the release's name in the names of its objects. */
    readonly suffix?: string;
    /** @default the chart has one pod and no such value */
    readonly replicas?: string;
    readonly resources: string;
    /** Fields of the pod, each with its value. */
    readonly pod: Readonly<Record<string, string>>;
    readonly service: Service;
    readonly ingressClass?: {
        readonly controller: string;
        readonly when: string;
        readonly name: string;
        readonly defaultName: string;
        readonly isDefault: string;
        readonly defaultIsDefault: boolean;
    };
}

interface Service {
    readonly type: "ClusterIP" | "LoadBalancer";
    readonly ports: readonly { readonly name: string; readonly port: number }[];
}

/** Ids as in the settings `operators`. */
export type Operator = keyof typeof operatorFacts;

const metrics: Service = { type: "ClusterIP", ports: [{ name: "metrics", port: 8080 }] };
const web: Service = {
    type: "LoadBalancer",
    ports: [
        { name: "http", port: 80 },
        { name: "https", port: 443 },
    ],
};

/** Where a chart has these values at its top. */
const pod = {
    priorityClassName: "priorityClassName",
    nodeSelector: "nodeSelector",
    affinity: "affinity",
    tolerations: "tolerations",
};

export const operatorFacts = {
    "cert-manager": {
        definitions: ["cert-manager"],
        definitionsWhen: { value: "crds.enabled", unset: false },
        replicas: "replicaCount",
        resources: "resources",
        pod: {
            ...pod,
            priorityClassName: "global.priorityClassName",
            topologySpreadConstraints: "topologySpreadConstraints",
        },
        service: metrics,
    },
    "ingress-nginx": {
        definitions: [],
        suffix: "-controller",
        replicas: "controller.replicaCount",
        resources: "controller.resources",
        pod: {
            priorityClassName: "controller.priorityClassName",
            nodeSelector: "controller.nodeSelector",
            affinity: "controller.affinity",
            tolerations: "controller.tolerations",
            topologySpreadConstraints: "controller.topologySpreadConstraints",
        },
        service: web,
        ingressClass: {
            controller: "k8s.io/ingress-nginx",
            when: "controller.ingressClassResource.enabled",
            name: "controller.ingressClassResource.name",
            defaultName: "nginx",
            isDefault: "controller.ingressClassResource.default",
            defaultIsDefault: false,
        },
    },
    "envoy-gateway": {
        definitions: ["gateway-api", "envoy-gateway"],
        definitionsWhen: { value: "crds.enabled", unset: true },
        replicas: "deployment.replicas",
        resources: "deployment.envoyGateway.resources",
        pod: {
            priorityClassName: "deployment.priorityClassName",
            nodeSelector: "deployment.pod.nodeSelector",
            affinity: "deployment.pod.affinity",
            tolerations: "deployment.pod.tolerations",
            topologySpreadConstraints: "deployment.pod.topologySpreadConstraints",
        },
        service: { type: "ClusterIP", ports: [{ name: "grpc", port: 18_000 }] },
    },
    traefik: {
        definitions: ["gateway-api", "traefik"],
        replicas: "deployment.replicas",
        resources: "resources",
        pod: { ...pod, topologySpreadConstraints: "topologySpreadConstraints" },
        service: web,
        ingressClass: {
            controller: "traefik.io/ingress-controller",
            when: "ingressClass.enabled",
            name: "ingressClass.name",
            defaultName: "traefik",
            isDefault: "ingressClass.isDefaultClass",
            defaultIsDefault: true,
        },
    },
    "cloudnative-pg": {
        definitions: ["cloudnative-pg"],
        definitionsWhen: { value: "crds.create", unset: true },
        replicas: "replicaCount",
        resources: "resources",
        pod: { ...pod, topologySpreadConstraints: "topologySpreadConstraints" },
        service: metrics,
    },
    zalando: {
        definitions: ["zalando"],
        resources: "resources",
        pod,
        service: metrics,
    },
    "redis-ot": {
        definitions: ["redis-ot"],
        replicas: "replicas",
        resources: "resources",
        pod,
        service: metrics,
    },
    "redis-spotahome": {
        definitions: ["redis-spotahome"],
        replicas: "replicas",
        resources: "resources",
        pod,
        service: metrics,
    },
    velero: {
        definitions: ["velero"],
        resources: "resources",
        pod,
        service: { type: "ClusterIP", ports: [{ name: "http-monitoring", port: 8085 }] },
    },
} as const satisfies Readonly<Record<string, OperatorFacts>>;

export const operatorNames = Object.keys(operatorFacts) as readonly Operator[];
