import path from "node:path";
import type { LabLayout } from "./layout";
import { isProcessOf, readPid } from "./process-record";

/** The processes of the control plane, by kwokctl's names for them. */
export const components = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok-controller",
] as const;
export type Component = (typeof components)[number];

export function componentLog(layout: LabLayout, component: Component): string {
    return path.join(layout.cluster, "logs", `${component}.log`);
}

export function componentPid(layout: LabLayout, component: Component): number | undefined {
    return readPid(path.join(layout.cluster, "pids", `${component}.pid`));
}

export function isComponentRunning(layout: LabLayout, component: Component): boolean {
    const pid = componentPid(layout, component);
    return pid !== undefined && isProcessOf(pid, layout.cluster);
}

/** Whether every process of the control plane lives. */
export function isClusterRunning(layout: LabLayout): boolean {
    return components.every((component) => isComponentRunning(layout, component));
}
