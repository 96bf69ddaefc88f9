import { defaultHarborVersion, findHarborRelease, type HarborRelease } from "./catalogue";
import { changedDefaults } from "./chart-changes";
import { absentKeys, missingBefore } from "./chart-keys";

/** A contract chart of an older version, as the lab makes it out of the project's own: lab/charts/harbor. */
export interface ContractChart {
    /** Its folder in the lab's folder of charts. */
    readonly folder: string;
    /** Version of the chart. */
    readonly version: string;
    /** Version of Harbor. */
    readonly app: string;
    /** Keys of the project's chart that this one does not have, each with all below it. */
    readonly absent: readonly string[];
    /** Values of `expose.type` that this one does not know. */
    readonly absentExposures: readonly string[];
    /** Parts of images' names that were others: [now, then]. */
    readonly images: readonly (readonly [now: string, then: string])[];
}

/**
 * What the contract chart of that Harbor is; undefined of the one that the project's own stands for. Pure.
 * @throws Error for a version that is not in the catalogue
 */
export function contractChart(harborVersion: string): ContractChart | undefined {
    if (harborVersion === defaultHarborVersion) return undefined;
    const release = findHarborRelease(harborVersion);
    if (release === undefined) throw new Error(`Harbor ${harborVersion} is not in the catalogue`);
    return {
        folder: `harbor-${release.chart}`,
        version: release.chart,
        app: release.harbor,
        absent: absentKeys(harborVersion),
        absentExposures: missingBefore(harborVersion, "expose.route") === undefined ? [] : ["route"],
        images: imagesOf(release),
    };
}

function imagesOf({ chart, cache }: HarborRelease): (readonly [string, string])[] {
    const named = changedDefaults.find(({ key }) => key === "core.image.repository");
    return [
        ...(cache === "redis" ? [["goharbor/valkey-photon", "goharbor/redis-photon"] as const] : []),
        ...(named !== undefined && minor(chart) < minor(named.chart)
            ? [["docker.io/goharbor/", "goharbor/"] as const]
            : []),
    ];
}

/** 18 of 1.18.4. */
function minor(chart: string): number {
    return Number(chart.split(".")[1]);
}
