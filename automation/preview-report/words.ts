import { stringify } from "yaml";
import type { Operation, PropertyChange } from "../engine";
import type { PreviewReport, ReportItem } from "./model";

/** What both forms of a report say. */

export const titles: Readonly<Record<PreviewReport["verdict"], string>> = {
    none: "nothing would change",
    change: "changes without an interruption",
    interruption: "changes that interrupt",
    dangerous: "DANGEROUS, data or keys are at stake",
    refused: "refused, nothing was previewed",
};

export const marks: Readonly<Record<PreviewReport["verdict"], string>> = {
    none: "⚪",
    change: "🟢",
    interruption: "🟡",
    dangerous: "🔴",
    refused: "⛔",
};

const order: readonly [Operation, string][] = [
    ["replace", "to replace"],
    ["delete", "to delete"],
    ["update", "to update"],
    ["create", "to create"],
    ["same", "unchanged"],
];

/** `1 to update, 32 unchanged` */
export function summaryWords({ summary }: PreviewReport): string {
    const parts = order.flatMap(([op, words]) => {
        const count = summary[op] ?? 0;
        return count === 0 ? [] : [`${String(count)} ${words}`];
    });
    return parts.length === 0 ? "nothing to do" : parts.join(", ");
}

export function basisWords({ basis }: PreviewReport): string {
    return basis === "cluster"
        ? "Compared with the cluster."
        : "Compared with the last recorded state: the cluster was not asked. What was changed by hand since is not seen.";
}

const kinds: Readonly<Record<PropertyChange["kind"], string>> = { add: "+", delete: "-", update: "~" };
const valueLimit = 300;

/** One difference as one line. */
export function propertyLine({ after, before, kind, path, replaces }: PropertyChange): string {
    const forces = replaces === true ? "  (makes it be replaced)" : "";
    const values =
        kind === "add" ? textOf(after) : kind === "delete" ? textOf(before) : `${textOf(before)} => ${textOf(after)}`;
    return `${kinds[kind]} ${path}: ${values}${forces}`;
}

function textOf(value: unknown): string {
    const text =
        typeof value === "string"
            ? JSON.stringify(value)
            : stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trimEnd();
    const line = text.replace(/\s*\n\s*/g, " ");
    return line.length <= valueLimit ? line : `${line.slice(0, valueLimit)}… (${String(line.length)} characters)`;
}

/** What is worth a look before the details. */
export function important({ items }: PreviewReport): readonly ReportItem[] {
    return items.filter(
        ({ op, severity, touchesData }) =>
            severity === "dangerous" ||
            severity === "interruption" ||
            touchesData ||
            op === "replace" ||
            op === "delete",
    );
}
