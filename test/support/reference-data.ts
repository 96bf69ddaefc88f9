import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { projectRoot } from "../../lib/home";
import { isTree, type Tree } from "./chart-objects";

/** Other projects' files to check against, where they are beside the project or named by ANCHORAGE_DATA; no copy of ours. */
const folder = path.resolve(process.env["ANCHORAGE_DATA"] ?? path.join(projectRoot, "..", "shared", "data"));

function read(kind: "values" | "crds" | "api", name: string): Tree | undefined {
    const file = path.join(folder, kind, `${name}.yaml`);
    if (!existsSync(file)) return undefined;
    // A file may be a template (spotahome's definition): its text without the actions is the object.
    const text = readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => !line.includes("{{"))
        .join("\n");
    const content: unknown = parse(text);
    if (!isTree(content)) throw new Error(`${file} is no object`);
    return content;
}

/** The folder of definitions; undefined where it is not on this machine. */
export function referenceDefinitions(): string | undefined {
    const definitions = path.join(folder, "crds");
    return existsSync(definitions) ? definitions : undefined;
}

/** The default values of a chart; undefined where they are not on this machine. */
export function referenceValues(name: string): Tree | undefined {
    return read("values", name);
}

/** A CustomResourceDefinition; undefined where it is not on this machine. */
export function referenceDefinition(name: string): Tree | undefined {
    return read("crds", name);
}

/** Harbor's REST API as OpenAPI 2; undefined where it is not on this machine. */
export function referenceApi(name: string): Tree | undefined {
    return read("api", name);
}
