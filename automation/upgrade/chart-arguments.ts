import path from "node:path";
import { operatorCharts } from "../../config/catalogue";
import type { Settings } from "../../config/schema";
import type { OperatorChange } from "../../config/upgrade-parts";

/**
 * The chart that an operator is changed to, as `helm show` takes it. Pure.
 * @param contractCharts folder of the lab's contract charts, for a stack in a lab
 */
export function chartArguments(
    { id, to }: OperatorChange,
    charts: Settings["charts"],
    projectRoot: string,
    contractCharts = path.join(projectRoot, "lab", "charts"),
): readonly string[] {
    const { chart, folder = chart, repository } = operatorCharts[id];
    switch (charts.source) {
        case "repository":
            return repository.startsWith("oci://")
                ? [`${repository}/${chart}`, "--version", to]
                : [chart, "--repo", repository, "--version", to];
        case "oci":
            return [`${charts.location ?? ""}/${chart}`, "--version", to];
        case "folder":
            return [path.resolve(projectRoot, charts.location ?? "", folder)];
        case "contract":
            return [path.join(contractCharts, folder)];
    }
}
