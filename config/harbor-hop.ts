import { compare, major, minor } from "semver";
import { bundledPostgresql, harborReleases } from "./catalogue";

/** A registry that exists goes from one version of Harbor to another. */
export interface HarborHop {
    /** What is installed: `2.14.4`. */
    readonly from: string;
    /** What the program would install. */
    readonly to: string;
    /** Whether Harbor's data is in the chart's own PostgreSQL, before and after. */
    readonly internalDatabase: boolean;
}

export interface HopRefusal {
    readonly kind: "downgrade" | "skipped-minors" | "engine-change";
    /** Key, value, and what to do instead. */
    readonly sentence: string;
}

/** Minor versions that Harbor migrates its database over at once (goharbor/harbor, RELEASES.md: the two before). */
const mostMinors = 2;

/**
 * Why a hop must not be made: each of these ends in a database that the other version cannot read, and `helm rollback`
 * does not bring it back (harbor-helm, docs/Upgrade.md). Only the change of the engine may be accepted, by somebody who
 * has a backup. Pure.
 *
 * @returns nothing where it may be made
 */
export function refuseHop(hop: HarborHop, accepted: { readonly engineChange: boolean }): HopRefusal[] {
    const { from, to } = hop;
    if (compare(to, from) === 0) return [];
    if (compare(to, from) < 0) {
        return [
            {
                kind: "downgrade",
                sentence:
                    `harbor.version is "${to}", but ${from} is installed, and Harbor's database never goes back: ` +
                    `set harbor.version to "${from}" or newer; the way back is a restore of a backup`,
            },
        ];
    }
    return [...skippedMinors(hop), ...(accepted.engineChange ? [] : engineChange(hop))];
}

function skippedMinors({ from, to }: HarborHop): HopRefusal[] {
    if (isLegal(from, to)) return [];
    const step = nextStep(from, to);
    return [
        {
            kind: "skipped-minors",
            sentence:
                `harbor.version is "${to}", but ${from} is installed, and Harbor goes over ${String(mostMinors)} minor ` +
                `versions at most: ${step === undefined ? "upgrade to one of these first" : `set "${step}" first`}`,
        },
    ];
}

/** Whether Harbor's migrations lead from one to the other at once. */
export function isLegal(from: string, to: string): boolean {
    return compare(from, to) <= 0 && major(from) === major(to) && minor(to) - minor(from) <= mostMinors;
}

/** The newest release of the catalogue that can be reached from there at once, on the way to `to`. */
function nextStep(from: string, to: string): string | undefined {
    return harborReleases
        .map(({ harbor }) => harbor)
        .filter((harbor) => compare(harbor, from) > 0 && compare(harbor, to) < 0 && isLegal(from, harbor))
        .at(-1);
}

/** A new major version of the bundled PostgreSQL rewrites the data at its first start, and only forward (harbor#23735). */
function engineChange({ from, to, internalDatabase }: HarborHop): HopRefusal[] {
    if (!internalDatabase) return [];
    const before = bundledPostgresql(from);
    const after = bundledPostgresql(to);
    if (before !== undefined && before === after) return [];
    return [
        {
            kind: "engine-change",
            sentence:
                `harbor.version is "${to}", whose internal database is PostgreSQL ${shown(after)}, but that of ${from} is ` +
                `${shown(before)}: its first start rewrites the data, with no way back. Back the registry up, then add ` +
                `--accept-engine-change; or set harbor.version to "${from}" until the data is in another database.kind`,
        },
    ];
}

function shown(engine: number | undefined): string {
    return engine === undefined ? "of a version that the catalogue does not know" : String(engine);
}
