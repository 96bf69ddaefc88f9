import { at, harborValues, listAt, podSpecOf, textAt, type Json, type Resource } from "../resource";
import type { Rule } from "../rule";

export const noSharedSingleNodeVolume: Rule = {
    name: "no-single-node-volume-with-replicas",
    level: "mandatory",
    description:
        "Pods that share a volume can be on several nodes only where it is ReadWriteMany: with ReadWriteOnce the second one " +
        "never starts.",
    resource: (resource) => {
        const values = harborValues(resource);
        return values === undefined ? [] : [...imageVolume(values), ...jobLogs(values)];
    },
    stack: (resources) => {
        const single = new Set(
            resources
                .filter(({ type }) => type === "kubernetes:core/v1:PersistentVolumeClaim")
                .filter(({ props }) => !listAt(props, "spec", "accessModes").includes("ReadWriteMany"))
                .map(({ props }) => textAt(props, "metadata", "name")),
        );
        return resources
            .filter(({ type, props }) => /:(Deployment|ReplicaSet)$/.test(type) && replicasOf(at(props, "spec")) > 1)
            .flatMap((workload) =>
                claimsOf(workload)
                    .filter((claim) => single.has(claim))
                    .map(
                        (claim) =>
                            `${workload.name} has more than one replica on the claim ${claim}, which is not ReadWriteMany`,
                    ),
            );
    },
};

function replicasOf(component: Json | undefined): number {
    const replicas = at(component, "replicas");
    return typeof replicas === "number" ? replicas : 1;
}

function claimsOf(workload: Resource): string[] {
    return listAt(podSpecOf(workload), "volumes").flatMap(
        (volume) => textAt(volume, "persistentVolumeClaim", "claimName") ?? [],
    );
}

function imageVolume(values: Json): string[] {
    const type = textAt(values, "persistence", "imageChartStorage", "type") ?? "filesystem";
    if (type !== "filesystem") return [];
    return shared(values, "registry", ["registry"]);
}

/** The chart keeps the logs of jobs on a volume where nothing else is said. */
function jobLogs(values: Json): string[] {
    const loggers = at(values, "jobservice", "jobLoggers");
    if (Array.isArray(loggers) && !loggers.includes("file")) return [];
    return shared(values, "jobservice", ["jobservice", "jobLog"]);
}

function shared(values: Json, component: string, claim: readonly string[]): string[] {
    if (at(values, "persistence", "enabled") === false) return [];
    const replicas = replicasOf(at(values, component));
    const path = ["persistence", "persistentVolumeClaim", ...claim, "accessMode"];
    const mode = textAt(values, ...path) ?? "ReadWriteOnce";
    if (replicas <= 1 || mode === "ReadWriteMany") return [];
    return [
        `values.${component}.replicas is ${String(replicas)}, but ${path.join(".")} is ${mode}: set ReadWriteMany, or a storage that is no volume`,
    ];
}
