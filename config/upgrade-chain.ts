import { compare } from "semver";
import type { HarborRelease } from "./catalogue";
import { isLegal } from "./harbor-hop";

/** What the way goes through. */
export interface ChainWay {
    readonly from: HarborRelease;
    readonly to: HarborRelease;
    /** Whether Harbor's data is in the chart's own PostgreSQL, so that each image has to read what the last one wrote. */
    readonly internalDatabase: boolean;
}

/**
 * The releases to go over, without the first and with the last: as few as there can be, and of the shortest ways the one
 * whose steps are the newest. Empty where nothing is to be done. Pure.
 *
 * @param releases oldest first
 * @returns undefined where no way leads there
 */
export function shortestChain(releases: readonly HarborRelease[], way: ChainWay): readonly HarborRelease[] | undefined {
    const { from, to } = way;
    if (from.harbor === to.harbor) return [];
    const inReach = releases.filter(
        ({ harbor }) => compare(harbor, from.harbor) > 0 && compare(harbor, to.harbor) <= 0,
    );
    /** Hops from there to the goal. A hop leads to a newer release only, so the newest are known first. */
    const distances = new Map<HarborRelease, number>();
    const nearest = (here: HarborRelease): number =>
        Math.min(
            ...inReach
                .filter((next) => isHop(here, next, way.internalDatabase))
                .map((next) => distances.get(next) ?? Infinity),
        );
    for (const release of inReach.toReversed())
        distances.set(release, release.harbor === to.harbor ? 0 : 1 + nearest(release));
    let left = nearest(from);
    if (left === Infinity) return undefined;
    const chain: HarborRelease[] = [];
    for (; left >= 0; left--) {
        const here = chain.at(-1) ?? from;
        const next = inReach.findLast(
            (release) => distances.get(release) === left && isHop(here, release, way.internalDatabase),
        );
        if (next === undefined) throw new Error(`the way from ${here.harbor} to ${to.harbor} is lost`);
        chain.push(next);
    }
    return chain;
}

/** Whether the later release starts on what the earlier one left: its schema, and the files of an internal database. */
export function isHop(from: HarborRelease, to: HarborRelease, internalDatabase: boolean): boolean {
    return (
        compare(from.harbor, to.harbor) < 0 &&
        isLegal(from.harbor, to.harbor) &&
        from.schema <= to.schema &&
        (!internalDatabase || canRead(to, from))
    );
}

/** Whether the database image of one release starts on the data of another. */
export function canRead(image: HarborRelease, data: HarborRelease): boolean {
    const { major, rewrites } = image.postgresql;
    return data.postgresql.major === major || data.postgresql.major === rewrites;
}
