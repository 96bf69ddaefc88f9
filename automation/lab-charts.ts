import { operatorCharts } from "../config/catalogue";

/** Ids as in the settings `operators`. */
export type LabOperator = keyof typeof operatorCharts;
export const labOperators = Object.keys(operatorCharts) as readonly LabOperator[];

/** The chart that a lab is to make a contract chart of. */
export interface LabChartPin {
    readonly operator: LabOperator;
    /** The real chart's name and version. */
    readonly chart: string;
    readonly version: string;
    /** Version of what it installs. */
    readonly app: string;
    /** Its folder in the folder of charts. */
    readonly folder: string;
}

/** The charts of the catalogue, under the names of their folders. */
export function labChartPins(operators: readonly LabOperator[]): LabChartPin[] {
    return operators.map((operator) => {
        const { chart, version, app, folder = chart } = operatorCharts[operator];
        return { operator, chart, version, app, folder };
    });
}
