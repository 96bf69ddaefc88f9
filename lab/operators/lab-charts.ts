import { onDisk } from "../disk";
import { requireIdentity } from "../identity";
import { labLayout } from "../layout";
import { prepareOperatorCharts, type OperatorChartPin, type PreparedChart, type PrepareChartsOptions } from "./charts";

export interface PrepareLabChartsOptions extends Omit<PrepareChartsOptions, "folder"> {
    /** Of a lab that was started once. */
    readonly name: string;
    readonly charts: readonly OperatorChartPin[];
}

/**
 * Has the contract charts of these operators in the lab's folder of charts (LabEndpoints.charts); quick where they are.
 * @throws UserError where there is no such lab, or definitions cannot be downloaded
 */
export async function prepareLabCharts(options: PrepareLabChartsOptions): Promise<readonly PreparedChart[]> {
    const { name, charts } = options;
    const layout = labLayout(name);
    await requireIdentity(name, layout);
    return onDisk(layout.folder, () => prepareOperatorCharts(charts, { ...options, folder: layout.charts }));
}
