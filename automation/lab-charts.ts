import { operatorCharts } from "../config/catalogue";
import type { Settings } from "../config/schema";
import { ExitCode, UserError } from "../lib/errors";
import type { Context, LabChart, LabChartPin } from "./context";

type Operator = LabChartPin["operator"];

/** Ids as in the settings `operators`. */
export const labOperators = Object.keys(operatorCharts) as readonly Operator[];

/** The charts of the catalogue, under the names of their folders. @param settings may pin other versions of them */
export function labChartPins(operators: readonly Operator[], settings?: Pick<Settings, "operators">): LabChartPin[] {
    return operators.map((operator) => {
        const { chart, version, app, folder = chart } = operatorCharts[operator];
        return { operator, chart, version: settings?.operators[operator].version ?? version, app, folder };
    });
}

export interface LabChartsOptions {
    /** The lab. */
    readonly name: string;
    /** Ids of operators; none means all. */
    readonly operators: readonly string[];
}

/**
 * Has the contract charts of operators in the lab, and prints where each of them is.
 * @throws UserError for an operator that there is not, or a lab that was never started
 */
export async function labCharts(options: LabChartsOptions, context: Context): Promise<readonly LabChart[]> {
    const { reporter } = context;
    const { name } = options;
    const pins = labChartPins(chosen(options.operators));
    const charts = await reporter.step(`charts of lab ${name}`, (update) => context.lab.charts(name, pins, update));
    const width = (column: (chart: LabChart) => string): number =>
        Math.max(...charts.map((chart) => column(chart).length));
    const [operators, versions] = [width(({ operator }) => operator), width(({ version }) => version)];
    for (const { operator, version, folder } of charts)
        reporter.line(`  ${operator.padEnd(operators)}  ${version.padEnd(versions)}  ${folder}`);
    reporter.event({ kind: "result", verb: "lab charts", name, charts });
    return charts;
}

function chosen(names: readonly string[]): readonly Operator[] {
    if (names.length === 0) return labOperators;
    const isOperator = (name: string): name is Operator => labOperators.some((operator) => operator === name);
    const unknown = names.filter((name) => !isOperator(name));
    if (unknown.length > 0) {
        throw new UserError(`no operator: ${unknown.join(", ")}`, {
            details: [`operators: ${labOperators.join(", ")}`],
            next: ["name some of these, or none for all"],
            exitCode: ExitCode.usage,
        });
    }
    return names.filter(isOperator);
}
