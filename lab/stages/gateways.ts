import { loadBalancerAddress } from "./addresses";
import { alive, conditionIsNotTrue, patchOf, trueConditions, type Stage } from "./stage";

const apiVersion = "gateway.networking.k8s.io/v1";

/** What a Gateway controller would do. Nothing answers at the address. */
export const gatewayStages: readonly Stage[] = [
    {
        name: "gatewayclass-accepted",
        apiVersion,
        kind: "GatewayClass",
        definition: "gatewayclasses.gateway.networking.k8s.io",
        when: [alive, conditionIsNotTrue("Accepted")],
        steps: [patchOf("status", trueConditions("Accepted"))],
    },
    {
        name: "gateway-programmed",
        apiVersion,
        kind: "Gateway",
        definition: "gateways.gateway.networking.k8s.io",
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
                ...conditionsInside("Accepted", "Programmed", "ResolvedRefs"),
                "{{ end }}",
            ]),
        ],
    },
    {
        name: "httproute-accepted",
        apiVersion,
        kind: "HTTPRoute",
        definition: "httproutes.gateway.networking.k8s.io",
        when: [alive, { key: ".status.parents", operator: "DoesNotExist" }],
        steps: [
            patchOf("status", [
                "parents:",
                "{{ $generation := .metadata.generation }}",
                "{{ range .spec.parentRefs }}",
                "- parentRef: {{ . | toJson }}",
                // Which one serves the Gateway stands in its class, which a Stage does not see.
                "  controllerName: lab.anchorage/gateway-controller",
                "  conditions:",
                ...conditionsInside("Accepted", "ResolvedRefs"),
                "{{ end }}",
            ]),
        ],
    },
];

/** Conditions of an item of a list, where `$generation` is set. */
function conditionsInside(...types: readonly string[]): string[] {
    return types.flatMap((type) => [
        `  - type: ${type}`,
        '    status: "True"',
        `    reason: ${type}`,
        "    message: simulated by the lab",
        "    observedGeneration: {{ $generation }}",
        "    lastTransitionTime: {{ Now | Quote }}",
    ]);
}
