import { ExitCode, UserError } from "../../lib/errors";
import type { Context } from "../context";
import { recordWarning } from "../engine";
import type { PreflightOptions } from "../preflight";
import { preparedPreview } from "../preview";
import type { Reporter } from "../reporter";
import { allowedDangers } from "./gate";
import { refusalOf, refusedDangers, reportOf, type PreviewReport, type ReportInput } from "./model";
import { writePreviewReport } from "./write";
import { titles } from "./words";

export interface ReportedPreviewOptions extends PreflightOptions {
    /** Folder of report.json, report.md and report.html. @default none is written */
    readonly report?: string;
    /** Whether the exit code says what was found. @default 0 whatever was found */
    readonly exitCode: boolean;
    /** Dangers that are wanted, by their ids. */
    readonly allow?: readonly string[];
}

/**
 * A preview with a report of what each change does, for a pull request. Where the settings are wrong or a check refuses,
 * the report says so, and the error is thrown on. A cluster that does not answer is no failure: the last recorded state is
 * compared with, and the report says so.
 * @returns what `--exit-code` asks for
 */
export async function reportedPreview(
    options: ReportedPreviewOptions,
    context: Context,
): Promise<ExitCode | undefined> {
    const { report: folder, stack } = options;
    const allow = allowedDangers(options);
    const warnings: string[] = [];
    const listening = { ...context, reporter: collecting(context.reporter, warnings) };
    const input = (): ReportInput => {
        const offline = warnings.filter(isOffline);
        return {
            stack,
            basis: offline.length > 0 ? "record" : "cluster",
            warnings: warnings.filter((warning) => warning !== recordWarning),
            allow,
        };
    };
    let report: PreviewReport;
    try {
        const { selected, result } = await preparedPreview(options, listening, true);
        const { name, version } = selected.engine;
        report = reportOf(result, { ...input(), engine: { name, version } });
    } catch (error) {
        if (error instanceof UserError && folder !== undefined && !context.signal.aborted)
            await write(refusalOf(error, input()), folder, context.reporter);
        throw error;
    }
    if (folder !== undefined) await write(report, folder, context.reporter);
    const dangers = refusedDangers(report);
    for (const { words } of dangers) context.reporter.line(`DANGEROUS: ${words}`);
    context.reporter.line(`stack ${stack}: ${titles[report.verdict]}`);
    context.reporter.event({ kind: "report", ...report });
    if (!options.exitCode || report.verdict === "none") return undefined;
    return dangers.length > 0 ? ExitCode.dangerous : ExitCode.changes;
}

/** Ours, and that of Pulumi's provider for Kubernetes. */
function isOffline(warning: string): boolean {
    return warning === recordWarning || /configured Kubernetes cluster is unreachable/i.test(warning);
}

function collecting(reporter: Reporter, warnings: string[]): Reporter {
    return {
        ...reporter,
        warn: (text) => {
            if (!warnings.includes(text)) warnings.push(text);
            reporter.warn(text);
        },
    };
}

async function write(report: PreviewReport, folder: string, reporter: Reporter): Promise<void> {
    const files = await writePreviewReport(report, folder);
    reporter.line(`report ${files.markdown}`);
    reporter.event({ kind: "files", ...files });
}
