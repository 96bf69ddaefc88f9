import { exec } from "../../lib/exec";
import type { LabEndpoints } from "../../lib/home";

/** Kinds that controllers make, not programs; and the cluster's own. */
const notOurs = new Set([
    "bindings",
    "controllerrevisions.apps",
    "endpoints",
    "endpointslices.discovery.k8s.io",
    "events",
    "events.events.k8s.io",
    "leases.coordination.k8s.io",
    "localsubjectaccessreviews.authorization.k8s.io",
    "pods",
    "podtemplates",
    "replicasets.apps",
]);

/** Fields that the API server or a controller fills, different in each run. */
const generatedMetadata = new Set(["creationTimestamp", "generation", "managedFields", "resourceVersion", "uid"]);
const generatedSpec = new Set(["clusterIP", "clusterIPs", "volumeName", "healthCheckNodePort"]);

interface LiveObject {
    readonly kind: string;
    readonly metadata: Readonly<Record<string, unknown>> & { readonly name: string };
    readonly [field: string]: unknown;
}

/** Everything that stands in a namespace, as a program wrote it: without status and what the cluster filled in. */
export async function objectsOf(lab: LabEndpoints, namespace: string): Promise<unknown[]> {
    const kubectl = async (...args: string[]): Promise<string> => {
        const login = ["--kubeconfig", lab.kubeconfig, "--context", lab.context];
        return (await exec(lab.tools.kubectl, [...login, ...args])).stdout;
    };
    const kinds = (await kubectl("api-resources", "--namespaced", "--verbs=list", "--output=name"))
        .split("\n")
        .filter((kind) => kind !== "" && !notOurs.has(kind));
    const list = await kubectl("get", kinds.join(","), "--namespace", namespace, "--output=json");
    return (JSON.parse(list) as { items: LiveObject[] }).items
        .filter(({ kind, metadata }) => !isClusterOwn(kind, metadata.name))
        .map(written)
        .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** What every namespace has. */
function isClusterOwn(kind: string, name: string): boolean {
    return (kind === "ConfigMap" && name === "kube-root-ca.crt") || (kind === "ServiceAccount" && name === "default");
}

function written(object: LiveObject): LiveObject {
    const { kind, metadata, data, spec, ...rest } = without(object, new Set(["status"])) as LiveObject;
    const kept = without(metadata, generatedMetadata);
    return {
        kind,
        metadata: { ...kept, name: metadata.name, annotations: annotationsOf(metadata["annotations"]) },
        ...(spec === undefined ? {} : { spec: withoutNodePorts(without(spec ?? {}, generatedSpec)) }),
        // The keys alone of a Secret: its values are made anew, and nobody's business.
        ...(data === undefined ? {} : { data: kind === "Secret" ? Object.keys(data as object).sort() : data }),
        ...rest,
    };
}

/** Without those of controllers. */
function annotationsOf(annotations: unknown): Record<string, unknown> {
    return without(annotations ?? {}, new Set(["deployment.kubernetes.io/revision"]));
}

function withoutNodePorts(spec: Record<string, unknown>): Record<string, unknown> {
    const ports = spec["ports"];
    if (!Array.isArray(ports)) return spec;
    return { ...spec, ports: ports.map((port: object) => without(port, new Set(["nodePort"]))) };
}

function without(value: object, keys: ReadonlySet<string>): Record<string, unknown> {
    return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.has(key)));
}

/** The random ends of names must not decide the order. */
function keyOf({ kind, metadata }: LiveObject): string {
    return `${kind} ${metadata.name.replace(/-[0-9a-f]{8}$/, "")}`;
}
