import { list, object, text, isObject, type Value } from "../../values";
import type { KubeObject } from "./client";

/** Whether an object is what it should become. */
export type Readiness = { readonly state: "ready" } | { readonly state: "waiting" | "failed"; readonly why: string };

/** What lies beside an object and decides on it too. */
export interface Related {
    /** The binding mode of a claim's storage class. */
    readonly bindingMode?: string;
    /** Number of ready addresses behind a Service. */
    readonly endpoints?: number;
}

const ready: Readiness = { state: "ready" };
const waiting = (why: string): Readiness => ({ state: "waiting", why });
const failed = (why: string): Readiness => ({ state: "failed", why });

/**
 * The conditions that Pulumi's provider waits for (pulumi-kubernetes, provider/pkg/await): kinds that are not
 * named here are ready as soon as they exist.
 */
export function readiness(live: KubeObject, related: Related = {}): Readiness {
    const spec = object(live, "spec");
    const status = object(live, "status");
    const observed = numberOf(status, "observedGeneration", 0) >= numberOf(object(live, "metadata"), "generation", 0);
    const replicas = numberOf(spec, "replicas", 1);
    switch (`${text(live, "apiVersion") ?? ""}/${text(live, "kind") ?? ""}`) {
        case "apps/v1/Deployment":
            return deployment(status, observed, replicas);
        case "apps/v1/StatefulSet":
            return statefulSet(spec, status, observed, replicas);
        case "apps/v1/DaemonSet": {
            const wished = numberOf(status, "desiredNumberScheduled", -1);
            const [updated, available] = [
                numberOf(status, "updatedNumberScheduled", 0),
                numberOf(status, "numberAvailable", 0),
            ];
            if (observed && updated >= wished && available >= wished && wished >= 0) return ready;
            return waiting(`${String(available)} of ${String(wished)} pods are available`);
        }
        case "batch/v1/Job": {
            if (condition(status, "Complete") === "True") return ready;
            const failure = conditionOf(status, "Failed");
            if (failure?.["status"] === "True") return failed(text(failure, "message") ?? "the job failed");
            return waiting("the job is not complete");
        }
        case "v1/Pod": {
            if (text(status, "phase") === "Succeeded" || condition(status, "Ready") === "True") return ready;
            if (text(status, "phase") === "Failed") return failed(text(status, "message") ?? "the pod failed");
            return waiting(`the pod is ${text(status, "phase") ?? "new"}`);
        }
        case "v1/PersistentVolumeClaim": {
            const phase = text(status, "phase");
            if (phase === "Bound") return ready;
            if (phase === "Lost") return failed("the claim has lost its volume");
            if (phase === "Pending" && related.bindingMode === "WaitForFirstConsumer") return ready;
            return waiting(`the claim is ${phase ?? "new"}`);
        }
        case "v1/PersistentVolume": {
            const phase = text(status, "phase");
            return phase === "Available" || phase === "Bound" ? ready : waiting(`the volume is ${phase ?? "new"}`);
        }
        case "v1/Namespace":
            return text(status, "phase") === "Active" ? ready : waiting("the namespace is not active");
        case "v1/Service":
            return service(spec, status, related);
        case "networking.k8s.io/v1/Ingress":
            return hasAddress(status) ? ready : waiting("no controller has given the ingress an address");
        case "apiextensions.k8s.io/v1/CustomResourceDefinition": {
            const refused = conditionOf(status, "NamesAccepted");
            if (refused?.["status"] === "False") return failed(text(refused, "message") ?? "its names are taken");
            return condition(status, "Established") === "True" ? ready : waiting("the definition is not established");
        }
        default:
            return ready;
    }
}

