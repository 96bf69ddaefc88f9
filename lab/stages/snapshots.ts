import { labVolumeDriver } from "../../lib/home";
import { alive, patchOf, type Stage } from "./stage";

/** Not there, or false: ready is what a Stage makes it. */
const notReady = { key: ".status.readyToUse", operator: "NotIn", values: ["true"] };

const apiVersion = "snapshot.storage.k8s.io/v1";
const dynamic = ".spec.source.persistentVolumeClaimName";
const content = `{{ if ${dynamic} }}snapcontent-{{ .metadata.uid }}{{ else }}{{ .spec.source.volumeSnapshotContentName }}{{ end }}`;

/**
 * What the snapshot controller and the driver's sidecar do together: a content for each snapshot of a claim, both ready. The
 * lab's volumes hold nothing, and so do its snapshots; their objects are as real as any.
 */
export const snapshotStages: readonly Stage[] = [
    {
        name: "snapshot-ready",
        apiVersion,
        kind: "VolumeSnapshot",
        definition: "volumesnapshots.snapshot.storage.k8s.io",
        when: [alive, notReady],
        steps: [
            {
                apply: {
                    template: [
                        `apiVersion: ${apiVersion}`,
                        "kind: VolumeSnapshotContent",
                        "metadata:",
                        `  name: ${content}`,
                        "  annotations:",
                        '    lab.anchorage/bound: "yes"',
                        // One that a restore brought has its own spec, which must not change.
                        `{{ if ${dynamic} }}`,
                        "spec:",
                        "  deletionPolicy: Retain",
                        `  driver: ${labVolumeDriver}`,
                        "  source:",
                        `    volumeHandle: {{ ${dynamic} | Quote }}`,
                        "  volumeSnapshotClassName: {{ .spec.volumeSnapshotClassName | Quote }}",
                        "  volumeSnapshotRef:",
                        "    apiVersion: {{ .apiVersion | Quote }}",
                        "    kind: {{ .kind | Quote }}",
                        "    name: {{ .metadata.name | Quote }}",
                        "    namespace: {{ .metadata.namespace | Quote }}",
                        "    uid: {{ .metadata.uid | Quote }}",
                        "{{ end }}",
                        "",
                    ].join("\n"),
                },
            },
            patchOf("status", [
                `boundVolumeSnapshotContentName: ${content}`,
                "creationTime: {{ Now | Quote }}",
                "readyToUse: true",
                'restoreSize: "1Mi"',
            ]),
        ],
    },
    {
        name: "snapshot-content-ready",
        apiVersion,
        kind: "VolumeSnapshotContent",
        definition: "volumesnapshotcontents.snapshot.storage.k8s.io",
        when: [alive, notReady],
        steps: [
            patchOf("status", [
                'snapshotHandle: {{ or .spec.source.snapshotHandle (printf "snapshot-%s" .metadata.uid) | Quote }}',
                "readyToUse: true",
                "restoreSize: 1048576",
            ]),
        ],
    },
];
