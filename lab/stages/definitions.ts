import { alive, deleted, type Condition, type Stage } from "./stage";

/**
 * KWOK takes up the Stages of a kind when the API server knows it. Where it does not, KWOK looks again only when some
 * Stage changes; where it no longer does, KWOK goes on asking for the kind's objects, less and less often, up to half a
 * minute apart, also when the kind has come back (v0.8.0, pkg/kwok/controllers/stages_manager.go). So the lab changes the
 * Stages of a kind when its definition comes and when it goes: by Stages of the definitions themselves.
 */
export function definitionStages(stages: readonly Stage[]): Stage[] {
    const known = stages.flatMap(({ definition, name, apiVersion, kind }) =>
        definition === undefined ? [] : ([[definition, { name, apiGroup: apiVersion, kind }]] as const),
    );
    const ours: Condition = { key: ".metadata.name", operator: "In", values: known.map(([definition]) => definition) };
    const refer = (count: string, ref: string): object => ({
        apply: {
            type: "merge",
            template: [
                `{{ $stage := get (fromJson \`${JSON.stringify(Object.fromEntries(known))}\`) .metadata.name }}`,
                "apiVersion: kwok.x-k8s.io/v1alpha1",
                "kind: Stage",
                "metadata:",
                "  name: {{ $stage.name | Quote }}",
                "  annotations:",
                `    ${annotation}: "${count}"`,
                "spec:",
                `  resourceRef: ${ref}`,
                "",
            ].join("\n"),
        },
    });
    const awake = "{ apiGroup: {{ $stage.apiGroup | Quote }}, kind: {{ $stage.kind | Quote }} }";
    const wake = (delay: number, index: number): Stage => {
        const count = String(index + 1);
        return {
            name: `definition-served-${count}`,
            ...definitions,
            when: [
                alive,
                ours,
                {
                    key: '.status.conditions.[] | select( .type == "Established" ) | .status',
                    operator: "In",
                    values: ["True"],
                },
                index === 0
                    ? { key: counter, operator: "DoesNotExist" }
                    : { key: counter, operator: "In", values: [String(index)] },
            ],
            delay,
            steps: [refer(count, awake), annotate(annotation, `"${count}"`)],
        };
    };
    const seenOff: Condition = { key: counter, operator: "In", values: [gone] };
    return [
        ...delays.map(wake),
        {
            name: "definition-gone",
            ...definitions,
            when: [deleted, ours, { ...seenOff, operator: "NotIn" }],
            steps: [refer("0", asleep), annotate(annotation, `"${gone}"`)],
        },
        goAgain("ours", [ours, seenOff]),
        goAgain("other", [{ ...ours, operator: "NotIn" }]),
    ];
}

/**
 * The API server deletes a kind's objects before its definition. Where that fails, because the kind was served a moment
 * ago ("storage is (re)initializing"), it tries again 5 ms later from a stale copy, runs into a conflict with itself, and
 * forgets the definition until its informer's resync after 5 minutes: its own condition does not count as a change
 * (v1.37, apiextensions-apiserver, pkg/controller/finalizer/crd_finalizer.go). Any other change makes it look again.
 */
function goAgain(whose: string, more: readonly Condition[]): Stage {
    const failed: Condition = {
        key: '.status.conditions.[] | select( .type == "Terminating" ) | .reason',
        operator: "In",
        values: ["InstanceDeletionFailed"],
    };
    return {
        name: `definition-stuck-${whose}`,
        ...definitions,
        when: [deleted, failed, ...more],
        delay: 500,
        steps: [annotate("lab.anchorage/looked-again", "{{ Now | Quote }}")],
    };
}

function annotate(key: string, value: string): object {
    return { patch: { root: "metadata", template: `annotations:\n  ${key}: ${value}\n` } };
}

/**
 * Milliseconds after each of which KWOK is woken: the API server publishes a kind's schema, which KWOK asks for, up to a
 * second after it serves the kind, and later under load.
 */
const delays = [400, 600, 1_000, 2_000, 4_000, 8_000] as const;

const definitions = { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" } as const;

/** Of a Stage, so that it changes each time; of a definition, how often that was done. */
const annotation = "lab.anchorage/served";
const counter = `.metadata.annotations["${annotation}"]`;
const gone = "gone";

/** A kind that every API server has, and nobody makes an object of. */
const asleep = "{ apiGroup: v1, kind: PodTemplate }";
