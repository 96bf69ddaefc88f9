import { operatorCharts } from "./catalogue";
import { neededOperators } from "./needed-operators";
import type { Settings } from "./schema";

/** Minor version of Kubernetes: 36 of 1.36. */
const minor = (version: string): number => Number(version.split(".")[1]);

/** `1.36` of `v1.36.1-gke.100`; undefined of what is no such version. */
export function kubernetesMinor(version: string): string | undefined {
    return /^v?(1\.\d+)/.exec(version)?.[1];
}

/** Whether the stack installs something that is not for every Kubernetes. */
export function hasKubernetesRange(settings: Settings): boolean {
    return rangesOf(settings).length > 0;
}

/**
 * The operators that the stack installs and whose makers do not support that Kubernetes: ends of sentences such as
 * `envoy-gateway v1.9.1 supports 1.33 to 1.36`. Pure.
 *
 * @param kubernetes minor version, such as 1.36
 */
export function unsupportedOn(kubernetes: string, settings: Settings): string[] {
    return rangesOf(settings).flatMap(({ id, app, from, to }) => {
        const tooOld = minor(kubernetes) < minor(from);
        const tooNew = to !== undefined && minor(kubernetes) > minor(to);
        if (!tooOld && !tooNew) return [];
        return [`${id} ${app} supports ${to === undefined ? `${from} or newer` : `${from} to ${to}`}`];
    });
}

function rangesOf(settings: Settings) {
    return neededOperators(settings)
        .filter((id) => !settings.operators[id].installed)
        .flatMap((id) => {
            const { app, kubernetes } = operatorCharts[id];
            return kubernetes === undefined ? [] : [{ id, app, ...kubernetes }];
        });
}
