import { compare } from "semver";
import { findHarborRelease, knownHarborReleases, minorOf, type CacheEngine, type HarborRelease } from "./catalogue";
import { shortestChain } from "./upgrade-chain";
import { changesOf, type PlannedChange } from "./upgrade-changes";

export type { PlannedChange } from "./upgrade-changes";

/** What is known of the registry that is to be upgraded. */
export interface UpgradeWish {
    /** What is installed: a release of the catalogue. */
    readonly from: string;
    /** What is to be installed: a release of the catalogue. */
    readonly to: string;
    /** Whether Harbor's data is in the chart's own PostgreSQL. */
    readonly internalDatabase: boolean;
    /** Whether Harbor's cache is the chart's own. */
    readonly internalCache: boolean;
    /** Minor version of the cluster, such as 1.34; absent: nobody asked it. */
    readonly kubernetes?: string | undefined;
    /** The user's own chart values (`harbor.values`); absent: none. */
    readonly values?: Readonly<Record<string, unknown>> | undefined;
}

/** One version becomes the next. */
export interface UpgradeHop {
    readonly from: string;
    readonly to: string;
    /** Version of the chart that installs `from`. */
    readonly fromChart: string;
    /** Version of the chart that installs `to`. */
    readonly chart: string;
    /** Newest migration of the database before and after: `schema_migrations.version`. */
    readonly schema: { readonly from: number; readonly to: number };
    /** Whether the database's schema moves; it never moves back. */
    readonly migratesSchema: boolean;
    /** Major versions of the internal database where the hop rewrites it; absent where it does not. */
    readonly engineChange?: { readonly from: number; readonly to: number };
    /** The internal cache where the hop swaps it; absent where it does not. */
    readonly cacheChange?: { readonly from: CacheEngine; readonly to: CacheEngine };
    /** Whether this program installs `to`; a hop to an older release has to be made with the official chart. */
    readonly installable: boolean;
    /** What else is different afterwards. */
    readonly changes: readonly PlannedChange[];
}

export interface UpgradeRefusal {
    readonly kind: "downgrade" | "skipped-minors" | "engine-unreadable" | "engine-change" | "kubernetes" | "settings";
    /** What is wrong, with the values, and what to do instead. */
    readonly sentence: string;
}

export interface UpgradePlan {
    readonly from: string;
    readonly to: string;
    /** In their order; empty where nothing is to be done, and where no way leads there. */
    readonly hops: readonly UpgradeHop[];
    /** Why it must not be made; empty where it may be. */
    readonly refusals: readonly UpgradeRefusal[];
    /** What its owner should know first; it stops nothing. */
    readonly warnings: readonly string[];
}

/** What somebody agreed to beforehand. */
export interface UpgradeConsent {
    /** A hop may rewrite the internal database with a newer major version of PostgreSQL. */
    readonly engineChange: boolean;
}

/** Harbor's chart works from there on (README of goharbor/harbor-helm: "Kubernetes 1.20+"). */
const oldestKubernetes = "1.20";

/** The release that a version names: `2.14.4`, or `2.14` for its newest patch. */
export function findKnownRelease(version: string): HarborRelease | undefined {
    return (
        knownHarborReleases.find(({ harbor }) => harbor === version) ??
        knownHarborReleases.findLast(({ harbor }) => minorOf(harbor) === version)
    );
}

/**
 * The shortest way from one release to another that loses nothing, what changes on it, and why it must not be gone.
 * Looks at nothing but its arguments and the catalogue. Pure.
 *
 * @throws Error for a version that {@link findKnownRelease} does not find: the caller asks that first
 */
export function planUpgrade(wish: UpgradeWish, accepted: UpgradeConsent): UpgradePlan {
    const from = known(wish.from);
    const to = known(wish.to);
    const none = { from: from.harbor, to: to.harbor, hops: [] };
    if (compare(to.harbor, from.harbor) < 0) {
        return { ...none, refusals: [downgrade(from, to)], warnings: [] };
    }
    const way = { from, to, internalDatabase: wish.internalDatabase };
    const chain = shortestChain(knownHarborReleases, way);
    if (chain === undefined) return { ...none, refusals: [noWay(way)], warnings: [] };
    const hops = chain.map((release, index) => hopBetween(chain[index - 1] ?? from, release, wish));
    return {
        ...none,
        hops,
        refusals: [
            ...hops.flatMap((hop) => (accepted.engineChange ? [] : engineChange(hop))),
            ...(hops.length === 0 ? [] : oldKubernetes(wish)),
        ],
        warnings: [...hops.flatMap(byHand), ...(hops.length === 0 ? [] : untestedKubernetes(to, wish))],
    };
}

