import type { PropertyChange } from "../../../../engine";
import { covers, parsePath, type Path } from "../../diff";
import { object, text, type Values } from "../../values";

/**
 * Properties whose change makes the real provider replace an object, whether or not the API server would take
 * the change (pulumi/pulumi-kubernetes provider/pkg/provider/diff.go). What the API server refuses is found by asking it.
 */
const forceNew: Readonly<Record<string, readonly string[]>> = {
    "apps/v1 DaemonSet": ["spec.selector"],
    "apps/v1 Deployment": ["spec.selector"],
    "apps/v1 StatefulSet": [
        "spec.podManagementPolicy",
        "spec.revisionHistoryLimit",
        "spec.selector",
        "spec.serviceName",
        "spec.volumeClaimTemplates",
    ],
    "batch/v1 Job": ["spec.completions", "spec.parallelism", "spec.selector", "spec.template"],
    "rbac.authorization.k8s.io/v1 ClusterRoleBinding": ["roleRef"],
    "rbac.authorization.k8s.io/v1 RoleBinding": ["roleRef"],
    "storage.k8s.io/v1 StorageClass": ["parameters", "provisioner"],
    "v1 PersistentVolumeClaim": ["spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"],
    "v1 ResourceQuota": ["spec.scopes"],
    "v1 Secret": ["type"],
    "v1 Service": ["spec.clusterIP"],
};

/** The changes that ask for a new object, marked so; undefined where none does. */
export function forcedReplacement(
    news: Values,
    changes: readonly PropertyChange[],
    provider: Values,
): readonly PropertyChange[] | undefined {
    const patterns = patternsFor(news, provider);
    const forces = ({ path }: PropertyChange): boolean => patterns.some((pattern) => covers(pattern, parsePath(path)));
    if (!changes.some(forces)) return undefined;
    return changes.map((change) => (forces(change) ? { ...change, replaces: true } : change));
}

function patternsFor(news: Values, provider: Values): Path[] {
    const kind = `${text(news, "apiVersion") ?? ""} ${text(news, "kind") ?? ""}`;
    // Changed in place only where the provider is told so, for the sake of pods that read them once.
    const mutable = (setting: string): boolean => provider[setting] === "true" && news["immutable"] !== true;
    const data =
        kind === "v1 Secret" && !mutable("enableSecretMutable")
            ? ["stringData", "data"]
            : kind === "v1 ConfigMap" && !mutable("enableConfigMapMutable")
              ? ["binaryData", "data"]
              : [];
    return [...(forceNew[kind] ?? []), ...data].map(parsePath);
}

/** Whether the object's name is one of ours: a new one can then stand beside the old one. */
export function isAutonamed(news: Values): boolean {
    return text(object(object(news, "metadata"), "annotations"), "pulumi.com/autonamed") === "true";
}
