import { contractChart } from "../../config/contract-chart";
import { neededOperators } from "../../config/needed-operators";
import type { Context, SelectedEngine, StackOptions } from "../context";
import { labChartPins } from "../lab-charts";
import { readableSettings } from "../readable-settings";
import type { HopRecord, Side } from "./record";
import { settingsOf, settingsOverride } from "./settle";

/** The engine with that Harbor in place of the one of the settings; its contract chart is there, where a lab needs it. */
export async function engineFor(version: string, options: StackOptions, context: Context): Promise<SelectedEngine> {
    return engineOf({ from: version, to: version }, "to", options, context);
}

/** The engine with what is on one side of a hop, whatever the settings say. */
export async function engineOf(
    hop: Pick<HopRecord, "from" | "to" | "parts">,
    side: Side,
    options: StackOptions,
    context: Context,
): Promise<SelectedEngine> {
    const { projectRoot } = context;
    const settings = await readableSettings(projectRoot, options.stack);
    const lab = options.lab ?? (settings.cluster.kind === "lab" ? settings.cluster.name : undefined);
    const contract = options.lab !== undefined || settings.charts.source === "contract";
    if (lab !== undefined && contract) {
        const chart = contractChart(hop[side]);
        if (chart !== undefined) await context.lab.harborChart(lab, chart);
        const operators = new Map((hop.parts?.operators ?? []).map((one) => [one.id, one[side]]));
        const pins = labChartPins(neededOperators(settings).filter((id) => operators.has(id)));
        const other = pins.map((pin) => ({ ...pin, version: operators.get(pin.operator) ?? pin.version }));
        if (other.length > 0) await context.lab.charts(lab, other, () => undefined);
    }
    // A hop of parts leaves Harbor as it is, too: whatever version the file says by then.
    const changed = [...(hop.parts === undefined ? [] : settingsOf({ from: hop.from, to: hop.to }, side))];
    return context.selectEngine(
        options,
        await settingsOverride(projectRoot, options.stack, [...changed, ...settingsOf(hop, side)]),
    );
}
