import { mkdir } from "node:fs/promises";
import path from "node:path";
import { writeFileAtomic } from "../../lib/files";
import { renderHtml } from "./html";
import { renderMarkdown } from "./markdown";
import type { PreviewReport } from "./model";

/** Absolute paths. */
export interface PreviewFiles {
    readonly json: string;
    readonly markdown: string;
    readonly html: string;
}

/** Writes report.json, report.md and report.html into the folder, which is made where it is not. */
export async function writePreviewReport(report: PreviewReport, folder: string): Promise<PreviewFiles> {
    const at = path.resolve(folder);
    await mkdir(at, { recursive: true });
    const files = {
        json: path.join(at, "report.json"),
        markdown: path.join(at, "report.md"),
        html: path.join(at, "report.html"),
    };
    await writeFileAtomic(files.json, `${JSON.stringify(report, undefined, 2)}\n`);
    await writeFileAtomic(files.markdown, renderMarkdown(report));
    await writeFileAtomic(files.html, renderHtml(report));
    return files;
}
