import { contractChart } from "../config/contract-chart";
import { neededOperators } from "../config/needed-operators";
import type { Context, StackOptions } from "./context";
import { labChartPins } from "./lab-charts";
import { readableSettings } from "./readable-settings";

/**
 * Has in the lab what a stack needs of it: the contract charts of the operators that the stack installs and of an older
 * Harbor, the kinds of those operators that it expects to find, and Velero. Where a stack is rehearsed in a lab, that is
 * started first; a stack whose own cluster is a lab finds it running. Does nothing for every other stack.
 */
export async function startRehearsalLab({ stack, lab }: StackOptions, context: Context): Promise<void> {
    const { reporter } = context;
    if (lab !== undefined) await reporter.step(`lab ${lab}`, (update) => context.lab.start({ name: lab }, update));
    const settings = await readableSettings(context.projectRoot, stack);
    const name = lab ?? (settings.cluster.kind === "lab" ? settings.cluster.name : undefined);
    if (name === undefined) return;
    const needed = neededOperators(settings);
    const pins = labChartPins(
        needed.filter((id) => !settings.operators[id].installed),
        settings,
    );
    if (pins.length > 0)
        await reporter.step(`charts of lab ${name}`, (update) => context.lab.charts(name, pins, update));
    // A stack that is rehearsed takes its charts from the lab, wherever its own come from.
    const contract = lab !== undefined || settings.charts.source === "contract";
    const harbor = contract ? contractChart(settings.harbor.version) : undefined;
    if (harbor !== undefined)
        await reporter.step(`chart of Harbor ${harbor.app} in lab ${name}`, () =>
            context.lab.harborChart(name, harbor),
        );
    const found = [
        ...needed.filter((id) => settings.operators[id].installed),
        ...(settings.harbor.serviceMonitors ? (["prometheus-operator"] as const) : []),
        // Of the cluster, not of Velero: its CSI driver brings them.
        ...(settings.backup.kind === "velero" && settings.backup.volumes === "snapshots"
            ? (["volume-snapshots"] as const)
            : []),
    ];
    if (found.length > 0)
        await reporter.step(`kinds in lab ${name}`, (update) => context.lab.definitions(name, found, update));
    if (needed.includes("velero"))
        await reporter.step(`Velero of lab ${name}`, (update) => context.lab.velero(name, update));
}
