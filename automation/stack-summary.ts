import type { StackOutputs } from "../config/contract";
import { labCommand } from "../lib/lab-commands";
import { dnsAdvice, labRegistry, passwordCommand, simulatedPods, standInNote } from "./cluster-access";
import type { Context, SelectedEngine, StackOptions } from "./context";
import type { EngineResult, Operation, ResourceState } from "./engine";
import { operationWord, renderTree } from "./render/tree";
import type { Style } from "./render/style";
import { stackFlags } from "./stack-files";
import { readStackOutputs } from "./stack-outputs";

/** After an update: the component tree with each resource's state, the addresses, how to go on. */
export async function printStack(
    selected: SelectedEngine,
    result: EngineResult,
    options: Pick<StackOptions, "stack" | "lab">,
    context: Context,
): Promise<void> {
    const { reporter } = context;
    const { engine } = selected;
    const resources = await engine.resources();
    reporter.line();
    for (const line of renderStackTree(resources, result, reporter.style)) reporter.line(line);
    const outputs = readStackOutputs(result.outputs);
    if (outputs === undefined) return;
    reporter.line();
    const inLab = await labRegistry(outputs);
    for (const line of renderAddresses(outputs, options, reporter.style, inLab)) reporter.line(line);
    reporter.line();
    reporter.line(`engine ${engine.name}: ${selected.why}`);
}

export function renderStackTree(resources: readonly ResourceState[], result: EngineResult, style: Style): string[] {
    const operations = new Map<string, Operation>(result.changes.map((change) => [change.urn, change.op]));
    const components = new Set(resources.filter((resource) => !resource.custom).map((resource) => resource.urn));
    return renderTree(
        resources,
        (urn) => {
            const op = operations.get(urn);
            return op === undefined || components.has(urn) ? "" : operationWord(op, "done", style);
        },
        style,
    );
}

/**
 * Addresses, where the password is, and what to run next; a row each.
 * @param inLab where a lab serves the registry
 */
export function renderAddresses(
    outputs: StackOutputs,
    options: Pick<StackOptions, "stack" | "lab">,
    style: Style,
    inLab?: string,
): string[] {
    const { registryUrl, namespace, release, admin, cluster } = outputs;
    const dns = dnsAdvice(outputs);
    const rows: [string, string][] = [
        ...(inLab === undefined
            ? ([
                  ["registry", `${registryUrl}${cluster.kind === "lab" ? style("dim", `  (${simulatedPods})`) : ""}`],
              ] satisfies [string, string][])
            : ([
                  ["registry", inLab],
                  ["", style("dim", standInNote(outputs))],
                  ["", style("dim", `docker login ${new URL(inLab).host} --username ${admin.user}`)],
              ] satisfies [string, string][])),
        ...(dns === undefined ? [] : ([["dns", dns]] satisfies [string, string][])),
        ["harbor", `${release.harborVersion}, chart ${release.chartVersion}, release ${release.name} in ${namespace}`],
        [
            "cluster",
            `${cluster.kind} ${cluster.name}${cluster.kubeconfig === undefined ? "" : `, ${cluster.kubeconfig}`}`,
        ],
        ["login", `${admin.user}, password in Secret ${namespace}/${admin.secretName}, key ${admin.secretKey}`],
        ["", style("dim", passwordCommand(outputs))],
        ...nextCommands(outputs, options),
    ];
    return rows.map(([label, text]) => `${style("bold", label.padEnd(9))} ${text}`);
}

/** What to run next, with what it is for. */
function nextCommands({ cluster }: StackOutputs, options: Pick<StackOptions, "stack" | "lab">): [string, string][] {
    const suffix = stackFlags(options);
    const commands: (readonly [string, string])[] = [
        [`npx anchorage status${suffix}`, "are all workloads ready?"],
        [`npx anchorage open${suffix}`, "the way to the registry"],
        [`npx anchorage preview${suffix}`, `after an edit of Pulumi.${options.stack}.yaml`],
        [`npx anchorage destroy${suffix}`, "take it down again"],
    ];
    if (cluster.kind === "lab") commands.push([labCommand("stop", cluster.name), "end the lab; what is in it is kept"]);
    const width = Math.max(...commands.map(([command]) => command.length));
    return commands.map(([command, purpose], index) => [
        index === 0 ? "next" : "",
        `${command.padEnd(width)}     ${purpose}`,
    ]);
}
