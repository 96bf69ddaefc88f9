import { alive, conditionIsNotTrue, deleted, inPhase, patchOf, type Condition, type Stage } from "./stage";

/** What a kubelet would do. */

/** A node is Ready as soon as it is there; its lease is renewed by the KWOK controller itself. */
export const nodeStage: Stage = {
    name: "node-ready",
    apiVersion: "v1",
    kind: "Node",
    when: [alive, conditionIsNotTrue("Ready")],
    steps: [
        patchOf("status", [
            "{{ $now := Now }}",
            "phase: Running",
            "conditions:",
            "{{ range NodeConditions }}",
            "- type: {{ .type | Quote }}",
            "  status: {{ .status | Quote }}",
            "  reason: {{ .reason | Quote }}",
            "  message: {{ .message | Quote }}",
            "  lastHeartbeatTime: {{ $now | Quote }}",
            "  lastTransitionTime: {{ $now | Quote }}",
            "{{ end }}",
            "addresses:",
            "- type: Hostname",
            "  address: {{ .metadata.name | Quote }}",
            // KWOK's own: the API server sends it what a kubelet answers, such as exec and logs.
            "- type: InternalIP",
            "  address: 127.0.0.1",
            "daemonEndpoints:",
            "  kubeletEndpoint:",
            "    Port: {{ NodePort }}",
            ...["capacity", "allocatable"].flatMap((key) => [
                `${key}:`,
                '  cpu: "32"',
                "  memory: 64Gi",
                '  pods: "110"',
            ]),
            "nodeInfo:",
            "  architecture: amd64",
            "  operatingSystem: linux",
            "  osImage: simulated",
            "  kernelVersion: simulated",
            '  containerRuntimeVersion: {{ printf "kwok://%s" Version | Quote }}',
            '  kubeletVersion: {{ printf "kwok-%s" Version | Quote }}',
            '  kubeProxyVersion: ""',
            '  bootID: ""',
            '  machineID: ""',
            '  systemUUID: ""',
        ]),
    ],
};

const ownedByJob: Condition = { key: ".metadata.ownerReferences.[].kind", operator: "In", values: ["Job"] };

/** The pod of the chart's migration Job ends when the lab's Harbor has migrated the database (lab/harbor). */
const migratesNothing: Condition = { key: ".metadata.labels.component", operator: "NotIn", values: ["migrator"] };

/**
 * A scheduled pod is Ready at once, a Job's pod then succeeds, a deleted pod is gone.
 * @param harbor whether the lab has a Harbor, which ends some pods by itself
 */
export const podStages = (harbor: boolean): readonly Stage[] => [
    {
        name: "pod-ready",
        apiVersion: "v1",
        kind: "Pod",
        when: [alive, { key: ".spec.nodeName", operator: "Exists" }, inPhase("Pending")],
        steps: [
            patchOf("status", [
                "{{ $now := Now }}",
                "phase: Running",
                "startTime: {{ $now | Quote }}",
                "conditions:",
                ...["Initialized", "ContainersReady", "Ready"].flatMap((type) => [
                    `- type: ${type}`,
                    '  status: "True"',
                    "  lastTransitionTime: {{ $now | Quote }}",
                ]),
                "{{ range .spec.readinessGates }}",
                "- type: {{ .conditionType | Quote }}",
                '  status: "True"',
                "  lastTransitionTime: {{ $now | Quote }}",
                "{{ end }}",
                "initContainerStatuses:",
                "{{ range .spec.initContainers }}",
                ...containerStatus("ready: true", [
                    "terminated: { exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }} }",
                ]),
                "{{ end }}",
                "containerStatuses:",
                "{{ range .spec.containers }}",
                ...containerStatus("ready: true", ["running: { startedAt: {{ $now | Quote }} }"]),
                "{{ end }}",
                '{{ with PodIPsWith .spec.nodeName ( or .spec.hostNetwork false ) ( or .metadata.uid "" ) ( or .metadata.name "" ) ( or .metadata.namespace "" ) }}',
                "podIP: {{ index . 0 | Quote }}",
                "podIPs:",
                "{{ range . }}",
                "- ip: {{ . | Quote }}",
                "{{ end }}",
                "{{ end }}",
            ]),
        ],
    },
    {
        name: "pod-complete",
        apiVersion: "v1",
        kind: "Pod",
        when: [alive, inPhase("Running"), ownedByJob, ...(harbor ? [migratesNothing] : [])],
        steps: [
            patchOf("status", [
                "{{ $now := Now }}",
                "phase: Succeeded",
                "containerStatuses:",
                "{{ range .spec.containers }}",
                ...containerStatus("ready: false", [
                    "terminated: { exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }} }",
                ]),
                "{{ end }}",
            ]),
        ],
    },
    { name: "pod-delete", apiVersion: "v1", kind: "Pod", when: [deleted], steps: [{ delete: true }] },
];

function containerStatus(ready: string, state: readonly string[]): string[] {
    return [
        "- name: {{ .name | Quote }}",
        "  image: {{ .image | Quote }}",
        '  imageID: ""',
        "  restartCount: 0",
        `  ${ready}`,
        "  state:",
        ...state.map((line) => `    ${line}`),
    ];
}
