/**
 * The Stages (https://kwok.sigs.k8s.io/docs/user/stages-configuration/) that simulate what a kubelet, a volume
 * provisioner and a cloud's load balancer would do. The templates are Go's, with KWOK's functions.
 */

/** Provisioner of the lab's StorageClass; its volumes bind by the Stages below and hold nothing. */
export const volumeProvisioner = "volume.lab.anchorage";
export const storageClassName = "standard";

/** CEL on the object as `self`, or a jq path with an operator: KWOK evaluates CEL strictly, a missing field is an error. */
type Condition = string | { readonly key: string; readonly operator: string; readonly values?: readonly string[] };

interface Stage {
    readonly name: string;
    readonly kind: "Node" | "Pod" | "PersistentVolume" | "PersistentVolumeClaim" | "Service";
    /** Conditions that must all hold. */
    readonly when: readonly Condition[];
    readonly steps: readonly object[];
}

/** The Stage objects of the lab. */
export function stages(): object[] {
    return [nodeStage, ...podStages, ...volumeStages, loadBalancerStage].map(({ name, kind, when, steps }) => ({
        apiVersion: "kwok.x-k8s.io/v1alpha1",
        kind: "Stage",
        metadata: { name },
        spec: {
            resourceRef: { apiGroup: "v1", kind },
            selector: {
                matchExpressions: when.map((condition) =>
                    typeof condition === "string" ? { cel: { expression: condition } } : condition,
                ),
            },
            steps,
        },
    }));
}

const alive: Condition = { key: ".metadata.deletionTimestamp", operator: "DoesNotExist" };
const deleted: Condition = { key: ".metadata.deletionTimestamp", operator: "Exists" };
const ofTheLab = `has(self.spec.storageClassName) && self.spec.storageClassName == '${storageClassName}'`;
const notReady: Condition = {
    key: '.status.conditions.[] | select( .type == "Ready" ) | .status',
    operator: "NotIn",
    values: ["True"],
};

/** A node is Ready as soon as it is there; its lease is renewed by the KWOK controller itself. */
const nodeStage: Stage = {
    name: "node-ready",
    kind: "Node",
    when: [alive, notReady],
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
            "{{ with NodeIP }}",
            "- type: InternalIP",
            "  address: {{ . | Quote }}",
            "{{ end }}",
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

function inPhase(phase: string): Condition {
    return { key: ".status.phase", operator: "In", values: [phase] };
}

/** A scheduled pod is Ready at once, a Job's pod then succeeds, a deleted pod is gone. */
const podStages: readonly Stage[] = [
    {
        name: "pod-ready",
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
        kind: "Pod",
        when: [alive, inPhase("Running"), ownedByJob],
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
    { name: "pod-delete", kind: "Pod", when: [deleted], steps: [{ delete: true }] },
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

const volumeName = "pvc-{{ .metadata.uid }}";

/** What a provisioner and the volume controller do together: a volume for each claim, bound to it, gone with it. */
const volumeStages: readonly Stage[] = [
    {
        name: "claim-provision",
        kind: "PersistentVolumeClaim",
        when: [
            ofTheLab,
            alive,
            "!has(self.spec.volumeName)",
            "!has(self.status.phase) || self.status.phase != 'Bound'",
        ],
        steps: [
            {
                apply: {
                    template: [
                        "apiVersion: v1",
                        "kind: PersistentVolume",
                        "metadata:",
                        `  name: ${volumeName}`,
                        "  annotations:",
                        `    pv.kubernetes.io/provisioned-by: ${volumeProvisioner}`,
                        "spec:",
                        "  accessModes:",
                        "  {{ YAML .spec.accessModes 2 }}",
                        "  capacity:",
                        "  {{ YAML .spec.resources.requests 2 }}",
                        "  persistentVolumeReclaimPolicy: Delete",
                        "  storageClassName: {{ .spec.storageClassName | Quote }}",
                        '  volumeMode: {{ or .spec.volumeMode "Filesystem" | Quote }}',
                        "  claimRef:",
                        "    apiVersion: v1",
                        "    kind: PersistentVolumeClaim",
                        "    name: {{ .metadata.name | Quote }}",
                        "    namespace: {{ .metadata.namespace | Quote }}",
                        "    uid: {{ .metadata.uid | Quote }}",
                        "  csi:",
                        `    driver: ${volumeProvisioner}`,
                        `    volumeHandle: ${volumeName}`,
                        "",
                    ].join("\n"),
                },
            },
            patchOf("metadata", [
                "annotations:",
                '  pv.kubernetes.io/bind-completed: "yes"',
                '  pv.kubernetes.io/bound-by-controller: "yes"',
                `  volume.kubernetes.io/storage-provisioner: ${volumeProvisioner}`,
            ]),
            patchOf("spec", [`volumeName: ${volumeName}`]),
            patchOf("status", [
                "phase: Bound",
                "accessModes:",
                "{{ YAML .spec.accessModes 1 }}",
                "capacity:",
                "{{ YAML .spec.resources.requests 1 }}",
            ]),
        ],
    },
    {
        name: "claim-release",
        kind: "PersistentVolumeClaim",
        when: [ofTheLab, deleted, "has(self.spec.volumeName)"],
        steps: [
            {
                apply: {
                    subresource: "status",
                    type: "merge",
                    template: [
                        "apiVersion: v1",
                        "kind: PersistentVolume",
                        "metadata:",
                        "  name: {{ .spec.volumeName | Quote }}",
                        "status:",
                        "  phase: Released",
                        "",
                    ].join("\n"),
                },
            },
        ],
    },
    {
        name: "volume-delete",
        kind: "PersistentVolume",
        when: [ofTheLab, alive, "self.spec.persistentVolumeReclaimPolicy == 'Delete'", inPhase("Released")],
        steps: [{ delete: true }],
    },
    {
        name: "volume-bind",
        kind: "PersistentVolume",
        when: [
            ofTheLab,
            alive,
            "has(self.spec.claimRef)",
            "!has(self.status.phase) || !(self.status.phase in ['Bound', 'Released', 'Failed'])",
        ],
        steps: [patchOf("status", ["phase: Bound"])],
    },
];

/** The address that every LoadBalancer Service gets. Nothing answers there: a simulated cluster has no data path. */
export const loadBalancerAddress = "127.0.0.1";

const loadBalancerStage: Stage = {
    name: "service-load-balancer",
    kind: "Service",
    when: [
        alive,
        "self.spec.type == 'LoadBalancer'",
        "!has(self.status.loadBalancer) || !has(self.status.loadBalancer.ingress)",
    ],
    steps: [patchOf("status", ["loadBalancer:", "  ingress:", `  - ip: ${loadBalancerAddress}`])],
};

function patchOf(root: "metadata" | "spec" | "status", lines: readonly string[]): object {
    return {
        patch: { root, ...(root === "status" ? { subresource: "status" } : {}), template: `${lines.join("\n")}\n` },
    };
}
