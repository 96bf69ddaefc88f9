import type { Part } from "../../config/parts/part";

/**
 * The parts as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html): a box for each namespace, an arrow for
 * each use; what is retired has a dashed border, a single point of failure a thick one.
 */
export function renderMermaid(parts: readonly Part[]): string[] {
    const drawn = parts.filter(({ kind }) => kind !== "cluster");
    const outside = drawn.filter(({ namespace }) => namespace === undefined);
    const namespaces = [...new Set(drawn.flatMap(({ namespace }) => namespace ?? []))];
    return [
        "flowchart LR",
        ...outside.map((part) => `    ${node(part)}`),
        ...namespaces.flatMap((namespace) => [
            `    subgraph ${nodeId(`namespace-${namespace}`)}[${quoted(`namespace ${namespace}`)}]`,
            ...drawn.filter((part) => part.namespace === namespace).map((part) => `        ${node(part)}`),
            "    end",
        ]),
        ...drawn.flatMap(({ id, uses }) =>
            uses.map((used) => `    ${nodeId(id)} -->|${quoted(used.what)}| ${nodeId(used.part)}`),
        ),
        "    classDef retired stroke-dasharray:5",
        "    classDef single stroke-width:3px",
        ...classLine(drawn, "retired", ({ retired }) => retired !== undefined),
        ...classLine(drawn, "single", ({ singlePointOfFailure }) => singlePointOfFailure !== undefined),
    ];
}

/** Shapes by what a part is: a cylinder keeps data, a stadium is somebody else's, a box works. */
function node(part: Part): string {
    const { id, title, version, instances, kind } = part;
    const facts = [version, instances === undefined || instances === 1 ? undefined : `× ${String(instances)}`];
    const second = facts.filter((fact) => fact !== undefined).join(" ");
    const label = quoted(title, ...(second === "" ? [] : [second]));
    if (kind === "database" || kind === "cache" || kind === "storage") return `${nodeId(id)}[(${label})]`;
    return part.namespace === undefined ? `${nodeId(id)}([${label}])` : `${nodeId(id)}[${label}]`;
}

/** Letters, digits and underscores, with a prefix that keeps clear of Mermaid's own words (`end`, `graph`). */
function nodeId(id: string): string {
    return `n_${id.replaceAll(/[^a-zA-Z0-9]/g, "_")}`;
}

/** A label in quotes, a line for each text; what Mermaid or HTML would read as a sign is written as an entity. */
function quoted(...lines: readonly string[]): string {
    const escaped = lines.map((line) =>
        line.replaceAll(/["#&<>|`\\;]/g, (sign) => `#${String(sign.codePointAt(0))};`).replaceAll(/\s+/g, " "),
    );
    return `"${escaped.join("<br/>")}"`;
}

function classLine(parts: readonly Part[], name: string, wanted: (part: Part) => boolean): string[] {
    const ids = parts.filter(wanted).map(({ id }) => nodeId(id));
    return ids.length === 0 ? [] : [`    class ${ids.join(",")} ${name}`];
}
