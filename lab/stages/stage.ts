/**
 * A Stage (https://kwok.sigs.k8s.io/docs/user/stages-configuration/): what the lab does with an object of a kind when it is
 * in a certain state. The templates are Go's, with KWOK's functions and those of sprig.
 */
export interface Stage {
    readonly name: string;
    /** `v1`, `cert-manager.io/v1` */
    readonly apiVersion: string;
    readonly kind: string;
    /** Name of the definition, where the kind is a custom one: at most one Stage for each. */
    readonly definition?: string;
    /** Conditions that must all hold. */
    readonly when: readonly Condition[];
    /** Milliseconds before it is done. @default 0 */
    readonly delay?: number;
    readonly steps: readonly object[];
}

/** CEL on the object as `self`, or a jq path with an operator: KWOK evaluates CEL strictly, a missing field is an error. */
export type Condition =
    string | { readonly key: string; readonly operator: string; readonly values?: readonly string[] };

/** The Stage as an object of the cluster. */
export function stageObject({ name, apiVersion, kind, when, delay, steps }: Stage): object {
    return {
        apiVersion: "kwok.x-k8s.io/v1alpha1",
        kind: "Stage",
        metadata: { name },
        spec: {
            resourceRef: { apiGroup: apiVersion, kind },
            selector: {
                matchExpressions: when.map((condition) =>
                    typeof condition === "string" ? { cel: { expression: condition } } : condition,
                ),
            },
            ...(delay === undefined ? {} : { delay: { durationMilliseconds: delay } }),
            steps,
        },
    };
}

export const alive: Condition = { key: ".metadata.deletionTimestamp", operator: "DoesNotExist" };
export const deleted: Condition = { key: ".metadata.deletionTimestamp", operator: "Exists" };

/** Of `status.conditions`. */
export function conditionIsNotTrue(type: string): Condition {
    return {
        key: `.status.conditions.[] | select( .type == "${type}" ) | .status`,
        operator: "NotIn",
        values: ["True"],
    };
}

export function inPhase(phase: string): Condition {
    return { key: ".status.phase", operator: "In", values: [phase] };
}

/** Merges the rendered lines, a YAML map, into a part of the object. */
export function patchOf(root: "metadata" | "spec" | "status", lines: readonly string[]): object {
    return {
        patch: { root, ...(root === "status" ? { subresource: "status" } : {}), template: `${lines.join("\n")}\n` },
    };
}

/** Conditions of a status, each True. */
export function trueConditions(...types: readonly string[]): string[] {
    return [
        "conditions:",
        ...types.flatMap((type) => [
            `- type: ${type}`,
            '  status: "True"',
            `  reason: ${type}`,
            "  message: simulated by the lab",
            "  observedGeneration: {{ .metadata.generation }}",
            "  lastTransitionTime: {{ Now | Quote }}",
        ]),
    ];
}

/** Makes another object, which is deleted with this one. `lines`: the object's YAML after its metadata. */
export function madeBeside(
    made: { readonly apiVersion: string; readonly kind: string; readonly name: string },
    lines: readonly string[],
    before: readonly string[] = [],
): object {
    return {
        apply: {
            template: [
                ...before,
                `apiVersion: ${made.apiVersion}`,
                `kind: ${made.kind}`,
                "metadata:",
                `  name: ${made.name}`,
                "  namespace: {{ .metadata.namespace | Quote }}",
                "  ownerReferences:",
                "  - apiVersion: {{ .apiVersion | Quote }}",
                "    kind: {{ .kind | Quote }}",
                "    name: {{ .metadata.name | Quote }}",
                "    uid: {{ .metadata.uid | Quote }}",
                ...lines,
                "",
            ].join("\n"),
        },
    };
}

/** A Service without pods behind it: its name is what others look up. */
export function serviceBeside(name: string, port: number): object {
    return madeBeside({ apiVersion: "v1", kind: "Service", name }, [
        "spec:",
        "  ports:",
        `  - port: ${String(port)}`,
        `    targetPort: ${String(port)}`,
    ]);
}
