import assert from "node:assert/strict";

/** A flowchart as it was read. */
export interface Flowchart {
    /** Label by id, entities decoded, lines apart. */
    readonly nodes: ReadonlyMap<string, readonly string[]>;
    /** Ids of the nodes in each box, by the box's label. */
    readonly groups: ReadonlyMap<string, readonly string[]>;
    readonly edges: readonly (readonly [from: string, label: string, to: string])[];
    /** Ids of the nodes of each class. */
    readonly classes: ReadonlyMap<string, readonly string[]>;
}

const id = "[a-z][A-Za-z0-9_]*";
const label = '"([^"]*)"';
const grammar = {
    node: new RegExp(`^(${id})(?:\\[${label}\\]|\\(\\[${label}\\]\\)|\\[\\(${label}\\)\\])$`),
    group: new RegExp(`^subgraph (${id})\\[${label}\\]$`),
    end: /^end$/,
    edge: new RegExp(`^(${id}) -->\\|${label}\\| (${id})$`),
    classDef: /^classDef ([a-z]+) [a-z-]+:[\w#%.]+(?:,[a-z-]+:[\w#%.]+)*$/,
    class: new RegExp(`^class (${id}(?:,${id})*) ([a-z]+)$`),
};
/** Words of Mermaid's own, which an id must not be. */
const reserved = /^(graph|flowchart|subgraph|end|class|classDef|click|style|linkStyle|default|direction)$/i;

/**
 * Reads the part of Mermaid's flowcharts that we write, and nothing else: each line is one statement, each label is
 * quoted and holds no sign that Mermaid or HTML reads, each node is declared once and before it is used.
 */
export function readFlowchart(lines: readonly string[]): Flowchart {
    const [head, ...statements] = lines;
    assert.match(head ?? "", /^flowchart (LR|TD)$/);
    const nodes = new Map<string, readonly string[]>();
    const groups = new Map<string, string[]>();
    const edges: [string, string, string][] = [];
    const defined = new Set<string>();
    const classes = new Map<string, readonly string[]>();
    const boxes = new Set<string>();
    let group: string[] | undefined;
    const known = (node: string): void => {
        assert.ok(nodes.has(node), `${node} is used and not declared`);
    };
    const fresh = (name: string): void => {
        assert.ok(!nodes.has(name) && !boxes.has(name), `${name} is declared twice`);
        assert.doesNotMatch(name, reserved);
    };
    for (const statement of statements) {
        const line = statement.trim();
        let match: RegExpExecArray | null;
        if ((match = grammar.node.exec(line))) {
            const [, name = "", ...labels] = match;
            fresh(name);
            assert.equal(edges.length, 0, `${line} stands after an arrow`);
            nodes.set(name, decoded(labels.join("")));
            group?.push(name);
        } else if ((match = grammar.group.exec(line))) {
            assert.equal(group, undefined, `${line} stands in another box`);
            fresh(match[1] ?? "");
            boxes.add(match[1] ?? "");
            group = [];
            groups.set(decoded(match[2] ?? "").join(" "), group);
        } else if (grammar.end.test(line)) {
            assert.ok(group && group.length > 0, "a box that is not open, or empty");
            group = undefined;
        } else if ((match = grammar.edge.exec(line))) {
            const [, from = "", text = "", to = ""] = match;
            [from, to].forEach(known);
            edges.push([from, decoded(text).join(" "), to]);
        } else if ((match = grammar.classDef.exec(line))) {
            defined.add(match[1] ?? "");
        } else if ((match = grammar.class.exec(line))) {
            const members = (match[1] ?? "").split(",");
            members.forEach(known);
            assert.ok(defined.has(match[2] ?? ""), `${line}: no such class`);
            classes.set(match[2] ?? "", members);
        } else assert.fail(`no statement that we write: ${line}`);
    }
    assert.equal(group, undefined, "a box is left open");
    return { nodes, groups, edges, classes };
}

function decoded(text: string): readonly string[] {
    assert.match(text, /^(?:[^"#&<>|`\\;]|#\d+;|<br\/>)+$/, `a sign of Mermaid's in the label ${text}`);
    return text
        .split("<br/>")
        .map((line) => line.replaceAll(/#(\d+);/g, (_entity, code) => String.fromCodePoint(Number(code))));
}
