import { at, containersOf, harborValues, isObject, podSpecOf, textAt, type Json } from "../resource";
import type { Rule } from "../rule";

/** Where Harbor's chart has the resources of each container that always runs. */
const harborContainers = [
    ["core"],
    ["jobservice"],
    ["portal"],
    ["registry", "registry"],
    ["registry", "controller"],
] as const;

const harborComponents = ["core", "jobservice", "portal", "registry", "trivy", "exporter", "nginx"] as const;

export const resourcesSet: Rule = {
    name: "resources-set",
    level: "mandatory",
    description:
        "Each container says what it needs and how much memory it may take, so that a full node evicts others first.",
    resource: (resource) => {
        const values = harborValues(resource);
        return [...(values === undefined ? [] : ofHarbor(values)), ...ofContainers(podSpecOf(resource))];
    },
};

function ofHarbor(values: Json): string[] {
    const trivy = at(values, "trivy", "enabled") === false ? [] : [["trivy"] as const];
    return [...harborContainers, ...trivy]
        .filter((path) => !hasResources(at(values, ...path)))
        .map((path) => `values.${path.join(".")}.resources lacks requests or limits.memory: set both`);
}

function ofContainers(podSpec: Json | undefined): string[] {
    return containersOf(podSpec)
        .filter((container) => !hasResources(container))
        .map((container) => `container ${textAt(container, "name") ?? ""} lacks requests or limits.memory: set both`);
}

function hasResources(holder: Json | undefined): boolean {
    return isObject(at(holder, "resources", "requests")) && at(holder, "resources", "limits", "memory") !== undefined;
}

export const disruptionBudgetsSet: Rule = {
    name: "disruption-budgets-set",
    level: "mandatory",
    description: "What has several pods keeps one of them while a node is drained.",
    resource: (resource) => {
        const values = harborValues(resource);
        if (values === undefined) return [];
        return harborComponents
            .filter((component) => Number(at(values, component, "replicas") ?? 1) > 1)
            .filter((component) => at(values, component, "podDisruptionBudget", "enabled") !== true)
            .map(
                (component) =>
                    `values.${component}.podDisruptionBudget.enabled is not true, with more than one replica`,
            );
    },
};
