import { missingBefore } from "../config/chart-keys";
import type { Settings } from "../config/schema";
import { merge, type ChartValues } from "./chart-values";
import { resourcesOf, type Workload } from "./placement-resources";
import { spreadOver } from "./spread-constraints";

/** Where the chart takes a workload's resources; beside it stand its other keys, but for the registry's two containers. */
interface Place {
    /** Its part of the values. */
    readonly at: readonly string[];
    /** Its containers, each with the keys below `at` that lead to its `resources`. */
    readonly containers: Readonly<Partial<Record<Workload, readonly string[]>>>;
    /** Pods; the chart's own database and Redis are always one, and take neither constraints nor a budget. */
    readonly replicas: number;
    readonly controller: "Deployment" | "StatefulSet";
}

/** How the pods of each component are spread, protected, bounded and ranked, in the chart's values. Pure. */
export function placementValues(settings: Settings): ChartValues {
    const { placement, harbor } = settings;
    return placesOf(settings)
        .map(({ at, containers, replicas, controller }) => {
            const own: ChartValues = {
                ...(replicas > 1 ? spread(placement.spread, controller) : {}),
                ...(replicas > 1 && placement.disruptionBudgets ? budget(harbor.version, replicas) : {}),
                ...(placement.priorityClass === undefined ? {} : { priorityClassName: placement.priorityClass }),
            };
            const bounded = Object.entries(containers).map(([workload, below]) =>
                nest([...at, ...below], resourcesOf(workload as Workload, placement.resources)),
            );
            return [nest(at, own), ...bounded].reduce(merge);
        })
        .reduce(merge, {});
}

/** The workloads that the chart makes of these settings. */
function placesOf({ harbor, exposure, database, cache }: Settings): Place[] {
    const { replicas } = harbor;
    const one = (name: Workload, pods: number, controller: Place["controller"] = "Deployment"): Place => ({
        at: [name],
        containers: { [name]: [] },
        replicas: pods,
        controller,
    });
    const internal = (name: "database" | "redis"): Place => ({
        at: [name, "internal"],
        containers: { [name]: [] },
        replicas: 1,
        controller: "StatefulSet",
    });
    const registry: Place = {
        at: ["registry"],
        containers: { registry: ["registry"], registryController: ["controller"] },
        replicas: replicas.registry,
        controller: "Deployment",
    };
    return [
        ...(hasProxy(exposure) ? [one("nginx", replicas.core)] : []),
        one("portal", replicas.portal),
        one("core", replicas.core),
        one("jobservice", replicas.jobservice),
        registry,
        ...(harbor.trivy ? [one("trivy", replicas.trivy, "StatefulSet")] : []),
        ...(harbor.metrics ? [one("exporter", 1)] : []),
        ...(database.kind === "internal" ? [internal("database")] : []),
        ...(cache.kind === "internal" ? [internal("redis")] : []),
    ];
}

/** Whether the chart's own nginx stands before the components; an Ingress or a route leads to them itself. */
export function hasProxy({ kind }: Settings["exposure"]): boolean {
    return kind !== "ingress" && kind !== "route";
}

/**
 * The chart adds the label selector. In a rolling update only the new pods are counted (`matchLabelKeys`): spread against
 * the old ones, they would stand together once those are gone.
 */
function spread(wish: Settings["placement"]["spread"], controller: Place["controller"]): ChartValues {
    return spreadOver(wish, controller === "Deployment" ? { matchLabelKeys: ["pod-template-hash"] } : {});
}

/** One pod at a time may be drained. Charts before 1.19 cannot make one. */
function budget(harborVersion: string, replicas: number): ChartValues {
    return missingBefore(harborVersion, "core.podDisruptionBudget") === undefined
        ? { podDisruptionBudget: { enabled: true, minAvailable: replicas - 1 } }
        : {};
}

function nest(keys: readonly string[], values: ChartValues): ChartValues {
    return keys.reduceRight<ChartValues>((inner, key) => ({ [key]: inner }), values);
}
