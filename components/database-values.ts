import type { Settings } from "../config/schema";
import type { ChartValues } from "./chart-values";

/** The chart's `database`. */
export function databaseValues(database: Settings["database"]): ChartValues {
    if (database.kind !== "internal") throw new Error(`database.kind ${database.kind} is not built yet`);
    return { database: { type: "internal" } };
}
