import type { Settings } from "../schema";

export function checkCharts({ charts, cluster }: Settings): string[] {
    const { source, location } = charts;
    if (source === "contract" && cluster.kind !== "lab") {
        return [
            `charts.source is "contract", which only the lab can run, but cluster.kind is "${cluster.kind}": set "repository"`,
        ];
    }
    if ((source === "folder" || source === "oci") && location === undefined) {
        return [
            `charts.source is "${source}", but charts.location is missing: ${source === "oci" ? "oci://host/path" : "a folder with harbor/ in it"}`,
        ];
    }
    if (source === "oci" && location?.startsWith("oci://") === false) {
        return [`charts.location is "${location}"; with charts.source "oci" it begins with oci://`];
    }
    return [];
}
