import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { parse, stringify } from "yaml";
import { onDisk } from "./disk";
import { requireIdentity } from "./identity";
import { labLayout } from "./layout";
import { placeChart } from "./place-chart";

/** The older contract chart of Harbor that is asked for: the caller knows what is different (config/contract-chart.ts). */
export interface HarborChartPin {
    /** Its folder in the folder of charts. */
    readonly folder: string;
    /** Version of the chart. */
    readonly version: string;
    /** Version of Harbor. */
    readonly app: string;
    /** Dotted keys of the project's chart that this one does not have, each with all below it. */
    readonly absent: readonly string[];
    /** Values of `expose.type` that this one does not know. */
    readonly absentExposures: readonly string[];
    /** Parts of images' names that were others. */
    readonly images: readonly (readonly [now: string, then: string])[];
}

export interface PrepareHarborChartOptions {
    /** Of a lab that was started once. */
    readonly name: string;
    readonly pin: HarborChartPin;
    readonly signal?: AbortSignal;
}

/**
 * Has the contract chart of an older Harbor in the lab's folder of charts (LabEndpoints.charts); quick where it is.
 * @returns absolute path of its folder
 * @throws UserError where there is no such lab
 */
export async function prepareHarborChart({ name, pin, signal }: PrepareHarborChartOptions): Promise<string> {
    const layout = labLayout(name);
    await requireIdentity(name, layout);
    const folder = path.join(layout.charts, pin.folder);
    await onDisk(layout.folder, async () => placeChart(await harborChartFiles(pin), folder, signal));
    return folder;
}

/** The project's own chart, of the newest version. */
const newest = path.join(__dirname, "charts", "harbor");

type Tree = Record<string, unknown>;

/** The project's chart without what an older one does not have, as texts by their paths: same templates, fewer keys. */
export async function harborChartFiles(pin: HarborChartPin): Promise<ReadonlyMap<string, string>> {
    const entries = await readdir(newest, { withFileTypes: true, recursive: true });
    const names = entries
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(newest, path.join(entry.parentPath, entry.name)))
        .sort();
    return new Map(
        await Promise.all(
            names.map(async (name) => {
                const text = await readFile(path.join(newest, name), "utf8");
                return [name, older(name, text, pin)] as const;
            }),
        ),
    );
}

function older(name: string, text: string, pin: HarborChartPin): string {
    switch (name) {
        case "Chart.yaml":
            return stringify({
                ...(parse(text) as Tree),
                version: pin.version,
                appVersion: pin.app,
                annotations: { "anchorage/contract-of": `goharbor/harbor-helm ${pin.version}` },
            });
        case "values.yaml":
            return stringify(olderValues(parse(text) as Tree, pin));
        case "values.schema.json":
            return JSON.stringify(olderSchema(JSON.parse(text) as Tree, pin), undefined, 2);
        default:
            return text;
    }
}

function olderValues(values: Tree, { absent, app, images }: HarborChartPin): Tree {
    for (const key of absent) {
        const keys = key.split(".");
        const last = keys.pop() ?? "";
        const above = keys.reduce<unknown>((here, part) => (isTree(here) ? here[part] : undefined), values);
        if (isTree(above)) Reflect.deleteProperty(above, last);
    }
    renameImages(values, app, images);
    return values;
}

/** An image is a map with `repository` and `tag`. */
function renameImages(values: Tree, app: string, images: HarborChartPin["images"]): void {
    const { repository } = values;
    if (typeof repository === "string" && "tag" in values) {
        values["repository"] = images.reduce((name, [now, then]) => name.replace(now, then), repository);
        values["tag"] = `v${app}`;
    }
    for (const value of Object.values(values)) if (isTree(value)) renameImages(value, app, images);
}

function olderSchema(schema: Tree, { absent, absentExposures }: HarborChartPin): Tree {
    const definitions = schema["$defs"] as Readonly<Record<string, Tree>>;
    for (const key of absent) {
        const keys = key.split(".");
        const last = keys.pop() ?? "";
        Reflect.deleteProperty(propertiesAt(schema, keys, definitions), last);
    }
    const type = propertiesAt(schema, ["expose"], definitions)["type"] as { enum: readonly string[] };
    type.enum = type.enum.filter((value) => !absentExposures.includes(value));
    return schema;
}

/** The properties of what lies at those keys; what is shared with other keys is copied on the way. */
function propertiesAt(schema: Tree, keys: readonly string[], definitions: Readonly<Record<string, Tree>>): Tree {
    let properties = schema["properties"] as Tree;
    for (const key of keys) {
        const given = properties[key] as Tree;
        const shared = typeof given["$ref"] === "string" ? given["$ref"].replace("#/$defs/", "") : undefined;
        if (shared !== undefined) properties[key] = structuredClone(definitions[shared]);
        properties = (properties[key] as Tree)["properties"] as Tree;
    }
    return properties;
}

function isTree(value: unknown): value is Tree {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
