import { machineLine, table, type Figure } from "./harness";

/** What stands in results.md and README: the table, and below it on what its figures were measured. */
export function firstRecord(figures: readonly Figure[], now: Date): string {
    return `${table(figures)}\n\n${machineLine(now)}\n`;
}

/**
 * The record with some figures measured anew, in their old place or at the end; the others stay. What these were measured
 * on stands in a line of its own.
 */
export function updatedRecord(old: string, figures: readonly Figure[], now: Date): string {
    const fresh = rowsOf(table(figures));
    const kept = rowsOf(old);
    const rows = new Map([...kept, ...fresh]);
    const names = [...fresh.keys()];
    const [first = "", ...others] = old
        .slice(old.lastIndexOf("|") + 1)
        .split("\n")
        .filter((line) => line.trim() !== "");
    const still = others.flatMap((line) => {
        const [what = "", measured = ""] = line.split(separator);
        const left = what.split("; ").filter((name) => !fresh.has(name));
        return left.length === 0 ? [] : [`${left.join("; ")}${separator}${measured}`];
    });
    const heading = table([]).split("\n");
    const lines = [first, ...still, `${names.join("; ")}${separator}${machineLine(now)}`];
    return `${[...heading, ...rows.values()].join("\n")}\n\n${lines.join("\n\n")}\n`;
}

const separator = ", measured alone: ";

/** The rows of figures by their names; without heading and rule. */
function rowsOf(text: string): Map<string, string> {
    const lines = text.split("\n").filter((line) => line.startsWith("|"));
    return new Map(
        lines.slice(2).map((line) => {
            const cells = line.split("|").map((cell) => cell.trim());
            return [cells[1] ?? "", `| ${cells.slice(1, -1).join(" | ")} |`];
        }),
    );
}
