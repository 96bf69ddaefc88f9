import { migrator, writers } from "./workloads";

/** What Velero changes of the objects on their way into the cluster, and what it leaves out. Pure. */

/** A "resource modifier" of Velero 1.14 and newer: the value of a ConfigMap's only key, as YAML or JSON. */
export interface ModifierRules {
    readonly version: "v1";
    readonly resourceModifierRules: readonly object[];
}

/** @param copy whether the objects go into a namespace of their own, beside the registry that they come from */
export function modifierRules(release: string, copy: boolean): ModifierRules {
    return { version: "v1", resourceModifierRules: [held(release), ...(copy ? [ownVolumes, ...hiddenServices] : [])] };
}

/**
 * Of a registry that moves into another cluster, whose stack has made all that is its own: what is there stays. Addresses,
 * databases and volumes are the target's, and so is the Helm release's record: the newest one of the source's would be
 * taken for its own.
 */
export function movedObjects(
    release: string,
    volumes: "none" | "files" | "snapshots",
): {
    readonly existing: "none";
    readonly excludedResources: readonly string[];
    readonly selector: object;
    readonly modifier: ModifierRules;
} {
    return {
        existing: "none",
        excludedResources: [...madeAnew, ...notInCopy, ...(volumes === "files" ? [] : ["pods"])],
        selector: {
            matchExpressions: [...ofOthers, { key: "owner", operator: "NotIn", values: ["helm"] }],
        },
        modifier: { version: "v1", resourceModifierRules: [held(release), ownVolumes] },
    };
}

/** Harbor's own Deployments arrive paused: none of their pods runs before the database and the blobs are back. */
function held(release: string): object {
    return {
        conditions: {
            groupResource: "deployments.apps",
            labelSelector: {
                matchLabels: { app: "harbor", release },
                matchExpressions: [{ key: "component", operator: "In", values: [...writers] }],
            },
        },
        ...mergePatch({ spec: { paused: true } }),
    };
}

/** A claim of a copy gets a volume of its own: the one that it names is in use. */
const ownVolumes: object = {
    conditions: { groupResource: "persistentvolumeclaims" },
    ...mergePatch({ spec: { volumeName: null } }),
};

/** A copy has no address outside of the cluster: such a Service leads nowhere there, and nobody uses it. */
const hiddenServices: readonly object[] = ["LoadBalancer", "NodePort"].map((type) => ({
    conditions: { groupResource: "services", matches: [{ path: "/spec/type", value: type }] },
    ...mergePatch({
        spec: {
            type: "ClusterIP",
            ports: [{ name: "http", port: 80 }],
            selector: null,
            allocateLoadBalancerNodePorts: null,
            externalTrafficPolicy: null,
            healthCheckNodePort: null,
            loadBalancerClass: null,
            loadBalancerIP: null,
            loadBalancerSourceRanges: null,
        },
    }),
}));

function mergePatch(patch: object): { readonly mergePatches: readonly { readonly patchData: string }[] } {
    return { mergePatches: [{ patchData: JSON.stringify(patch) }] };
}

/** What controllers make anew from what is restored. Pods come first in a restore, and would run before they may. */
const madeAnew = ["replicasets.apps", "endpoints", "endpointslices.discovery.k8s.io", "events", "events.events.k8s.io"];

/** What makes a registry seen from outside, or would act on what is not the copy's own. */
const notInCopy = [
    "ingresses.networking.k8s.io",
    "gateways.gateway.networking.k8s.io",
    "httproutes.gateway.networking.k8s.io",
    "tlsroutes.gateway.networking.k8s.io",
    "tcproutes.gateway.networking.k8s.io",
    "certificates.cert-manager.io",
    "certificaterequests.cert-manager.io",
    "orders.acme.cert-manager.io",
    "challenges.acme.cert-manager.io",
    "persistentvolumes",
    // The copy's database is a scratch one on the server that there is.
    "clusters.postgresql.cnpg.io",
    "scheduledbackups.postgresql.cnpg.io",
    "backups.postgresql.cnpg.io",
    "poolers.postgresql.cnpg.io",
    "postgresqls.acid.zalan.do",
    "cronjobs.batch",
    "jobs.batch",
    "servicemonitors.monitoring.coreos.com",
    "prometheusrules.monitoring.coreos.com",
];

/**
 * Kinds that are not restored.
 * @param volumes files of volumes are put back through their pods, so these have to come
 */
export function excludedKinds(volumes: "none" | "files" | "snapshots", copy: boolean): readonly string[] {
    return [...madeAnew, ...(volumes === "files" && !copy ? [] : ["pods"]), ...(copy ? notInCopy : [])];
}

/**
 * Objects of PostgreSQL's operators come from the operator, made anew for the cluster's object that is restored: volumes
 * of an instance without their operator's own backup would not be taken by it, or hold another content than the dump.
 * Velero leaves out Jobs and pods that are complete, but not those that failed.
 */
const ofOthers: readonly object[] = [
    { key: "cnpg.io/cluster", operator: "DoesNotExist" },
    { key: "application", operator: "NotIn", values: ["spilo"] },
    { key: "app.kubernetes.io/component", operator: "NotIn", values: ["database-client"] },
    // A Job that had failed would begin anew, with the version that it was of.
    { key: "component", operator: "NotIn", values: [migrator] },
];

export const restoredObjects: object = { matchExpressions: ofOthers };
