import { loadBalancerAddress } from "./addresses";
import { alive, conditionIsNotTrue, patchOf, trueConditions, type Stage } from "./stage";

const apiVersion = "gateway.networking.k8s.io/v1";

/** What a Gateway controller would do. Nothing answers at the address. */
export const gatewayStages: readonly Stage[] = [
    {
        name: "gatewayclass-accepted",
        apiVersion,
        kind: "GatewayClass",
        when: [alive, conditionIsNotTrue("Accepted")],
        steps: [patchOf("status", trueConditions("Accepted"))],
    },
    {
        name: "gateway-programmed",
        apiVersion,
        kind: "Gateway",
        when: [alive, conditionIsNotTrue("Programmed")],
        steps: [
            patchOf("status", [
                ...trueConditions("Accepted", "Programmed"),
                "addresses:",
                "- type: IPAddress",
                `  value: ${loadBalancerAddress}`,
                "listeners:",
                "{{ $generation := .metadata.generation }}",
                "{{ range .spec.listeners }}",
                "- name: {{ .name | Quote }}",
                "  attachedRoutes: 0",
                "  supportedKinds:",
                "  - group: gateway.networking.k8s.io",
                "    kind: HTTPRoute",
                "  conditions:",
                ...["Accepted", "Programmed", "ResolvedRefs"].flatMap((type) => [
                    `  - type: ${type}`,
                    '    status: "True"',
                    `    reason: ${type}`,
                    "    message: simulated by the lab",
                    "    observedGeneration: {{ $generation }}",
                    "    lastTransitionTime: {{ Now | Quote }}",
                ]),
                "{{ end }}",
            ]),
        ],
    },
];
