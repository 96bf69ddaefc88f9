import { neededOperators } from "../config/needed-operators";
import type { Context, StackOptions } from "./context";
import { labChartPins } from "./lab-charts";
import { readableSettings } from "./readable-settings";

/**
 * Where a stack is rehearsed in a lab: starts that, and has in it the contract charts of the operators that the stack
 * installs, and the kinds of those that it expects to find.
 */
export async function startRehearsalLab({ stack, lab }: StackOptions, context: Context): Promise<void> {
    if (lab === undefined) return;
    const { reporter } = context;
    await reporter.step(`lab ${lab}`, (update) => context.lab.start({ name: lab }, update));
    const settings = await readableSettings(context.projectRoot, stack);
    const needed = neededOperators(settings);
    const pins = labChartPins(needed.filter((id) => !settings.operators[id].installed));
    if (pins.length > 0) await reporter.step(`charts of lab ${lab}`, (update) => context.lab.charts(lab, pins, update));
    const found = [
        ...needed.filter((id) => settings.operators[id].installed),
        ...(settings.harbor.serviceMonitors ? (["prometheus-operator"] as const) : []),
    ];
    if (found.length > 0)
        await reporter.step(`kinds in lab ${lab}`, (update) => context.lab.definitions(lab, found, update));
}
