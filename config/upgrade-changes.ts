import { compare } from "semver";
import type { HarborRelease } from "./catalogue";
import { addedKeys, changedDefaults, removedKeys } from "./chart-changes";

/** Something that is different after a hop. */
export interface PlannedChange {
    readonly kind: "bundled-engine" | "removed-key" | "renamed-key" | "added-key" | "new-default";
    /** Key of the chart, where it is about a single one. */
    readonly key?: string;
    /** Whether the user's own values set that key: something is to be done about a removed or renamed one. */
    readonly touches: boolean;
    /** Without an end: `core.image.repository names docker.io`. */
    readonly sentence: string;
}

/** What a hop goes between. */
export interface ChangedReleases {
    readonly from: HarborRelease;
    readonly to: HarborRelease;
    /** The user's own chart values. */
    readonly values: Readonly<Record<string, unknown>>;
    /** Whether Harbor's cache is the chart's own. */
    readonly internalCache: boolean;
}

/** What is different between two releases, beside the schema of the database. Pure. */
export function changesOf(hop: ChangedReleases): PlannedChange[] {
    return [...engines(hop), ...removals(hop), ...defaults(hop), ...additions(hop)];
}

function engines({ from, to }: ChangedReleases): PlannedChange[] {
    const change = (sentence: string): PlannedChange => ({ kind: "bundled-engine", touches: false, sentence });
    const [before, after] = [from.postgresql.major, to.postgresql.major];
    return [
        ...(before === after
            ? []
            : [change(`the internal database is PostgreSQL ${String(after)}, it was ${String(before)}`)]),
        ...(from.cache === to.cache ? [] : [change(`the internal cache is ${to.cache}, it was ${from.cache}`)]),
    ];
}

function removals({ from, to, values }: ChangedReleases): PlannedChange[] {
    return removedKeys
        .filter(({ minor }) => minorOf(from) < minor && minor <= minorOf(to))
        .map(({ key, renamedTo, why }) => ({
            kind: renamedTo === undefined ? "removed-key" : "renamed-key",
            key,
            touches: isSet(values, key),
            sentence: renamedTo === undefined ? `${key} is gone: ${why}` : `${key} is now ${renamedTo}: ${why}`,
        }));
}

/** A default that the user's own value stands in place of does not change for them. */
function defaults({ from, to, values, internalCache }: ChangedReleases): PlannedChange[] {
    const otherCache = internalCache ? "external" : "internal";
    const changed = changedDefaults.filter(({ chart, key, cache }) => {
        const onTheWay = compare(chart, from.chart) > 0 && compare(chart, to.chart) <= 0;
        return onTheWay && cache !== otherCache && (key === undefined || !isSet(values, key));
    });
    return [...new Set(changed.map(({ what }) => what))].map((what) => {
        const keys = changed.flatMap((entry) => (entry.what === what && entry.key !== undefined ? [entry.key] : []));
        const [first] = keys;
        const subject = keys.length > 1 ? `<component>.${commonEnd(keys)} ` : first === undefined ? "" : `${first} `;
        return {
            kind: "new-default",
            ...(keys.length === 1 && first !== undefined ? { key: first } : {}),
            touches: false,
            sentence: `${subject}${what}`,
        };
    });
}

/** `image.repository` of `core.image.repository` and its like. */
function commonEnd(keys: readonly string[]): string {
    return [...new Set(keys.map((key) => key.split(".").slice(-2).join(".")))].join(", ");
}

function additions({ from, to }: ChangedReleases): PlannedChange[] {
    return [
        ...new Set(
            addedKeys.filter(({ minor }) => minorOf(from) < minor && minor <= minorOf(to)).map(({ what }) => what),
        ),
    ].map((what) => ({ kind: "added-key", touches: false, sentence: `new: ${what}` }));
}

function isSet(values: Readonly<Record<string, unknown>>, key: string): boolean {
    let here: unknown = values;
    for (const part of key.split(".")) {
        if (typeof here !== "object" || here === null || Array.isArray(here)) return false;
        here = (here as Readonly<Record<string, unknown>>)[part];
    }
    return here !== undefined;
}

/** 18 of chart 1.18.4. */
function minorOf({ chart }: HarborRelease): number {
    return Number(chart.split(".")[1]);
}
