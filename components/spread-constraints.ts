import type { Settings } from "../config/schema";
import type { ChartValues } from "./chart-values";

type Spread = Settings["placement"]["spread"];

/**
 * Pods with these labels in different zones and on different nodes, where there are several: the constraints of a pod,
 * with their selector, for what is not made by Harbor's chart. Pure.
 */
export function spreadConstraints(wish: Spread, pods: number, labels: Readonly<Record<string, string>>): ChartValues {
    return pods < 2 ? {} : spreadOver(wish, { labelSelector: { matchLabels: labels } });
}

/** Over zones, and over nodes. @param which names the pods that are counted */
export function spreadOver(wish: Spread, which: ChartValues): ChartValues {
    if (wish === "none") return {};
    return {
        topologySpreadConstraints: ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
            maxSkew: 1,
            topologyKey,
            whenUnsatisfiable: wish === "required" ? "DoNotSchedule" : "ScheduleAnyway",
            ...which,
        })),
    };
}
