import { isTree, type Tree } from "./chart-objects";

/** Follows `$ref` into the `$defs` of the same schema. */
function resolve(root: Tree, node: unknown): Tree {
    if (!isTree(node)) throw new Error(`no schema: ${JSON.stringify(node)}`);
    const reference = node["$ref"];
    if (typeof reference !== "string") return node;
    const [, name] = /^#\/\$defs\/(.+)$/.exec(reference) ?? [];
    const definitions = root["$defs"];
    if (name === undefined || !isTree(definitions)) throw new Error(`cannot follow ${reference}`);
    return resolve(root, definitions[name]);
}

/**
 * Every key that a values.schema.json allows, as "a.b.c", and how it treats keys that it does not name: "open" (any
 * key: labels, affinity) or "closed". Leaves are "leaf". Keys inside lists (an environment variable's name) are left out.
 */
export function schemaKeys(schema: Tree): Map<string, "open" | "closed" | "leaf"> {
    const keys = new Map<string, "open" | "closed" | "leaf">();
    const walk = (node: unknown, path: string): void => {
        const resolved = resolve(schema, node);
        const properties = resolved["properties"];
        const isObject = [resolved["type"]].flat().includes("object");
        const closed = isObject && resolved["additionalProperties"] === false;
        if (path !== "") keys.set(path, closed ? "closed" : isObject ? "open" : "leaf");
        if (!isTree(properties)) return;
        for (const [key, child] of Object.entries(properties)) walk(child, path === "" ? key : `${path}.${key}`);
    };
    walk(schema, "");
    return keys;
}

/** Every key of a chart's values, as "a.b.c"; a map for which `isOpen` holds is a leaf. */
export function valueKeys(values: Tree, isOpen: (path: string) => boolean): string[] {
    const keys: string[] = [];
    const walk = (node: Tree, prefix: string): void => {
        for (const [key, child] of Object.entries(node)) {
            const path = prefix === "" ? key : `${prefix}.${key}`;
            keys.push(path);
            if (isTree(child) && !isOpen(path)) walk(child, path);
        }
    };
    walk(values, "");
    return keys;
}