function deployment(status: KubeObject, observed: boolean, replicas: number): Readiness {
    const progress = conditionOf(status, "Progressing");
    if (observed && text(progress, "reason") === "ProgressDeadlineExceeded") {
        return failed(text(progress, "message") ?? "it did not progress in time");
    }
    const updated = numberOf(status, "updatedReplicas", 0);
    const available = numberOf(status, "availableReplicas", 0);
    const total = numberOf(status, "replicas", 0);
    const done = observed && updated >= replicas && available >= replicas && total <= updated;
    if (done && condition(status, "Available") === "True") return ready;
    return waiting(`${String(available)} of ${String(replicas)} replicas are available`);
}

function statefulSet(spec: KubeObject, status: KubeObject, observed: boolean, replicas: number): Readiness {
    const readyReplicas = numberOf(status, "readyReplicas", 0);
    const rolling = text(object(spec, "updateStrategy"), "type") !== "OnDelete";
    const updated = !rolling || text(status, "updateRevision") === text(status, "currentRevision");
    if (observed && updated && numberOf(status, "replicas", 0) === replicas && readyReplicas >= replicas) return ready;
    return waiting(`${String(readyReplicas)} of ${String(replicas)} replicas are ready`);
}

function service(spec: KubeObject, status: KubeObject, { endpoints }: Related): Readiness {
    const type = text(spec, "type") ?? "ClusterIP";
    if (type === "ExternalName") return ready;
    if (type === "LoadBalancer" && !hasAddress(status)) return waiting("the service has no load balancer address");
    if (!needsEndpoints(spec) || (endpoints ?? 0) > 0) return ready;
    return waiting("no ready pod is behind the service");
}

/** A service that selects pods waits for one; a headless one does not. */
export function needsEndpoints(spec: KubeObject): boolean {
    const selects = Object.keys(object(spec, "selector")).length > 0;
    return selects && text(spec, "clusterIP") !== "None" && text(spec, "type") !== "ExternalName";
}

function hasAddress(status: KubeObject): boolean {
    return list(object(status, "loadBalancer"), "ingress").length > 0;
}

function conditionOf(status: KubeObject, type: string): KubeObject | undefined {
    return list(status, "conditions")
        .filter(isObject)
        .find((item) => item["type"] === type);
}

function condition(status: KubeObject, type: string): string | undefined {
    return text(conditionOf(status, type), "status");
}

function numberOf(from: KubeObject, key: string, otherwise: number): number {
    const value = from[key];
    return typeof value === "number" ? value : otherwise;
}

/**
 * The annotation pulumi.com/waitFor: `jsonpath={.status.phase}=Running`, `jsonpath={.status.ip}` (anything),
 * `condition=Ready`, `condition=Ready=False`, or a JSON array of these, all of which must hold.
 */
export function waitForMet(expression: string, live: KubeObject): Readiness {
    const parts = expression.trimStart().startsWith("[") ? (JSON.parse(expression) as string[]) : [expression];
    for (const part of parts) {
        const wanted = /^condition=([^=]+)(?:=(.+))?$/.exec(part);
        if (wanted) {
            const is = condition(object(live, "status"), wanted[1] ?? "");
            if (is?.toLowerCase() !== (wanted[2] ?? "True").toLowerCase()) return waiting(part);
            continue;
        }
        const path = /^jsonpath=\{?\.?([^}=]*)\}?(?:=(.*))?$/.exec(part);
        if (!path)
            return failed(`"${part}" in the annotation pulumi.com/waitFor is neither a jsonpath nor a condition`);
        const value = at(live, path[1] ?? "");
        if (value === undefined || (path[2] !== undefined && scalar(value) !== path[2])) return waiting(part);
    }
    return ready;
}

function at(root: Value, path: string): Value | undefined {
    let value: Value | undefined = root;
    for (const step of path.split(/[.[\]]+/).filter((part) => part !== "")) {
        value = Array.isArray(value) ? value[Number(step)] : isObject(value) ? value[step] : undefined;
    }
    return value;
}

function scalar(value: Value): string {
    return typeof value === "string" ? value : JSON.stringify(value);
}
