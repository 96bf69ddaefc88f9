import type { Operation, ResourceState } from "../engine";
import type { Colour, Style } from "./style";

/** The word for what an update did, or a preview would do, to a resource. */
export type Tense = "done" | "planned";

const words: Record<Operation, readonly [done: string, planned: string, colour: Colour]> = {
    create: ["created", "create", "green"],
    update: ["updated", "update", "yellow"],
    replace: ["replaced", "replace", "magenta"],
    delete: ["deleted", "delete", "red"],
    same: ["unchanged", "unchanged", "dim"],
    read: ["read", "read", "dim"],
    refresh: ["refreshed", "refresh", "cyan"],
};

export function operationWord(op: Operation, tense: Tense, style: Style): string {
    const [done, planned, colour] = words[op];
    return style(colour, tense === "done" ? done : planned);
}

/** `kubernetes:core/v1:Secret` is `Secret`; `anchorage:components:Registry` is `Registry`. */
export function shortType(type: string): string {
    return type.split(":").at(-1) ?? type;
}

/** What the tree needs of a resource. */
export type TreeNode = Pick<ResourceState, "urn" | "type" | "name" | "parent" | "custom">;

/**
 * The resources as a tree of components, one line each: name, kind and state. The stack's own resource is
 * left out; what it holds stands at the left edge.
 *
 * @param state the word behind a resource, from its URN; an empty text leaves it out
 */
export function renderTree(resources: readonly TreeNode[], state: (urn: string) => string, style: Style): string[] {
    const known = new Map(resources.map((resource) => [resource.urn, resource]));
    const children = new Map<string, TreeNode[]>();
    for (const resource of resources) {
        if (resource.type === "pulumi:pulumi:Stack") continue;
        const parent = resource.parent === undefined ? undefined : known.get(resource.parent);
        const key = parent === undefined || parent.type === "pulumi:pulumi:Stack" ? "" : parent.urn;
        const siblings = children.get(key);
        if (siblings) siblings.push(resource);
        else children.set(key, [resource]);
    }
    const rows: { head: string; kind: string; urn: string }[] = [];
    const walk = (parent: string, indent: string): void => {
        const siblings = children.get(parent) ?? [];
        siblings.forEach((resource, index) => {
            const last = index === siblings.length - 1;
            const branch = parent === "" ? "" : last ? "└─ " : "├─ ";
            rows.push({ head: indent + branch + resource.name, kind: shortType(resource.type), urn: resource.urn });
            walk(resource.urn, parent === "" ? "" : indent + (last ? "   " : "│  "));
        });
    };
    walk("", "");
    const headWidth = Math.max(0, ...rows.map((row) => row.head.length));
    const kindWidth = Math.max(0, ...rows.map((row) => row.kind.length));
    return rows.map(({ head, kind, urn }) =>
        `${head.padEnd(headWidth)}  ${style("dim", kind.padEnd(kindWidth))}  ${state(urn)}`.trimEnd(),
    );
}
