import type { Exec } from "../../lib/exec";
import { readLabEndpoints } from "../../lib/lab-endpoints";
import { customResourceDefinitions, type DefinitionOptions } from "../custom-resources/resolver";
import { operatorFacts, type Operator } from "./facts";

/**
 * An operator; the Prometheus operator, whose kinds Harbor's chart makes where it is told to; or CSI drivers, whose
 * snapshots Velero takes.
 */
export type DefinitionOwner = Operator | "prometheus-operator" | "volume-snapshots";

export interface InstallDefinitionsOptions extends DefinitionOptions {
    /** Of a lab that runs. */
    readonly name: string;
    readonly owners: readonly DefinitionOwner[];
    readonly exec: Exec;
}

/**
 * Puts definitions into the lab's cluster without a release: for stacks whose cluster has the operator already
 * (`operators.<id>.installed`), or that make ServiceMonitors. They stay until the lab is reset.
 * @returns the names of the definitions, established
 * @throws UserError where there is no such lab, or definitions cannot be downloaded
 */
export async function installDefinitions(options: InstallDefinitionsOptions): Promise<readonly string[]> {
    const { name, owners, exec, signal, onProgress } = options;
    const { kubeconfig, context, tools } = await readLabEndpoints(name);
    const sets = owners.flatMap((owner) =>
        owner === "prometheus-operator" || owner === "volume-snapshots" ? [owner] : operatorFacts[owner].definitions,
    );
    const items = await customResourceDefinitions(sets, options);
    if (items.length === 0) return [];
    const kubectl = (args: readonly string[], input?: string): Promise<unknown> =>
        exec(tools.kubectl, ["--kubeconfig", kubeconfig, "--context", context, ...args], {
            signal,
            ...(input === undefined ? {} : { input }),
        });
    onProgress?.(`${String(items.length)} definitions`);
    await kubectl(
        ["apply", "--server-side", "--field-manager", "anchorage-lab", "-f", "-"],
        JSON.stringify({ apiVersion: "v1", kind: "List", items }),
    );
    const names = items.map(({ metadata }) => metadata.name);
    const resources = names.map((definition) => `customresourcedefinition/${definition}`);
    await kubectl(["wait", "--for", "condition=Established", "--timeout", "60s", ...resources]);
    return names;
}
