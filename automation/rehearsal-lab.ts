import { neededOperators } from "../config/needed-operators";
import type { Context, StackOptions } from "./context";
import { labChartPins } from "./lab-charts";
import { readableSettings } from "./readable-settings";

/**
 * Where a stack is rehearsed in a lab: starts that, and has in it the contract charts of the operators that the stack
 * installs.
 */
export async function startRehearsalLab({ stack, lab }: StackOptions, context: Context): Promise<void> {
    if (lab === undefined) return;
    const { reporter } = context;
    await reporter.step(`lab ${lab}`, (update) => context.lab.start({ name: lab }, update));
    const settings = await readableSettings(context.projectRoot, stack);
    const pins = labChartPins(neededOperators(settings).filter((id) => !settings.operators[id].installed));
    if (pins.length > 0) await reporter.step(`charts of lab ${lab}`, (update) => context.lab.charts(lab, pins, update));
}
