import type { Settings } from "../config/schema";
import type { ChartValues } from "./chart-values";

/** What has containers of its own in Harbor's chart. */
export type Workload =
    | "nginx"
    | "portal"
    | "core"
    | "jobservice"
    | "registry"
    | "registryController"
    | "trivy"
    | "exporter"
    | "database"
    | "redis";

type Preset = Exclude<Settings["placement"]["resources"], "none">;

/** CPU request, memory request, memory limit; and a limit of CPU where there is one. */
type Numbers = readonly [cpu: string, memory: string, memoryLimit: string, cpuLimit?: string];

/**
 * The numbers of docs/placement.md, which says where they come from. Memory has limits, so that a leak ends one pod and
 * not its node. CPU has none, since a limit slows a pod down while its node is idle; but for Trivy, whose scans take all
 * that they get.
 */
export const resourcePresets: Readonly<Record<Preset, Readonly<Record<Workload, Numbers>>>> = {
    small: {
        nginx: ["50m", "64Mi", "256Mi"],
        portal: ["20m", "32Mi", "128Mi"],
        core: ["100m", "256Mi", "1Gi"],
        jobservice: ["100m", "128Mi", "1Gi"],
        registry: ["100m", "128Mi", "1Gi"],
        registryController: ["50m", "64Mi", "512Mi"],
        trivy: ["200m", "512Mi", "1Gi", "1"],
        exporter: ["20m", "64Mi", "256Mi"],
        database: ["100m", "256Mi", "1Gi"],
        redis: ["50m", "64Mi", "512Mi"],
    },
    medium: {
        nginx: ["200m", "128Mi", "512Mi"],
        portal: ["50m", "64Mi", "256Mi"],
        core: ["500m", "512Mi", "2Gi"],
        jobservice: ["250m", "256Mi", "2Gi"],
        registry: ["500m", "512Mi", "2Gi"],
        registryController: ["100m", "128Mi", "1Gi"],
        trivy: ["500m", "1Gi", "2Gi", "2"],
        exporter: ["50m", "64Mi", "256Mi"],
        database: ["500m", "1Gi", "4Gi"],
        redis: ["100m", "256Mi", "1Gi"],
    },
    large: {
        nginx: ["1", "256Mi", "1Gi"],
        portal: ["100m", "128Mi", "256Mi"],
        core: ["2", "1Gi", "4Gi"],
        jobservice: ["1", "512Mi", "4Gi"],
        registry: ["2", "1Gi", "4Gi"],
        registryController: ["250m", "256Mi", "2Gi"],
        trivy: ["1", "2Gi", "4Gi", "4"],
        exporter: ["100m", "128Mi", "512Mi"],
        database: ["2", "4Gi", "8Gi"],
        redis: ["250m", "1Gi", "4Gi"],
    },
};

/** The `resources` of a workload's container; nothing for `none`, where the chart's own stay (Trivy has some). */
export function resourcesOf(workload: Workload, preset: Settings["placement"]["resources"]): ChartValues {
    if (preset === "none") return {};
    const [cpu, memory, memoryLimit, cpuLimit] = resourcePresets[preset][workload];
    return {
        resources: {
            requests: { cpu, memory },
            limits: { ...(cpuLimit === undefined ? {} : { cpu: cpuLimit }), memory: memoryLimit },
        },
    };
}
