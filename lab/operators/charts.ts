import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { stringify } from "yaml";
import { customResourceDefinitions, type DefinitionOptions } from "../custom-resources/resolver";
import { operatorFacts, type Operator, type OperatorFacts } from "./facts";
import { placeChart } from "../place-chart";
import { valuesSchema, type ValueKeys } from "./values-schema";

/** The chart that is asked for: the caller pins it (config/catalogue.ts). */
export interface OperatorChartPin {
    readonly operator: Operator;
    /** The real chart's name and version. */
    readonly chart: string;
    readonly version: string;
    /** Version of what it installs. */
    readonly app: string;
    /** Its folder in the folder of charts: the chart's name, or another where two charts have the same. */
    readonly folder: string;
}

export interface PreparedChart {
    readonly operator: Operator;
    readonly chart: string;
    readonly version: string;
    /** Absolute path of the chart's folder. */
    readonly folder: string;
}

export interface PrepareChartsOptions extends DefinitionOptions {
    /** Absolute path of the folder of charts. */
    readonly folder: string;
}

/**
 * Has the contract charts of these operators in a folder. A chart that is there already is left as it is, unless anything
 * that it is made of has changed.
 * @throws UserError where definitions cannot be downloaded
 */
export async function prepareOperatorCharts(
    pins: readonly OperatorChartPin[],
    options: PrepareChartsOptions,
): Promise<readonly PreparedChart[]> {
    const prepared: PreparedChart[] = [];
    for (const pin of pins) {
        options.onProgress?.(pin.operator);
        const folder = path.join(options.folder, pin.folder);
        const files = await chartFiles(pin, options);
        await placeChart(files, folder, options.signal);
        prepared.push({ operator: pin.operator, chart: pin.chart, version: pin.version, folder });
    }
    return prepared;
}

/** Our part of every chart. */
const generic = path.join(__dirname, "..", "charts", "operator");

/** The chart's files by their paths in it. */
async function chartFiles(pin: OperatorChartPin, options: DefinitionOptions): Promise<ReadonlyMap<string, string>> {
    const facts: OperatorFacts = operatorFacts[pin.operator];
    const keys = JSON.parse(await readFile(path.join(generic, "keys", `${pin.operator}.json`), "utf8")) as ValueKeys;
    const templates = await readdir(path.join(generic, "templates"));
    const definitions = await customResourceDefinitions(facts.definitions, options);
    return new Map([
        ["Chart.yaml", chartYaml(pin)],
        ["values.yaml", "# The real chart has defaults here. This one has none: an absent key means the same.\n{}\n"],
        ["values.schema.json", JSON.stringify(valuesSchema(keys))],
        ["operator.json", JSON.stringify(facts)],
        ...definitions.map(
            (definition) => [`definitions/${definition.metadata.name}.json`, JSON.stringify(definition)] as const,
        ),
        ...(await Promise.all(
            templates.map(async (name) => {
                const text = await readFile(path.join(generic, "templates", name), "utf8");
                return [`templates/${name}`, text] as const;
            }),
        )),
    ]);
}

function chartYaml({ chart, version, app }: OperatorChartPin): string {
    return stringify({
        apiVersion: "v2",
        name: chart,
        description: "Contract chart of a lab: what the real chart of this name and version would make, simulated",
        version,
        appVersion: app,
    });
}
