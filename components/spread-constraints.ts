import type { Settings } from "../config/schema";
import type { ChartValues } from "./chart-values";

/**
 * Pods with these labels in different zones and on different nodes, where there are several: the constraints of a pod,
 * with their selector, for what is not made by Harbor's chart. Pure.
 */
export function spreadConstraints(
    wish: Settings["placement"]["spread"],
    pods: number,
    labels: Readonly<Record<string, string>>,
): ChartValues {
    if (wish === "none" || pods < 2) return {};
    return {
        topologySpreadConstraints: ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
            maxSkew: 1,
            topologyKey,
            whenUnsatisfiable: wish === "required" ? "DoNotSchedule" : "ScheduleAnyway",
            labelSelector: { matchLabels: labels },
        })),
    };
}
