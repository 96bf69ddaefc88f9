import { readFile } from "node:fs/promises";
import path from "node:path";
import { writeFileAtomic } from "../../lib/files";
import type { HopRecord, Side } from "./record";

/** A setting and its value: `["database", "version"]`, `17`. */
type Setting = readonly [path: readonly [string, ...string[]], value: string];

/**
 * Pulumi.<stack>.yaml with another value of a setting that is a text; all else, comments and layout too, stays. Pure.
 * @returns undefined where it says so already
 */
export async function withSetting(text: string, project: string, setting: Setting): Promise<string | undefined> {
    const { isMap, isScalar, parseDocument } = await import("yaml");
    const [[top, ...below], value] = setting;
    const document = parseDocument(text);
    const key = [top, `${project}:${top}`].find((name) => document.hasIn(["config", name])) ?? `${project}:${top}`;
    const at = ["config", key, ...below];
    const now: unknown = document.getIn(at, true);
    if (isScalar(now) && now.value === value) return undefined;
    // In its place in the text: writing the document anew would lay out lines that nobody changed.
    if (isScalar(now) && now.range) return text.slice(0, now.range[0]) + written(value) + text.slice(now.range[1]);
    const owner: unknown = document.getIn(at.slice(0, -1), true);
    if (isMap(owner) && owner.flow === true && owner.range && owner.items.length > 0) {
        const inside = text.slice(0, owner.range[1] - 1).trimEnd();
        return `${inside}, ${at.at(-1) ?? ""}: ${written(value)}${text.slice(inside.length)}`;
    }
    for (let depth = 1; depth < at.length; depth++) {
        const above = at.slice(0, depth);
        if (!isMap(document.getIn(above, true))) document.setIn(above, document.createNode({}));
    }
    document.setIn(at, value);
    return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** As it stands in YAML for a text: `17` alone would be a number. */
function written(value: string): string {
    return /^\d+(\.\d+)?$/.test(value) ? JSON.stringify(value) : value;
}

/** What of the settings is different on the two sides of a hop. Pure. */
export function settingsOf(hop: Pick<HopRecord, "from" | "to" | "parts">, side: Side): readonly Setting[] {
    if (hop.parts === undefined) return [[["harbor", "version"], hop[side]]];
    const { database, operators } = hop.parts;
    return [
        ...(database === undefined ? [] : [[["database", "version"], database[side]] as const]),
        ...operators.map((one): Setting => [["operators", one.id, "version"], one[side]]),
    ];
}

/**
 * Makes a stack's settings say what is installed. An operator's version is only written where it is that of before: a newer
 * one is the catalogue's. @returns what was done; undefined: they said so already
 */
export async function settleSettings(
    projectRoot: string,
    stack: string,
    hop: Pick<HopRecord, "from" | "to" | "parts">,
    side: Side,
): Promise<string | undefined> {
    const name = `Pulumi.${stack}.yaml`;
    const file = path.join(projectRoot, name);
    const project = await projectName(projectRoot);
    const told: string[] = [];
    let text = await readFile(file, "utf8");
    for (const setting of settingsOf(hop, side)) {
        const [at, value] = setting;
        if (side === "to" && at[0] === "operators") continue;
        const changed = await withSetting(text, project, setting);
        if (changed === undefined) continue;
        text = changed;
        told.push(`${at.join(".")} in ${name} is now ${value}`);
    }
    if (told.length === 0) return undefined;
    await writeFileAtomic(file, text);
    return `${told.join(", ")}: commit that file`;
}

/** The stack's own settings with those values, for the engine: they take the place of those in the file. */
export async function settingsOverride(
    projectRoot: string,
    stack: string,
    settings: readonly Setting[],
): Promise<Readonly<Record<string, unknown>>> {
    const { parse } = await import("yaml");
    const text = await readFile(path.join(projectRoot, `Pulumi.${stack}.yaml`), "utf8");
    const { config } = (parse(text) ?? {}) as { readonly config?: Readonly<Record<string, unknown>> | null };
    const project = await projectName(projectRoot);
    const overrides: Record<string, unknown> = {};
    for (const [[top, ...below], value] of settings) {
        const own = overrides[top] ?? config?.[`${project}:${top}`] ?? config?.[top];
        overrides[top] = withValue(own, below, value);
    }
    return overrides;
}

function withValue(own: unknown, [key, ...below]: readonly string[], value: string): unknown {
    if (key === undefined) return value;
    const map = (own ?? {}) as Readonly<Record<string, unknown>>;
    return { ...map, [key]: withValue(map[key], below, value) };
}

export async function projectName(projectRoot: string): Promise<string> {
    const { parse } = await import("yaml");
    const { name } = parse(await readFile(path.join(projectRoot, "Pulumi.yaml"), "utf8")) as { readonly name: string };
    return name;
}

/** As {@link withSetting}, of `harbor.version`. Pure. */
export function withHarborVersion(text: string, project: string, version: string): Promise<string | undefined> {
    return withSetting(text, project, [["harbor", "version"], version]);
}
