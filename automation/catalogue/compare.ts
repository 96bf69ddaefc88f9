import { compare, prerelease, valid } from "semver";
import { knownHarborReleases, type HarborRelease } from "../../config/catalogue";

/** A chart of Harbor, as a Helm repository's index.yaml has it. */
export interface IndexedChart {
    /** Of the chart. */
    readonly version: string;
    /** Of Harbor. */
    readonly appVersion: string;
    /** Day: YYYY-MM-DD; absent where the index does not say it. */
    readonly created?: string;
}

export interface CatalogueDifference {
    /** newer: a release that came after the newest of the catalogue; other: one that it lacks among those it knows. */
    readonly kind: "newer" | "other" | "missing" | "mismatch";
    readonly harbor: string;
    readonly chart: string;
    /** What differs. */
    readonly sentence: string;
}

/** Where the catalogue and a chart repository do not say the same; the oldest release first. Pure. */
export function compareCatalogue(
    index: readonly IndexedChart[],
    releases: readonly HarborRelease[] = knownHarborReleases,
): CatalogueDifference[] {
    const [oldest, newest] = [releases[0], releases.at(-1)];
    if (oldest === undefined || newest === undefined) throw new Error("the catalogue is empty");
    const unknown = index.filter(
        ({ version, appVersion }) =>
            isRelease(version) &&
            isRelease(appVersion) &&
            compare(appVersion, oldest.harbor) >= 0 &&
            !releases.some(({ chart }) => chart === version),
    );
    const differences = [
        ...releases.flatMap((release) => differenceOf(release, index)),
        ...unknown.map((chart) => lacked(chart, newest)),
    ];
    return differences.sort((one, other) => compare(one.chart, other.chart));
}

/** Release candidates and the chart of the main branch, whose application is `dev`, are none. */
function isRelease(version: string): boolean {
    return valid(version) !== null && prerelease(version) === null;
}

function differenceOf({ harbor, chart }: HarborRelease, index: readonly IndexedChart[]): CatalogueDifference[] {
    const found = index.find(({ version }) => version === chart);
    if (found === undefined) {
        return [
            { kind: "missing", harbor, chart, sentence: `the repository has no chart ${chart} of Harbor ${harbor}` },
        ];
    }
    if (found.appVersion.replace(/^v/, "") === harbor) return [];
    return [
        {
            kind: "mismatch",
            harbor,
            chart,
            sentence: `chart ${chart} is of Harbor ${harbor} in the catalogue, of ${found.appVersion} in the repository`,
        },
    ];
}

function lacked({ version, appVersion, created }: IndexedChart, newest: HarborRelease): CatalogueDifference {
    const since = created === undefined ? "" : `, of ${created}`;
    const newer = compare(appVersion, newest.harbor) > 0;
    return {
        kind: newer ? "newer" : "other",
        harbor: appVersion,
        chart: version,
        sentence:
            `Harbor ${appVersion} (chart ${version}${since}) is not in the catalogue` +
            (newer ? `: newer than its newest, ${newest.harbor}` : ""),
    };
}
