import { findHarborRelease } from "../config/catalogue";
import { partsOf } from "../config/parts";
import { registryUrlOf } from "../config/registry-url";
import type { Settings } from "../config/schema";
import type { Context } from "./context";
import type { PlanFormat } from "./plan-formats";
import { renderMarkdown, renderText, type StackPlan } from "./render/plan";
import { renderMermaid } from "./render/plan-mermaid";
import { readableSettings } from "./readable-settings";
import { requireStack } from "./stack-files";

export interface PlanOptions {
    readonly stack: string;
    readonly format: PlanFormat;
}

/**
 * Explains a stack by its settings alone: no engine is asked, no cluster is looked at.
 * @throws UserError (exit code 2) with every mistake of the settings
 */
export async function plan({ stack, format }: PlanOptions, { reporter, projectRoot }: Context): Promise<void> {
    await requireStack(projectRoot, stack);
    const explained = explain(stack, await readableSettings(projectRoot, stack));
    reporter.event({ kind: "result", verb: "plan", ...explained });
    for (const line of render(explained, format, reporter.style)) reporter.line(line);
}

function explain(stack: string, settings: Settings): StackPlan {
    const { version } = settings.harbor;
    return {
        stack,
        registryUrl: settings.harbor.externalUrl ?? registryUrlOf(settings),
        harborVersion: version,
        chartVersion: findHarborRelease(version)?.chart ?? "",
        namespace: settings.namespace,
        parts: partsOf(settings),
    };
}

function render(explained: StackPlan, format: PlanFormat, style: Context["reporter"]["style"]): readonly string[] {
    switch (format) {
        case "text":
            return renderText(explained, style);
        case "markdown":
            return renderMarkdown(explained);
        case "mermaid":
            return renderMermaid(explained.parts);
        case "json":
            return [JSON.stringify(explained, undefined, 2)];
    }
}
