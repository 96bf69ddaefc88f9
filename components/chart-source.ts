import path from "node:path";
import type { Settings } from "../config/schema";
import { projectRoot } from "../lib/home";

/** A chart of the catalogue, with the version that is asked for. */
export interface PinnedChart {
    readonly chart: string;
    /** Its folder in a folder of charts; default: the chart's name. */
    readonly folder?: string;
    /** A Helm repository, or oci://host/path. */
    readonly repository: string;
    readonly version: string;
}

export interface ChartSourceArgs {
    readonly chart: PinnedChart;
    readonly charts: Settings["charts"];
    /** Folder of the contract charts; default: the project's own, lab/charts. */
    readonly contractCharts?: string | undefined;
}

/** As a Helm release takes it. A folder says which version it has itself. */
export interface ChartSource {
    readonly chart: string;
    readonly version?: string;
    readonly repositoryOpts?: { readonly repo: string };
}

/** Where a chart comes from: its makers' repository, a folder, an OCI registry, or our contract charts. Pure. */
export function chartSource({ chart: pinned, charts, contractCharts }: ChartSourceArgs): ChartSource {
    const { chart, folder = chart, repository, version } = pinned;
    switch (charts.source) {
        case "repository":
            return repository.startsWith("oci://")
                ? { chart: `${repository}/${chart}`, version }
                : { chart, version, repositoryOpts: { repo: repository } };
        case "oci":
            return { chart: `${charts.location ?? ""}/${chart}`, version };
        case "folder":
            return { chart: path.resolve(projectRoot, charts.location ?? "", folder) };
        case "contract":
            return { chart: path.join(contractCharts ?? path.join(projectRoot, "lab", "charts"), folder) };
    }
}