function known(version: string): HarborRelease {
    const release = findKnownRelease(version);
    if (release === undefined) throw new Error(`Harbor ${version} is not in the catalogue`);
    return release;
}

function hopBetween(from: HarborRelease, to: HarborRelease, wish: UpgradeWish): UpgradeHop {
    const before = from.postgresql.major;
    const after = to.postgresql.major;
    return {
        from: from.harbor,
        to: to.harbor,
        fromChart: from.chart,
        chart: to.chart,
        schema: { from: from.schema, to: to.schema },
        migratesSchema: from.schema !== to.schema,
        ...(wish.internalDatabase && before !== after ? { engineChange: { from: before, to: after } } : {}),
        ...(wish.internalCache && from.cache !== to.cache ? { cacheChange: { from: from.cache, to: to.cache } } : {}),
        installable: findHarborRelease(to.harbor) !== undefined,
        changes: changesOf({ from, to, values: wish.values ?? {}, internalCache: wish.internalCache }),
    };
}

function downgrade(from: HarborRelease, to: HarborRelease): UpgradeRefusal {
    return {
        kind: "downgrade",
        sentence:
            `${to.harbor} is older than ${from.harbor}, which is installed, and Harbor's database never goes back: ` +
            `choose ${from.harbor} or newer; the way back is "anchorage upgrade rollback" or a restore of a backup`,
    };
}

/** Nothing leads there: is it Harbor's own rule, or the internal database? */
function noWay({ from, to }: { readonly from: HarborRelease; readonly to: HarborRelease }): UpgradeRefusal {
    const readable = shortestChain(knownHarborReleases, { from, to, internalDatabase: false });
    if (readable === undefined) {
        return {
            kind: "skipped-minors",
            sentence:
                `Harbor goes over two minor versions at most, and the catalogue has no release between ${from.harbor} ` +
                `and ${to.harbor} to stop at: choose a version in between`,
        };
    }
    return {
        kind: "engine-unreadable",
        sentence:
            `the internal database of ${from.harbor} is PostgreSQL ${String(from.postgresql.major)}, and no release on the ` +
            `way to ${to.harbor} reads that: move the data to another database.kind first`,
    };
}

function engineChange({ from, to, engineChange: engine }: UpgradeHop): UpgradeRefusal[] {
    if (engine === undefined) return [];
    return [
        {
            kind: "engine-change",
            sentence:
                `${from} to ${to} rewrites the internal database from PostgreSQL ${String(engine.from)} to ` +
                `${String(engine.to)} at its first start, with no way back but a restore: back the registry up, then add ` +
                "--accept-engine-change; or move the data to another database.kind first",
        },
    ];
}

function oldKubernetes({ kubernetes, to }: UpgradeWish): UpgradeRefusal[] {
    if (kubernetes === undefined || minor(kubernetes) >= minor(oldestKubernetes)) return [];
    return [
        {
            kind: "kubernetes",
            sentence:
                `the cluster is Kubernetes ${kubernetes}, and the chart of Harbor ${to} needs ${oldestKubernetes} or newer: ` +
                "upgrade the cluster first",
        },
    ];
}

function byHand({ from, to, chart, installable }: UpgradeHop): string[] {
    if (installable) return [];
    return [
        `${from} to ${to}: this program does not install ${to}; make that hop with the official chart ${chart}, and ` +
            "back up the database before it",
    ];
}

function untestedKubernetes({ harbor, testedKubernetes }: HarborRelease, { kubernetes }: UpgradeWish): string[] {
    if (kubernetes === undefined || testedKubernetes === undefined) return [];
    const { from, to } = testedKubernetes;
    if (minor(from) <= minor(kubernetes) && minor(kubernetes) <= minor(to)) return [];
    return [
        `the cluster is Kubernetes ${kubernetes}, and Harbor ${harbor} was tested by its makers on ${from} to ${to}`,
    ];
}

/** 34 of 1.34. */
function minor(kubernetes: string): number {
    return Number(kubernetes.split(".")[1]);
}
