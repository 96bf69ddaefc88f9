import type { Settings } from "../schema";

/** The chart makes its ServiceMonitor only when metrics are on, and says nothing otherwise. */
export function checkServiceMonitors({ harbor }: Settings): string[] {
    if (!harbor.serviceMonitors || harbor.metrics) return [];
    return [
        "harbor.serviceMonitors is true, but harbor.metrics is false, so that there is nothing to scrape: set harbor.metrics to true",
    ];
}
