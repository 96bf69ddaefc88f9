import { labVolumeDriver } from "../../lib/home";
import { alive, deleted, inPhase, patchOf, type Stage } from "./stage";

/** Provisioner of the lab's StorageClass; its volumes bind by the Stages below and hold nothing. */
export const volumeProvisioner = labVolumeDriver;
export const storageClassName = "standard";

const ofTheLab = `has(self.spec.storageClassName) && self.spec.storageClassName == '${storageClassName}'`;

const volumeName = "pvc-{{ .metadata.uid }}";

/** What a provisioner and the volume controller do together: a volume for each claim, bound to it, gone with it. */
export const volumeStages: readonly Stage[] = [
    {
        name: "claim-provision",
        apiVersion: "v1",
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
        apiVersion: "v1",
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
        apiVersion: "v1",
        kind: "PersistentVolume",
        when: [ofTheLab, alive, "self.spec.persistentVolumeReclaimPolicy == 'Delete'", inPhase("Released")],
        steps: [{ delete: true }],
    },
    {
        name: "volume-bind",
        apiVersion: "v1",
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
