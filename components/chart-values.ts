import type * as pulumi from "@pulumi/pulumi";

/** Values of a chart: an object of objects, lists and scalars. */
export type ChartValues = Readonly<Record<string, unknown>>;

/** What a part of the registry gives to Harbor's release. */
export interface HarborPart {
    /** Its share of the values of Harbor's chart: no secret, each is named by the Secret that holds it. */
    readonly values: ChartValues;
    /** What has to be there, and ready, before Harbor is installed. */
    readonly ready: readonly pulumi.Resource[];
    /** Secrets that Harbor's pods read when they start: a change restarts them. */
    readonly secrets: readonly pulumi.Output<string>[];
}

/** Right over left, maps key by key; a list or a scalar is taken whole. */
export function merge(left: ChartValues, right: ChartValues): ChartValues {
    const merged: Record<string, unknown> = { ...left };
    for (const [key, value] of Object.entries(right)) {
        const before = merged[key];
        merged[key] = isMap(before) && isMap(value) ? merge(before, value) : value;
    }
    return merged;
}

function isMap(value: unknown): value is ChartValues {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
