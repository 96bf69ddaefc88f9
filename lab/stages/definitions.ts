import { alive, patchOf, stageObject, type Stage } from "./stage";

const annotation = "lab.anchorage/nudged";

/** Milliseconds after each of which KWOK is nudged: the API server publishes a kind's schema up to a second after it serves it. */
const delays = [700, 1_000, 2_000, 4_000, 8_000] as const;

/** Simulates nothing: only that it changes matters. */
function nudge(count: number): object {
    const stage = stageObject({
        name: "nudge",
        apiVersion: "v1",
        kind: "Node",
        when: ["false"],
        steps: [patchOf("status", [])],
    }) as { metadata: object };
    return {
        ...stage,
        metadata: { ...stage.metadata, annotations: { [annotation]: `{{ .metadata.name }}-${String(count)}` } },
    };
}

/**
 * KWOK passes over the Stages of a kind that the API server does not know yet, and looks again only when some Stage
 * changes (v0.8.0, pkg/kwok/controllers/stages_manager.go). So a new definition changes one.
 */
export const definitionStages: readonly Stage[] = delays.map((delay, index) => ({
    name: `definition-nudge-${String(index + 1)}`,
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    when: [
        alive,
        "has(self.status.conditions) && self.status.conditions.exists(c, c.type == 'Established' && c.status == 'True')",
        index === 0
            ? `!has(self.metadata.annotations) || !('${annotation}' in self.metadata.annotations)`
            : `has(self.metadata.annotations) && '${annotation}' in self.metadata.annotations && self.metadata.annotations['${annotation}'] == '${String(index)}'`,
    ],
    delay,
    steps: [
        { apply: { template: JSON.stringify(nudge(index + 1)) } },
        patchOf("metadata", ["annotations:", `  ${annotation}: "${String(index + 1)}"`]),
    ],
}));
