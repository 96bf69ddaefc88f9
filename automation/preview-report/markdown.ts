import { kindOf, type Effect } from "./effects";
import type { PreviewReport, ReportItem } from "./model";
import { basisWords, important, marks, propertyLine, summaryWords, titles } from "./words";

/** Bytes that a comment on GitHub may have. GitLab's may have more. */
export const commentLimit = 65_536;

/** The first line of a stack's comment: a pipeline finds its own comment by it, and puts the new one in its place. */
export function commentMarker(stack: string): string {
    return `<!-- anchorage preview of ${stack} -->`;
}

/** A comment for a pull request: the summary and what matters first, the rest folded, and never too long. */
export function renderMarkdown(report: PreviewReport): string {
    const { refusal, stack, verdict, warnings } = report;
    const head = [
        commentMarker(stack),
        `## ${marks[verdict]} Stack \`${code(stack)}\`: ${titles[verdict]}`,
        "",
        ...(refusal === undefined ? [`**${summaryWords(report)}.** ${basisWords(report)}`] : refusalLines(refusal)),
        ...warnings.map((warning) => `\n> ⚠️ ${line(warning)}`),
        ...table(report),
    ];
    const tail = ["", footer(report), ""];
    const room = commentLimit - Buffer.byteLength([...head, ...tail].join("\n")) - 400;
    return [...cut(head, commentLimit - 1_000), ...details(report, room), ...tail].join("\n");
}

function refusalLines({ details, message, next }: NonNullable<PreviewReport["refusal"]>): string[] {
    return [
        `**${line(message)}**`,
        "",
        ...details.map((detail) => `- ${line(detail)}`),
        ...(next.length === 0 ? [] : ["", "What to do:", ...next.map((step) => `- ${line(step)}`)]),
    ];
}

function table(report: PreviewReport): string[] {
    const rows = important(report).flatMap(({ effects, name, op }) =>
        effects
            .filter(isTold)
            .map(
                ({ cost, interruption, severity, words }) =>
                    `| ${marks[severity]} | \`${code(name)}\` (${op}) | ${cell(words)} | ` +
                    `${cell(interruption)} | ${cell(cost ?? "none")} |`,
            ),
    );
    if (rows.length === 0) return [];
    return ["", "| | what | what it does | interruption | cost |", "| --- | --- | --- | --- | --- |", ...rows];
}

/** As many as there is room for; what is left out is said. */
function details({ items }: PreviewReport, room: number): string[] {
    if (items.length === 0) return [];
    const shown: string[] = [];
    let left = room;
    for (const item of items) {
        const text = detail(item);
        const size = Buffer.byteLength(text) + 1;
        if (size > left) break;
        left -= size;
        shown.push(text);
    }
    const missing = items.length - shown.length;
    const count = `${String(items.length)} change${items.length === 1 ? "" : "s"}`;
    return [
        "",
        `<details><summary>${items.length === 1 ? "The change" : `All ${count}`}, with what differs</summary>`,
        "",
        ...shown,
        ...(missing === 0 ? [] : [`${String(missing)} more do not fit into a comment: they are in report.html.`, ""]),
        "</details>",
    ];
}

function detail(item: ReportItem): string {
    const { diff, effects, name, op, severity } = item;
    const lines = diff.map(propertyLine);
    // A fence longer than any in the text, so that no value ends it.
    const fence = "`".repeat(Math.max(3, ...lines.map((one) => (/`{3,}/.exec(one)?.[0].length ?? 0) + 1)));
    return [
        `**${marks[severity]} ${op} \`${code(name)}\`** (${line(kindOf(item))})`,
        "",
        ...effects.map((effect) => `- ${marks[effect.severity]} ${line(effect.words)}${costWords(effect.cost)}`),
        "",
        ...(lines.length === 0 ? [] : [`${fence}diff`, ...cut(lines, 8_000), fence, ""]),
    ].join("\n");
}

function costWords(cost: string | undefined): string {
    return cost === undefined ? "" : ` (${line(cost)})`;
}

/** What interrupts nobody and touches no data is told with the details. */
function isTold({ severity, touchesData }: Effect): boolean {
    return severity !== "change" || touchesData;
}

function footer({ engine }: PreviewReport): string {
    const by = engine === undefined ? "" : ` Engine: ${line(engine.name)} ${line(engine.version)}.`;
    return `<sub>Nothing was touched. Written by \`anchorage preview --report\`.${by}</sub>`;
}

/** The first lines that fit into so many bytes. */
function cut(lines: readonly string[], limit: number): string[] {
    const kept: string[] = [];
    let size = 0;
    for (const one of lines) {
        size += Buffer.byteLength(one) + 1;
        if (size > limit) {
            kept.push(`… ${String(lines.length - kept.length)} more lines are in report.html`);
            break;
        }
        kept.push(one);
    }
    return kept;
}

/** Text of others: no HTML, no mention of a person, no line of its own. */
function line(text: string): string {
    return text
        .replace(/\s*\n\s*/g, " ")
        .replaceAll("&", "&amp;")
        .replaceAll("<", "&lt;")
        .replaceAll("@", "@\u200b");
}

function cell(text: string): string {
    return line(text).replaceAll("|", "\\|");
}

function code(text: string): string {
    return text.replace(/[`|\n]/g, "'");
}
