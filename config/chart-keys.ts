import { readFileSync } from "node:fs";
import path from "node:path";
import { projectRoot } from "../lib/home";
import { findHarborRelease } from "./catalogue";
import { addedKeys } from "./chart-changes";

/** What may stand at a place of the chart's values: a map with these keys, a map with any keys, or a list or scalar. */
export type ChartKeys = ReadonlyMap<string, ChartKeys> | "any keys" | "value";

interface Schema {
    readonly $ref?: string;
    readonly $defs?: Readonly<Record<string, Schema>>;
    readonly type?: string | readonly string[];
    readonly properties?: Readonly<Record<string, Schema>>;
    readonly additionalProperties?: boolean | Schema;
}

let known: ChartKeys | undefined;

/**
 * The keys of Harbor's chart 1.19, out of the schema of the contract chart, which a test holds to the official one.
 * Read when it is first asked for: most stacks give no raw values.
 */
export function chartKeys(): ChartKeys {
    if (known !== undefined) return known;
    const file = path.join(projectRoot, "lab", "charts", "harbor", "values.schema.json");
    const root = JSON.parse(readFileSync(file, "utf8")) as Schema;
    return (known = keysOf(root, root.$defs ?? {}));
}

function keysOf(given: Schema, definitions: Readonly<Record<string, Schema>>): ChartKeys {
    const schema = given.$ref === undefined ? given : definitions[given.$ref.replace("#/$defs/", "")];
    if (schema === undefined) throw new Error(`the chart's schema has no ${String(given.$ref)}`);
    if (![schema.type].flat().includes("object")) return "value";
    if (schema.properties === undefined || schema.additionalProperties !== false) return "any keys";
    return new Map(Object.entries(schema.properties).map(([key, value]) => [key, keysOf(value, definitions)]));
}

/** The chart that brought a key, where that of this Harbor is older: it would pass over the key in silence. */
export function missingBefore(harborVersion: string, key: string): string | undefined {
    const chart = findHarborRelease(harborVersion)?.chart;
    if (chart === undefined) throw new Error(`Harbor ${harborVersion} is not in the catalogue`);
    const since = addedKeys.find(({ pattern }) => pattern.test(key))?.minor;
    return since !== undefined && Number(chart.split(".")[1]) < since ? `1.${String(since)}` : undefined;
}

/**
 * The keys of chart 1.19 that the chart of that Harbor does not have, each with all below it.
 * @throws Error for a version that is not in the catalogue
 */
export function absentKeys(harborVersion: string): string[] {
    const walk = (keys: ChartKeys, prefix: string): string[] =>
        typeof keys !== "object"
            ? []
            : [...keys].flatMap(([key, below]) => {
                  const here = prefix + key;
                  return missingBefore(harborVersion, here) === undefined ? walk(below, `${here}.`) : [here];
              });
    return walk(chartKeys(), "");
}

/** A value that the chart does not take, and why. */
export interface UnknownChartValue {
    /** Keys that lead to it. */
    readonly path: readonly string[];
    readonly why: string;
    /** The keys that the chart has there. */
    readonly known: readonly string[];
}

/** What the chart of that Harbor would pass over in silence, or could not be rendered with. */
export function unknownChartValues(
    values: Readonly<Record<string, unknown>>,
    harborVersion: string,
): UnknownChartValue[] {
    const walk = (given: unknown, keys: ChartKeys, path: readonly string[]): UnknownChartValue[] => {
        if (typeof keys !== "object" || given === null) return [];
        const known = [...keys.keys()];
        if (!isMap(given)) return [{ path, why: "is no map, and the chart has one there", known }];
        return Object.entries(given).flatMap(([key, value]): UnknownChartValue[] => {
            const below = [...path, key];
            const next = keys.get(key);
            if (next === undefined) return [{ path: below, why: "is no value of the chart", known }];
            const since = missingBefore(harborVersion, below.join("."));
            if (since !== undefined) return [{ path: below, why: `came with chart ${since}`, known: [] }];
            return walk(value, next, below);
        });
    };
    return walk(values, chartKeys(), []);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
