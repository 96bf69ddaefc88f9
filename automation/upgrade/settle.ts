import { readFile } from "node:fs/promises";
import path from "node:path";
import { writeFileAtomic } from "../../lib/files";

/**
 * Pulumi.<stack>.yaml with another `harbor.version`; all else, comments and layout too, stays. Pure.
 * @returns undefined where it says so already
 */
export async function withHarborVersion(text: string, project: string, version: string): Promise<string | undefined> {
    const { isMap, isScalar, parseDocument } = await import("yaml");
    const document = parseDocument(text);
    const key = ["harbor", `${project}:harbor`].find((name) => document.hasIn(["config", name]));
    const at = ["config", key ?? `${project}:harbor`];
    const now: unknown = document.getIn([...at, "version"], true);
    if (isScalar(now) && now.value === version) return undefined;
    // In its place in the text: writing the document anew would lay out lines that nobody changed.
    if (isScalar(now) && now.range) return text.slice(0, now.range[0]) + version + text.slice(now.range[1]);
    const harbor: unknown = document.getIn(at, true);
    if (isMap(harbor) && harbor.flow === true && harbor.range && harbor.items.length > 0) {
        const inside = text.slice(0, harbor.range[1] - 1).trimEnd();
        return `${inside}, version: ${version}${text.slice(inside.length)}`;
    }
    if (!isMap(document.get("config"))) document.set("config", document.createNode({}));
    if (!isMap(harbor)) document.setIn(at, document.createNode({}));
    document.setIn([...at, "version"], version);
    return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** Makes a stack's settings say which Harbor is installed. @returns what was done; undefined: they said so already */
export async function settleSettings(projectRoot: string, stack: string, version: string): Promise<string | undefined> {
    const name = `Pulumi.${stack}.yaml`;
    const file = path.join(projectRoot, name);
    const changed = await withHarborVersion(await readFile(file, "utf8"), await projectName(projectRoot), version);
    if (changed === undefined) return undefined;
    await writeFileAtomic(file, changed);
    return `harbor.version in ${name} is now ${version}: commit that file`;
}

/** The stack's own `harbor` settings with that version, for the engine: they take the place of those in the file. */
export async function harborOverride(
    projectRoot: string,
    stack: string,
    version: string,
): Promise<Readonly<Record<string, unknown>>> {
    const { parse } = await import("yaml");
    const text = await readFile(path.join(projectRoot, `Pulumi.${stack}.yaml`), "utf8");
    const { config = {} } = (parse(text) ?? {}) as { readonly config?: Readonly<Record<string, unknown>> | null };
    const own = config?.[`${await projectName(projectRoot)}:harbor`] ?? config?.["harbor"];
    return { harbor: { ...(own as object | undefined), version } };
}

export async function projectName(projectRoot: string): Promise<string> {
    const { parse } = await import("yaml");
    const { name } = parse(await readFile(path.join(projectRoot, "Pulumi.yaml"), "utf8")) as { readonly name: string };
    return name;
}
