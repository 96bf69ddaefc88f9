import { kindNodeImage } from "../catalogue";
import { unsupportedOn } from "../kubernetes-range";
import type { Settings } from "../schema";

/**
 * An operator on a Kubernetes that its makers do not support. By the settings alone it is known only where the program
 * makes the cluster: KinD's nodes carry it in their image's tag. The CLI asks a cluster that exists
 * (automation/preflight.ts).
 */
export function checkKubernetes(settings: Settings): string[] {
    const { cluster } = settings;
    if (cluster.kind !== "kind") return [];
    const image = cluster.image ?? kindNodeImage;
    const version = /:v?(1\.\d+)/.exec(image)?.[1];
    if (version === undefined) return [];
    return unsupportedOn(version, settings).map(
        (why) =>
            `cluster.image is "${image}", Kubernetes ${version}, but ${why}: ` +
            "take such a node image, or leave cluster.image out",
    );
}
