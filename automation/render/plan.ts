import type { Part } from "../../config/parts/part";
import { renderMermaid } from "./plan-mermaid";
import type { Style } from "./style";

/** A stack, as its settings say it is. */
export interface StackPlan {
    readonly stack: string;
    /** What clients type. */
    readonly registryUrl: string;
    readonly harborVersion: string;
    readonly chartVersion: string;
    readonly namespace: string;
    readonly parts: readonly Part[];
}

/** Columns that running text is broken at. */
const width = 100;

export function renderText(plan: StackPlan, style: Style): string[] {
    const heading = (text: string): string[] => ["", style("bold", text)];
    const { parts } = plan;
    return [
        style("bold", `${plan.stack}: ${subject(plan)}`),
        ...story(plan).flatMap((sentence) => wrapped(sentence, "", "")),
        ...heading("Parts"),
        ...table(partRows(parts), style, (id, padded) => {
            const part = parts.find((candidate) => candidate.id === id);
            if (part?.singlePointOfFailure) return style("red", padded);
            return part?.retired ? style("yellow", padded) : padded;
        }),
        ...heading("Who asks whom"),
        ...table(
            parts.flatMap(({ id, uses }) =>
                uses.map(({ part, what }, index) => [index === 0 ? id : "", `→ ${part}`, what]),
            ),
            style,
        ),
        ...heading("Retired upstream"),
        ...points(retired(parts), "yellow", style),
        ...heading("Single points of failure"),
        ...points(single(parts), "red", style),
    ];
}

export function renderMarkdown(plan: StackPlan): string[] {
    const { parts } = plan;
    const [head = [], ...rows] = partRows(parts);
    const list = (found: readonly Point[]): string[] =>
        found.length === 0
            ? ["None."]
            : found.map(({ part, why, mend }) => `- **${escaped(part)}**: ${escaped(why)}; ${escaped(mend)}.`);
    return [
        `# Stack ${escaped(plan.stack)}`,
        "",
        `${escaped(subject(plan))}. ${story(plan).map(escaped).join(" ")}`,
        "",
        "```mermaid",
        ...renderMermaid(parts),
        "```",
        "",
        "A dashed border: retired upstream. A thick one: a single point of failure.",
        "",
        "## Parts",
        "",
        markdownRow(head),
        markdownRow(head.map(() => "---")),
        ...rows.map((row) => markdownRow(row.map(escaped))),
        "",
        "## Retired upstream",
        "",
        ...list(retired(parts)),
        "",
        "## Single points of failure",
        "",
        ...list(single(parts)),
    ];
}

function subject({ harborVersion, chartVersion, registryUrl }: StackPlan): string {
    return `Harbor ${harborVersion} (chart ${chartVersion}) at ${registryUrl}`;
}

/** The stack in words: the way in, where the data is, what it stands on. */
function story({ parts, namespace }: StackPlan): string[] {
    const title = (id: string): string => parts.find((part) => part.id === id)?.title ?? id;
    const entry = parts.find(({ kind }) => kind === "entry");
    const operators = parts.filter(({ id, kind }) => kind === "operator" && id !== "velero").map((part) => part.title);
    const signer = parts.find(({ kind }) => kind === "certificates");
    return [
        `It runs in namespace ${namespace} on ${title("cluster")}.`,
        `Clients come in through ${entry?.title ?? "nothing"}${signer ? `, with a certificate from: ${signer.title}` : ", without TLS in the cluster"}.`,
        `Images are kept in: ${title("storage")}. Everything else is in: ${title("database")}. Jobs queue in: ${title("cache")}.`,
        parts.some(({ id }) => id === "backups") ? `Backups go to: ${title("backups")}.` : "It has no backup.",
        ...(operators.length === 0 ? [] : [`Operators that look after them: ${operators.join(", ")}.`]),
    ];
}

/** The first row is the heading. */
function partRows(parts: readonly Part[]): string[][] {
    return [
        ["part", "what", "version", "pods", "where", "keeps"],
        ...parts.map(({ id, title, version, instances, namespace, keeps }) => [
            id,
            title.toLowerCase() === id ? "" : title,
            version ?? "",
            instances === undefined ? "" : String(instances),
            namespace ?? (id === "cluster" ? "" : "outside"),
            keeps ?? "",
        ]),
    ];
}

interface Point {
    readonly part: string;
    readonly why: string;
    readonly mend: string;
}

function retired(parts: readonly Part[]): Point[] {
    return parts.flatMap(({ title, retired }) =>
        retired === undefined
            ? []
            : [{ part: title, why: `since ${retired.since}, ${retired.why}`, mend: `take ${retired.instead}` }],
    );
}

function single(parts: readonly Part[]): Point[] {
    return parts.flatMap(({ title, singlePointOfFailure }) =>
        singlePointOfFailure === undefined ? [] : [{ part: title, ...singlePointOfFailure }],
    );
}

function points(found: readonly Point[], colour: "yellow" | "red", style: Style): string[] {
    if (found.length === 0) return [`  ${style("green", "none")}`];
    return found.flatMap(({ part, why, mend }) => {
        const [first = "", ...rest] = wrapped(`${part}: ${why}`, "  ", "    ");
        return [
            first.replace(part, style(colour, part)),
            ...rest,
            ...wrapped(mend, "    → ", "      ").map((line) => style("cyan", line)),
        ];
    });
}

/**
 * Columns as wide as their widest cell; the last one dim and as long as it is.
 *
 * @param first how the first cell of a row is shown, from its text and from that text with what fills its column
 */
function table(
    rows: readonly (readonly string[])[],
    style: Style,
    first: (cell: string, padded: string) => string = (_cell, padded) => padded,
): string[] {
    const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
    return rows.map((row) => {
        const cells = row.map((cell, column) => {
            if (column === row.length - 1) return cell === "" ? "" : style("dim", cell);
            const padded = cell.padEnd(widths[column] ?? 0);
            return column === 0 ? first(cell, padded) : padded;
        });
        return `  ${cells.join("  ")}`.trimEnd();
    });
}

function wrapped(text: string, first: string, others: string): string[] {
    const lines: string[] = [];
    let line = first;
    for (const word of text.split(" ")) {
        const begun = line.trim() !== "" && line !== first && line !== others;
        if (begun && line.length + 1 + word.length > width) {
            lines.push(line);
            line = others + word;
        } else line += begun ? ` ${word}` : word;
    }
    return [...lines, line];
}

function markdownRow(cells: readonly string[]): string {
    return `| ${cells.join(" | ")} |`;
}

/** What Markdown would take for a sign stands for itself. */
function escaped(text: string): string {
    return text.replaceAll(/[|<>*_`[\]\\]/g, (sign) => `\\${sign}`);
}
