import { stringify } from "yaml";
import type { EngineResult, Operation, PropertyChange, ResourceChange } from "../engine";
import { count, duration, type Colour, type Style } from "./style";
import { operationWord, shortType, type Tense } from "./tree";

const marks: Record<Operation, readonly [string, Colour]> = {
    create: ["+", "green"],
    update: ["~", "yellow"],
    replace: ["±", "magenta"],
    delete: ["-", "red"],
    same: [" ", "dim"],
    read: [">", "dim"],
    refresh: ["~", "cyan"],
};

/** Longest text of one value in a diff, in characters; the rest is cut and said to be. */
const valueLimit = 160;

/** Operations that a reader of a preview has to know of. */
export function isChange(change: ResourceChange): boolean {
    return change.op !== "same" && change.op !== "read";
}

/**
 * Every changed resource, and the differences of those that are there already; nothing for an unchanged stack.
 * What is created or deleted has no differences that would tell a reader more than its name does.
 */
export function renderChanges(changes: readonly ResourceChange[], tense: Tense, style: Style): string[] {
    return changes.filter(isChange).flatMap((change) => {
        const [mark, colour] = marks[change.op];
        const head =
            `${style(colour, mark)} ${change.name}  ${style("dim", shortType(change.type))}` +
            `  ${operationWord(change.op, tense, style)}`;
        const diff = change.op === "create" || change.op === "delete" ? [] : change.diff;
        return [head, ...diff.map((property) => `    ${renderProperty(property, style)}`)];
    });
}

function renderProperty(change: PropertyChange, style: Style): string {
    const forces = change.replaces === true ? style("magenta", "  (makes it be replaced)") : "";
    switch (change.kind) {
        case "add":
            return `${style("green", "+")} ${change.path}: ${valueText(change.after)}${forces}`;
        case "delete":
            return `${style("red", "-")} ${change.path}: ${valueText(change.before)}${forces}`;
        case "update":
            return `${style("yellow", "~")} ${change.path}: ${valueText(change.before)} => ${valueText(change.after)}${forces}`;
    }
}

function valueText(value: unknown): string {
    const text =
        typeof value === "string"
            ? JSON.stringify(value)
            : stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trimEnd();
    return text.length <= valueLimit ? text : `${text.slice(0, valueLimit)}… (${count(text.length, "character")})`;
}

/** `3 to create, 1 to delete, 20 unchanged` or `3 created, 1 deleted, 20 unchanged`. */
export function renderSummary(result: Pick<EngineResult, "summary" | "durationMs">, tense: Tense): string {
    const order: readonly [Operation, done: string, planned: string][] = [
        ["create", "created", "to create"],
        ["update", "updated", "to update"],
        ["replace", "replaced", "to replace"],
        ["delete", "deleted", "to delete"],
        ["refresh", "refreshed", "to refresh"],
        ["same", "unchanged", "unchanged"],
    ];
    const parts = order.flatMap(([op, done, planned]) => {
        const n = result.summary[op] ?? 0;
        return n === 0 ? [] : [`${String(n)} ${tense === "done" ? done : planned}`];
    });
    return `${parts.length === 0 ? "nothing to do" : parts.join(", ")} (${duration(result.durationMs)})`;
}

/** Whether nothing would change, or nothing did. */
export function isUnchanged(result: Pick<EngineResult, "changes">): boolean {
    return !result.changes.some(isChange);
}
