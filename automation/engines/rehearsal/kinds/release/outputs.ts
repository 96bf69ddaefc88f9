import { parse } from "yaml";
import { isObject, object, text, type Value, type Values } from "../../values";

/** The outputs of a Release from what `helm upgrade --output json` printed. */
export function outputsOf(inputs: Values, release: Values): Values {
    const chart = object(object(release, "chart"), "metadata");
    const [name, namespace] = [text(release, "name") ?? "", text(release, "namespace") ?? ""];
    const version = text(chart, "version") ?? "";
    return {
        ...inputs,
        name,
        namespace,
        version,
        resourceNames: resourceNames(text(release, "manifest") ?? ""),
        status: {
            name,
            namespace,
            revision: release["version"] ?? 0,
            status: text(object(release, "info"), "status") ?? "",
            chart: text(chart, "name") ?? "",
            version,
            appVersion: text(chart, "appVersion") ?? "",
        },
    };
}

/**
 * `{"Deployment.apps/apps/v1": ["namespace/name"], "Secret/v1": [...]}`, as Pulumi's provider gives them: without the
 * namespace where the chart leaves it out.
 */
export function resourceNames(manifest: string): Record<string, Value> {
    const names: Record<string, string[]> = {};
    for (const document of manifest.split(/^---.*$/m)) {
        const item = parse(headOf(document)) as Value;
        if (!isObject(item)) continue;
        const apiVersion = text(item, "apiVersion") ?? "";
        const group = apiVersion.includes("/") ? `.${apiVersion.slice(0, apiVersion.indexOf("/"))}` : "";
        const metadata = object(item, "metadata");
        const key = `${text(item, "kind") ?? ""}${group}/${apiVersion}`;
        const namespace = text(metadata, "namespace");
        const name = text(metadata, "name") ?? "";
        (names[key] ??= []).push(namespace === undefined ? name : `${namespace}/${name}`);
    }
    return Object.fromEntries(
        Object.keys(names)
            .sort()
            .map((key) => [key, (names[key] ?? []).sort()]),
    );
}

/** What says which object a document is: to parse all of a chart takes a quarter of a second. */
function headOf(document: string): string {
    const blocks = document.split(/^(?=[^\s#])/m); // a line that is not indented begins one
    return blocks
        .filter((block) => /^(apiVersion|kind|metadata):/.test(block))
        .map(withoutLabels)
        .join("");
}

/** Of metadata on several lines only the name and the namespace: labels are most of it. */
function withoutLabels(block: string): string {
    const children = /^metadata:[^\S\n]*(?:#.*)?\n+( +)/.exec(block)?.[1];
    if (children === undefined) return block;
    const wanted = new RegExp(`^(metadata:|${children}(name|namespace):)`);
    return `${block
        .split("\n")
        .filter((line) => wanted.test(line))
        .join("\n")}\n`;
}
