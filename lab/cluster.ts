import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { ExecFailure, type Exec } from "../lib/exec";
import { UserError } from "../lib/errors";
import { writeFileAtomic } from "../lib/files";
import { waitFor } from "../lib/wait";
import type { LabBinaries } from "./binaries";
import { resetCommand, type LabIdentity } from "./identity";
import { kwokConfiguration, portOptions } from "./kwok-configuration";
import { labFormat, type LabLayout } from "./layout";
import { logTail } from "./log-tail";
import { initialObjects } from "./objects";
import { freePorts } from "./ports";
import { endStrayProcesses, isProcessOf, readPid } from "./process-record";

/** The control plane: kwokctl's binary runtime. PKI, ports and processes are its own. */

export const components = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok-controller",
] as const;
export type Component = (typeof components)[number];

/** Seconds that kwokctl gives its processes. */
const startTimeout = 90;

export interface Cluster {
    readonly name: string;
    readonly layout: LabLayout;
    readonly binaries: LabBinaries;
    readonly exec: Exec;
    readonly signal?: AbortSignal;
}

/** Name of the context in the lab's kubeconfig, as kwokctl makes it. */
export function contextName(name: string): string {
    return `kwok-${name}`;
}

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

/** Makes the cluster, or starts what of it does not run. */
export async function startCluster(cluster: Cluster): Promise<void> {
    const { layout, name, binaries } = cluster;
    if (existsSync(layout.created)) {
        await forgetDeadProcesses(layout);
        await kwokctl(cluster, ["start", "cluster", "--timeout", `${String(startTimeout)}s`]);
        return;
    }
    // What a start that was interrupted left of it: kwokctl outlives a command that is killed, and what it makes
    // last (the CRD of Stages) is not made by a later start.
    await endStrayProcesses(layout);
    await rm(layout.cluster, { recursive: true, force: true });
    await writeFileAtomic(layout.kwokConfiguration, kwokConfiguration(name, await freePorts(portOptions.length)));
    await kwokctl(cluster, [
        ...["create", "cluster", "--config", layout.kwokConfiguration, "--timeout", `${String(startTimeout)}s`],
        ...["--etcd-binary", binaries.etcd],
        ...["--kube-apiserver-binary", binaries["kube-apiserver"]],
        ...["--kube-controller-manager-binary", binaries["kube-controller-manager"]],
        ...["--kube-scheduler-binary", binaries["kube-scheduler"]],
        ...["--kwok-controller-binary", binaries.kwok],
        ...["--kubeconfig", layout.kubeconfig],
    ]);
    await writeFile(layout.created, "");
}

/** Whether kwokctl knows a cluster there, running or not. */
export function hasCluster(layout: LabLayout): boolean {
    return existsSync(path.join(layout.cluster, "kwok.yaml"));
}

/** Ends the processes of a cluster that is there. */
export async function stopCluster(cluster: Cluster): Promise<void> {
    await forgetDeadProcesses(cluster.layout);
    await kwokctl(cluster, ["stop", "cluster"]);
    const runs = (): Component[] => components.filter((component) => isComponentRunning(cluster.layout, component));
    await waitFor(() => (runs().length === 0 ? true : undefined), {
        what: `the processes of lab ${cluster.name} to end`,
        timeoutMs: 20_000,
        describe: () => `still running: ${runs().join(", ")}`,
    });
}

/** Puts the lab's own objects into the cluster, and waits until nodes are Ready and the controllers work. */
export async function prepareCluster(cluster: Cluster, identity: LabIdentity): Promise<void> {
    const items = initialObjects(identity.id, labFormat, identity.nodes);
    const apply = [
        ...["apply", "--server-side", "--force-conflicts", "--field-manager", "anchorage-lab", "-f", "-"],
        // To validate, kubectl asks for the OpenAPI document, and to write that costs a new API server over a second.
        "--validate=false",
    ];
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    // An API server that has just started may refuse the first words while its own bootstrap goes on.
    await waitFor(
        async () => {
            try {
                await kubectl(cluster, apply, list);
                return true;
            } catch (error) {
                if (error instanceof ExecFailure && error.exitCode === 1 && isStarting(error.stderr)) return undefined;
                throw error;
            }
        },
        { what: "the API server to take the lab's objects", timeoutMs: 60_000, signal: cluster.signal },
    );
    const wait = ["wait", "--timeout", "60s"];
    await Promise.all([
        kubectl(cluster, [...wait, "--for", "condition=Ready", "node", "--all"]),
        // Made by the controller manager, and taken by the scheduler: so both work. (One command for both gives up
        // at once where both are missing.)
        kubectl(cluster, [...wait, "--for", "create", "serviceaccount/default", "-n", "default"]),
        kubectl(cluster, [...wait, "--for", "create", "lease/kube-scheduler", "-n", "kube-system"]),
    ]);
}

function isStarting(stderr: string): boolean {
    return /connection refused|not yet ready|ServiceUnavailable|forbidden|no matches for kind|could not find the requested resource|EOF/i.test(
        stderr,
    );
}

function kubectl(
    { binaries, layout, exec, signal }: Cluster,
    args: readonly string[],
    input?: string,
): Promise<unknown> {
    return exec(binaries.kubectl, ["--kubeconfig", layout.kubeconfig, ...args], {
        signal,
        ...(input === undefined ? {} : { input }),
    });
}

async function kwokctl(cluster: Cluster, args: readonly string[]): Promise<void> {
    const { binaries, exec, layout, name, signal } = cluster;
    try {
        await exec(binaries.kwokctl, ["--name", name, ...args], {
            signal,
            // kubectl of the lab first on the path: kwokctl looks for one. No kubeconfig but the lab's is touched.
            env: {
                KWOK_WORKDIR: layout.kwok,
                KUBECONFIG: layout.kubeconfig,
                PATH: `${path.dirname(binaries.kubectl)}${path.delimiter}${process.env["PATH"] ?? ""}`,
            },
        });
    } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof ExecFailure)) throw error;
        throw new UserError(`kwokctl could not ${args[0] ?? ""} the cluster of lab ${name}`, {
            details: [...lastMessages(error.stderr), ...components.flatMap((component) => crashed(layout, component))],
            next: [`npx anchorage lab status`, `or begin anew: ${resetCommand(name)}`],
            cause: error,
        });
    }
}

/** The messages at the end of kwokctl's own log, which is JSON a line. */
function lastMessages(stderr: string): string[] {
    return stderr
        .trim()
        .split("\n")
        .slice(-3)
        .map((line) => {
            try {
                const { msg, err } = JSON.parse(line) as { msg?: string; err?: string };
                return [msg, err].filter((text) => text !== undefined).join(": ");
            } catch {
                return line; // a line that is no JSON is shown as it is
            }
        });
}

function crashed(layout: LabLayout, component: Component): string[] {
    if (isComponentRunning(layout, component)) return [];
    const tail = logTail(componentLog(layout, component), 3);
    return tail.length === 0
        ? []
        : [`${component} does not run, the end of its log:`, ...tail.map((line) => `  ${line}`)];
}

/** A pid file whose number has gone to another program would make kwokctl take that for its own. */
async function forgetDeadProcesses(layout: LabLayout): Promise<void> {
    for (const component of components) {
        if (!isComponentRunning(layout, component)) {
            await rm(path.join(layout.cluster, "pids", `${component}.pid`), { force: true });
        }
    }
}

/** Written so that a later command knows whether parts that do not run were stopped or have crashed. */
export async function writeWanted(layout: LabLayout, wanted: "running" | "stopped"): Promise<void> {
    await writeFile(path.join(layout.folder, "wanted"), wanted);
}
