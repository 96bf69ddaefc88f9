import { labMarker } from "../lib/home";
import type { LabIdentity } from "./identity";
import { stages } from "./stages";
import { storageClassName, volumeProvisioner } from "./stages/volumes";

/** Zones of the simulated nodes, in turn. */
export const zones = ["zone-a", "zone-b", "zone-c"] as const;

/** Every object that a new lab's cluster gets; applied again at each start, which repairs what was deleted. */
export function initialObjects({ id, format, nodes, harbor }: LabIdentity): object[] {
    return [...stages(harbor !== undefined), storageClass, marker(id, format), ...nodeNames(nodes).map(node)];
}

const storageClass = {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: storageClassName, annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
    provisioner: volumeProvisioner,
    reclaimPolicy: "Delete",
    // At once, since no pod's place matters to a simulated volume.
    volumeBindingMode: "Immediate",
    allowVolumeExpansion: true,
};

/** Proves to the rehearsal engine that this cluster is a lab, and which. */
function marker(id: string, format: number): object {
    return { apiVersion: "v1", kind: "ConfigMap", metadata: labMarker, data: { id, format: String(format) } };
}

/** node-1, node-2, ... */
export function nodeNames(nodes: number): string[] {
    return Array.from({ length: nodes }, (_, index) => `node-${String(index + 1)}`);
}

function node(name: string, index: number): object {
    return {
        apiVersion: "v1",
        kind: "Node",
        metadata: {
            name,
            labels: {
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                "topology.kubernetes.io/region": "lab",
                "topology.kubernetes.io/zone": zones[index % zones.length],
                "node.kubernetes.io/instance-type": "simulated",
            },
            annotations: { "kwok.x-k8s.io/node": "fake" },
        },
    };
}
