import type { StackOutputs } from "../config/contract";
import { askCluster } from "./cluster-access";
import type { Context, StackOptions } from "./context";
import { renderTree } from "./render/tree";
import { count, type Style } from "./render/style";
import { readStackOutputs } from "./stack-outputs";
import { requireStack, stackFlags } from "./stack-files";

/** A Deployment or StatefulSet and how many of its pods are ready. */
export interface Workload {
    readonly kind: string;
    readonly name: string;
    readonly ready: number;
    readonly wanted: number;
}

/** Prints the resources on record and the live workloads. @returns whether all of them are ready */
export async function status(options: StackOptions, context: Context): Promise<boolean> {
    const { reporter } = context;
    await requireStack(context.projectRoot, options.stack);
    const { engine, why } = await context.selectEngine(options);
    const resources = await engine.resources();
    const outputs = readStackOutputs(await engine.outputs());
    reporter.line(`stack ${options.stack}  ${count(resources.length, "resource")}  engine ${engine.name}: ${why}`);
    for (const line of renderTree(resources, () => "", reporter.style)) reporter.line(`  ${line}`);
    if (outputs === undefined) {
        reporter.line(`it is not up: npx anchorage up${stackFlags(options)}`);
        reporter.event({
            kind: "result",
            verb: "status",
            stack: options.stack,
            resources,
            workloads: [],
            ready: false,
        });
        return false;
    }
    const workloads = await readWorkloads(outputs, context);
    for (const line of renderWorkloads(workloads, outputs.namespace, reporter.style)) reporter.line(line);
    const ready = workloads.length > 0 && workloads.every(isReady);
    reporter.event({ kind: "result", verb: "status", stack: options.stack, resources, workloads, ready });
    return ready;
}

function isReady({ ready, wanted }: Workload): boolean {
    return ready >= wanted;
}

export function renderWorkloads(workloads: readonly Workload[], namespace: string, style: Style): string[] {
    if (workloads.length === 0) return [style("red", `no workloads in namespace ${namespace}`)];
    const width = Math.max(...workloads.map((workload) => workload.name.length));
    return [
        `workloads in namespace ${namespace}`,
        ...workloads.map(
            (workload) =>
                `  ${workload.name.padEnd(width)}  ${style("dim", workload.kind.padEnd(11))}  ` +
                style(
                    isReady(workload) ? "green" : "red",
                    `${String(workload.ready)}/${String(workload.wanted)} ready`,
                ),
        ),
    ];
}

async function readWorkloads(outputs: StackOutputs, context: Context): Promise<Workload[]> {
    const { exec, signal } = context;
    const door = { exec, signal, kubectl: await context.kubectl(outputs.cluster) };
    const what = `the workloads of namespace ${outputs.namespace}`;
    return parseWorkloads(await askCluster(outputs, door, what, ["get", "deployments,statefulsets", "-o", "json"]));
}

/** From the JSON list that kubectl prints (apps/v1 Deployments and StatefulSets). */
export function parseWorkloads(json: string): Workload[] {
    const list = JSON.parse(json) as {
        items: {
            kind: string;
            metadata: { name: string };
            spec: { replicas?: number };
            status: { readyReplicas?: number };
        }[];
    };
    return list.items.map(({ kind, metadata, spec, status }) => ({
        kind,
        name: metadata.name,
        ready: status.readyReplicas ?? 0,
        wanted: spec.replicas ?? 1,
    }));
}
