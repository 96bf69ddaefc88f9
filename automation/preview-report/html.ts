import { kindOf } from "./effects";
import type { PreviewReport, ReportItem } from "./model";
import { basisWords, propertyLine, summaryWords, titles } from "./words";

const style = `
:root { color-scheme: light dark; --line: #8884; --still: #777; --none: #888; --change: #2e7d32; --interruption: #b26a00; --dangerous: #c62828; --refused: #c62828; }
* { box-sizing: border-box; } body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.3rem; margin: .5rem 0; border-left: .5rem solid var(--tone); padding-left: .75rem; }
.none { --tone: var(--none); } .change { --tone: var(--change); } .interruption { --tone: var(--interruption); }
.dangerous { --tone: var(--dangerous); } .refused { --tone: var(--refused); }
p { margin: .5rem 0; } .still { color: var(--still); } .warning { border-left: .25rem solid var(--interruption); padding-left: .75rem; }
article { border: 1px solid var(--line); border-left: .35rem solid var(--tone); border-radius: .35rem; padding: .6rem .8rem; margin: .8rem 0; }
article h2 { font-size: 1rem; margin: 0; } article h2 small { font-weight: normal; color: var(--still); }
b.tag { color: var(--tone); text-transform: uppercase; font-size: .8rem; letter-spacing: .03em; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 .75rem; margin: .3rem 0; } dt { color: var(--still); } dd { margin: 0; }
summary { cursor: pointer; padding: .4rem 0; } pre { white-space: pre-wrap; font-size: .85rem; margin: .3rem 0; }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .3rem; } }`;

/** One page for a browser of any width; it loads nothing and runs nothing. */
export function renderHtml(report: PreviewReport): string {
    const { engine, items, refusal, stack, verdict, warnings } = report;
    const title = `stack ${stack}: ${titles[verdict]}`;
    const list = (lines: readonly string[]): string => lines.map((one) => `<li>${escape(one)}</li>`).join("");
    const told =
        refusal === undefined
            ? `<p><strong>${escape(summaryWords(report))}.</strong> ${escape(basisWords(report))}</p>`
            : `<p><strong>${escape(refusal.message)}</strong></p><ul>${list(refusal.details)}</ul>` +
              (refusal.next.length === 0 ? "" : `<p>What to do:</p><ul>${list(refusal.next)}</ul>`);
    const by = engine === undefined ? "" : ` Engine: ${engine.name} ${engine.version}.`;
    return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escape(title)}</title><style>${style}</style></head><body>
<h1 class="${verdict}">${escape(title)}</h1>
${told}
${warnings.map((warning) => `<p class="warning">${escape(warning)}</p>`).join("\n")}
${items.map(renderItem).join("\n")}
<p class="still">Nothing was touched. Written by anchorage preview --report.${escape(by)}</p>
</body></html>
`;
}

function renderItem(item: ReportItem): string {
    const { diff, effects, name, op, severity } = item;
    const told = effects.map(
        ({ cost, interruption, words }) =>
            `<p>${escape(words)}</p>` +
            `<dl><dt>interruption</dt><dd>${escape(interruption)}</dd><dt>cost</dt><dd>${escape(cost ?? "none")}</dd></dl>`,
    );
    const lines = diff.map(propertyLine).join("\n");
    const count = `${String(diff.length)} difference${diff.length === 1 ? "" : "s"}`;
    const folded = lines === "" ? "" : `<details><summary>${count}</summary><pre>${escape(lines)}</pre></details>`;
    return (
        `<article class="${severity}"><b class="tag">${severity}</b><h2>${escape(op)} ${escape(name)} ` +
        `<small>${escape(kindOf(item))}</small></h2>${told.join("")}${folded}</article>`
    );
}

function escape(text: string): string {
    return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
