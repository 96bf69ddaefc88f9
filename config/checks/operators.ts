import { kindNodeImage, operatorCharts } from "../catalogue";
import { neededOperators } from "../needed-operators";
import type { Settings } from "../schema";

/** Minor version of Kubernetes: 36 of 1.36. */
const minor = (version: string): number => Number(version.split(".")[1]);

/**
 * An operator on a Kubernetes that its makers do not support. Known before an update only where the program makes the
 * cluster: KinD's nodes carry it in their image's tag.
 */
export function checkKubernetes(settings: Settings): string[] {
    const { cluster, operators } = settings;
    if (cluster.kind !== "kind") return [];
    const image = cluster.image ?? kindNodeImage;
    const version = /:v?(1\.\d+)/.exec(image)?.[1];
    if (version === undefined) return [];
    return neededOperators(settings)
        .filter((id) => !operators[id].installed)
        .flatMap((id) => {
            const { from, to } = operatorCharts[id].kubernetes ?? {};
            const tooOld = from !== undefined && minor(version) < minor(from);
            const tooNew = to !== undefined && minor(version) > minor(to);
            if (!tooOld && !tooNew) return [];
            const range = to === undefined ? `${from} or newer` : `${from} to ${to}`;
            return [
                `cluster.image is "${image}", Kubernetes ${version}, but ${id} ${operatorCharts[id].app} supports ` +
                    `${range}: take such a node image, or leave cluster.image out`,
            ];
        });
}
