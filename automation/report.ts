import path from "node:path";
import { messageOf, UserError } from "../lib/errors";
import { writeFileAtomic } from "../lib/files";
import { duration } from "./render/style";
import type { StepRecord, StepsResult } from "./steps";

/** What a workflow leaves: what it did, how long each step took, and how it ended. No secret is in it. */
export interface Report {
    /** `verify` */
    readonly verb: string;
    readonly stack: string;
    /** What was worked on: `https://registry.example.com`. */
    readonly subject: string;
    /** Milliseconds since 1970. */
    readonly beganAt: number;
    readonly endedAt: number;
    readonly result: StepsResult;
    /** What else is worth knowing: versions, digests. */
    readonly facts?: Readonly<Record<string, string>>;
}

export interface ReportFiles {
    /** Absolute paths. */
    readonly json: string;
    readonly html: string;
}

/** Writes a report into a folder as JSON, for machines, and as one HTML page that needs nothing else. */
export async function writeReport(report: Report, folder: string): Promise<ReportFiles> {
    const stamp = new Date(report.beganAt).toISOString().replaceAll(/[-:]|\.\d+/g, "");
    const base = path.join(folder, `${stamp}-${report.verb}-${report.stack}`);
    const files = { json: `${base}.json`, html: `${base}.html` };
    await writeFileAtomic(files.json, `${JSON.stringify(reportJson(report), undefined, 2)}\n`, 0o600);
    await writeFileAtomic(files.html, renderReport(report), 0o600);
    return files;
}

export function reportJson(report: Report): object {
    const { verb, stack, subject, beganAt, endedAt, result, facts = {} } = report;
    const { error } = result;
    return {
        verb,
        stack,
        subject,
        outcome: outcomeOf(report),
        began: new Date(beganAt).toISOString(),
        ended: new Date(endedAt).toISOString(),
        elapsedMs: endedAt - beganAt,
        facts,
        steps: result.records.map(({ beganAt: began, ...record }) => ({
            ...record,
            began: new Date(began).toISOString(),
        })),
        ...(error === undefined ? {} : { error: errorText(error) }),
    };
}

function outcomeOf({ result }: Report): "succeeded" | "failed" | "interrupted" {
    if (result.error === undefined) return "succeeded";
    return result.interrupted ? "interrupted" : "failed";
}

function errorText(error: unknown): string {
    return error instanceof UserError ? error.render() : messageOf(error);
}

const style = `
:root { color-scheme: light dark; --line: #8884; --good: #2e7d32; --bad: #c62828; --still: #888; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
small, dd, pre { overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; } .succeeded { color: var(--good); } .failed, .interrupted { color: var(--bad); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; } dt { color: var(--still); } dd { margin: 0; }
table { border-collapse: collapse; width: 100%; margin-top: 1.5rem; }
th, td { text-align: left; padding: .35rem .5rem; border-top: 1px solid var(--line); vertical-align: top; }
td.time { white-space: nowrap; font-variant-numeric: tabular-nums; } td.bar { width: 30%; }
.track { position: relative; height: 1rem; background: var(--line); } .track i { position: absolute; height: 100%; min-width: 2px; background: var(--good); }
tr.failed i, tr.interrupted i { background: var(--bad); } tr.skipped td { color: var(--still); } small { display: block; color: var(--still); }
pre { white-space: pre-wrap; border-left: 3px solid var(--bad); padding-left: 1rem; }
@media (max-width: 30rem) { th:last-child, td.bar { display: none; } }`;

/** One page with a timeline; it loads nothing and runs nothing. */
export function renderReport(report: Report): string {
    const { verb, stack, subject, beganAt, endedAt, result, facts = {} } = report;
    const outcome = outcomeOf(report);
    const rows = {
        stack,
        registry: subject,
        began: new Date(beganAt).toISOString(),
        took: duration(endedAt - beganAt),
        ...facts,
    };
    const list = Object.entries(rows).map(([name, value]) => `<dt>${escape(name)}</dt><dd>${escape(value)}</dd>`);
    const { error } = result;
    return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escape(`${verb} of ${stack}: ${outcome}`)}</title><style>${style}</style></head><body>
<h1>${escape(verb)} of stack ${escape(stack)}: <span class="${outcome}">${outcome}</span></h1>
<dl>${list.join("")}</dl>
${error === undefined ? "" : `<pre>${escape(errorText(error))}</pre>`}
<table><thead><tr><th>step</th><th>state</th><th>took</th><th>when</th></tr></thead><tbody>
${result.records.map((record) => renderRow(record, report)).join("\n")}
</tbody></table></body></html>
`;
}

function renderRow({ title, kind, state, detail, beganAt, elapsedMs }: StepRecord, report: Report): string {
    const whole = Math.max(1, report.endedAt - report.beganAt);
    const percent = (milliseconds: number): string => ((100 * milliseconds) / whole).toFixed(2);
    const bar =
        state === "skipped"
            ? ""
            : `<div class="track"><i style="left:${percent(beganAt - report.beganAt)}%;width:${percent(elapsedMs)}%"></i></div>`;
    const told = detail === undefined ? "" : `<small>${escape(detail)}</small>`;
    return (
        `<tr class="${state}"><td>${kind === "undo" ? "&#8617; " : ""}${escape(title)}${told}</td><td>${state}</td>` +
        `<td class="time">${state === "skipped" ? "" : escape(duration(elapsedMs))}</td><td class="bar">${bar}</td></tr>`
    );
}

function escape(text: string): string {
    const entities: Readonly<Record<string, string>> = {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        '"': "&quot;",
        "'": "&#39;",
    };
    return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
