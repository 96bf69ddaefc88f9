import { parse, parseAllDocuments } from "yaml";

/** A Kubernetes object as a chart renders it. */
export type Tree = Readonly<Record<string, unknown>>;

/** Keys of Secrets that a chart makes anew at every rendering: only their presence is compared. */
const generated = new Set([
    "secret",
    "CSRF_KEY",
    "JOBSERVICE_SECRET",
    "REGISTRY_HTTP_SECRET",
    "REGISTRY_HTPASSWD",
    "tls.crt",
    "tls.key",
    "ca.crt",
]);

/** Files in ConfigMaps that the contract chart leaves out, see its README: only their presence is compared. */
const leftOut = new Set(["nginx.conf"]);

/** Lists whose order means nothing. */
const unordered = new Set(["env", "envFrom", "volumes", "volumeMounts", "ports"]);

/** Maps that mean the same empty and absent. */
const emptyIsAbsent = new Set(["annotations", "labels", "data"]);

/**
 * The objects of a rendered chart by "Kind name", each brought to one form: what means nothing (null, order of the
 * environment, spelling of an empty subPath) is taken out, what is random or a digest is replaced by a mark, and a
 * configuration file is compared by its content. Everything else stays.
 */
export function objectsOf(manifests: string): Map<string, Tree> {
    const objects = new Map<string, Tree>();
    for (const document of parseAllDocuments(manifests)) {
        const object: unknown = document.toJS();
        if (!isTree(object)) continue;
        const name = isTree(object["metadata"]) ? String(object["metadata"]["name"]) : "";
        const key = `${String(object["kind"])} ${name}`;
        if (objects.has(key)) throw new Error(`rendered twice: ${key}`);
        objects.set(key, normalise(object, []) as Tree);
    }
    return objects;
}

function normalise(value: unknown, path: readonly string[]): unknown {
    if (Array.isArray(value)) {
        const items = value.map((item) => normalise(item, path));
        return unordered.has(path.at(-1) ?? "")
            ? items.sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))
            : items;
    }
    if (!isTree(value)) return value;
    const kind = path.length === 0 ? String(value["kind"]) : "";
    const result: Record<string, unknown> = {};
    for (const key of Object.keys(value).sort()) {
        const child = value[key];
        if (child === null || child === undefined || (key === "subPath" && child === "")) continue;
        const inner = normalise(child, [...path, key]);
        if (Array.isArray(inner) && inner.length === 0) continue;
        if (emptyIsAbsent.has(key) && isTree(inner) && Object.keys(inner).length === 0) continue;
        if (key.startsWith("checksum/")) result[key] = "<digest>";
        else if (key === "app.kubernetes.io/version") result[key] = "<version>";
        else if (key === "namespace" && path.join() === "metadata")
            continue; // where it is left out, Helm fills it in
        else if (key === "data" && kind === "Secret") result[key] = entries(inner, secretEntry);
        else if (key === "data" && kind === "ConfigMap") result[key] = entries(inner, configEntry);
        else result[key] = inner;
    }
    return result;
}

function entries(data: unknown, change: (key: string, value: string) => unknown): Tree {
    if (!isTree(data)) throw new Error("data is no map");
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, change(key, value as string)]));
}

function secretEntry(key: string, value: string): unknown {
    return generated.has(key) ? "<generated>" : Buffer.from(value, "base64").toString();
}

function configEntry(key: string, value: string): unknown {
    if (leftOut.has(key)) return "<left out>";
    if (!key.endsWith(".yml")) return value.trim();
    return texts(normalise(parse(value), []));
}

/** The leaves as texts: one chart writes `chunksize: 5`, the other `chunksize: "5"`, and the reader takes both. */
function texts(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(texts);
    if (isTree(value)) return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, texts(child)]));
    return String(value);
}

export function isTree(value: unknown): value is Tree {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
