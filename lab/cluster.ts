import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../lib/errors";
import { ExecFailure, type Exec } from "../lib/exec";
import { writeFileAtomic } from "../lib/files";
import { freePorts } from "../lib/ports";
import { isSameProcess, processStart } from "../lib/processes";
import { waitFor } from "../lib/wait";
import type { LabBinaries } from "./binaries";
import { clusterFailure } from "./cluster-failure";
import { componentPid, components, isClusterRunning, isComponentRunning, type Component } from "./components";
import { isHealthy } from "./health";
import type { LabIdentity } from "./identity";
import { componentAddress, kwokConfiguration, portOptions } from "./kwok-configuration";
import type { LabLayout } from "./layout";
import { initialObjects, nodeNames } from "./objects";
import { endProcess, endStrayProcesses } from "./process-record";

/** The control plane: kwokctl's binary runtime. PKI, ports and processes are its own. */

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

/** Those that do nothing without the API server. Neither elects a leader: there is one of each. */
const controllers = ["kube-controller-manager", "kube-scheduler"] as const satisfies readonly Component[];

/** Makes the cluster, or starts what of it does not run. @returns what was started again; nothing of a new cluster */
export async function startCluster(cluster: Cluster): Promise<readonly Component[]> {
    const { layout, name, binaries } = cluster;
    if (existsSync(layout.created)) {
        await endControllersWithoutServer(layout);
        await forgetDeadProcesses(layout);
        const restarted = components.filter((component) => !isComponentRunning(layout, component));
        await kwokctl(cluster, ["start", "cluster", "--timeout", `${String(startTimeout)}s`]);
        return restarted;
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
    await restartController(cluster);
    await writeFile(layout.created, "");
    return [];
}

/**
 * Ends KWOK's controller and starts it again: one that looks for something before it is there looks again seconds later,
 * one that is started now finds it at once. kwokctl starts it beside the API server, and makes the CRD of Stages when that
 * answers.
 */
async function restartController(cluster: Cluster, meanwhile?: () => Promise<void>): Promise<void> {
    const pid = componentPid(cluster.layout, "kwok-controller");
    if (pid !== undefined) await endProcess(pid, processStart(pid));
    await forgetDeadProcesses(cluster.layout);
    await meanwhile?.();
    await kwokctl(cluster, ["start", "cluster", "--timeout", `${String(startTimeout)}s`]);
}

/**
 * One that has missed the API server looks for it again up to half a minute later. They are ended, so that this start starts
 * them too.
 */
async function endControllersWithoutServer(layout: LabLayout): Promise<void> {
    if (isComponentRunning(layout, "etcd") && isComponentRunning(layout, "kube-apiserver")) return;
    const running = controllers.filter((component) => isComponentRunning(layout, component));
    await Promise.all(
        running.map(async (component) => {
            const pid = componentPid(layout, component);
            if (pid !== undefined) await endProcess(pid, processStart(pid));
        }),
    );
}

/** Whether kwokctl knows a cluster there, running or not. */
export function hasCluster(layout: LabLayout): boolean {
    return existsSync(path.join(layout.cluster, "kwok.yaml"));
}

/** Ends the processes of a cluster that is there. */
export async function stopCluster(cluster: Cluster): Promise<void> {
    const { layout, name } = cluster;
    await forgetDeadProcesses(layout);
    // By number and start, noted before: kwokctl forgets the numbers, and a process that is about to end has no command
    // line any more while its memory is being freed.
    const processes = components.flatMap((component) => {
        const pid = componentPid(layout, component);
        return pid === undefined ? [] : [{ component, pid, start: processStart(pid) }];
    });
    await kwokctl(cluster, ["stop", "cluster"]);
    const running = (): typeof processes => processes.filter(({ pid, start }) => isSameProcess(pid, start));
    await waitFor(() => (running().length === 0 ? true : undefined), {
        what: `the processes of lab ${name} to end`,
        timeoutMs: 20_000,
        intervalMs: 20,
        describe: () =>
            `still running: ${running()
                .map(({ component, pid }) => `${component} (process ${String(pid)})`)
                .join(", ")}`,
    });
}

/**
 * Puts the lab's own objects into the cluster, and waits until nodes are Ready and the controllers are at work. (Not for
 * what they make first, the ServiceAccount `default`: that comes up to two seconds later, when the API server has written
 * its roles, and only who starts a bare pod at once would miss it.)
 * `restarted` is what {@link startCluster} returned.
 */
export async function prepareCluster(
    cluster: Cluster,
    identity: LabIdentity,
    restarted: readonly Component[],
): Promise<void> {
    const items = initialObjects(identity);
    // The leases of nodes would keep a new KWOK controller from their pods for 200 s: its name is another one at each start.
    const staleNodes = restarted.includes("kwok-controller") ? nodeNames(identity.nodes) : [];
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
    // One that has seen them held by another looks again after 50 s. They are deleted while none runs: it would take them
    // again at once, and be the other one that its successor sees.
    if (staleNodes.length > 0) await restartController(cluster, () => deleteNodeLeases(cluster, staleNodes));
    const wait = ["wait", "--timeout", "60s", "--for"];
    try {
        await Promise.all([
            kubectl(cluster, [...wait, "condition=Ready", "node", "--all"]),
            // A command for each: one for several gives up at once where none is there.
            ...nodeNames(identity.nodes).map((node) =>
                kubectl(cluster, [...wait, "create", `lease/${node}`, "--namespace", "kube-node-lease"]),
            ),
            ...controllers.map((component) => waitForHealth(cluster, component)),
        ]);
    } catch (error) {
        cluster.signal?.throwIfAborted();
        if (!(error instanceof ExecFailure || error instanceof UserError)) throw error;
        throw clusterFailure(
            cluster.name,
            cluster.layout,
            `the control plane of lab ${cluster.name} does not work yet`,
            error,
        );
    }
    if (!isClusterRunning(cluster.layout))
        throw clusterFailure(cluster.name, cluster.layout, `a part of lab ${cluster.name} ended at its start`);
}

async function deleteNodeLeases(cluster: Cluster, nodes: readonly string[]): Promise<void> {
    await kubectl(cluster, ["delete", "lease", "--namespace", "kube-node-lease", "--ignore-not-found", ...nodes]);
}

/** Until a component answers that it works. */
async function waitForHealth({ layout, name, signal }: Cluster, component: Component): Promise<void> {
    const address = componentAddress(await readFile(layout.kwokConfiguration, "utf8"), component) ?? "";
    await waitFor(async () => ((await isHealthy(`${address}/healthz`, signal)) ? true : undefined), {
        what: `${component} of lab ${name} to work`,
        timeoutMs: 60_000,
        signal,
    });
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
        throw clusterFailure(name, layout, `kwokctl could not ${args[0] ?? ""} the cluster of lab ${name}`, error);
    }
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
