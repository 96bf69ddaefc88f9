import type { Settings } from "../config/schema";
import type { ChartValues } from "./chart-values";

/** The chart's `redis`. */
export function cacheValues(cache: Settings["cache"]): ChartValues {
    if (cache.kind !== "internal") throw new Error(`cache.kind ${cache.kind} is not built yet`);
    return { redis: { type: "internal" } };
}
