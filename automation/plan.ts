import { findHarborRelease } from "../config/catalogue";
import { partsOf } from "../config/parts";
import { registryUrlOf } from "../config/registry-url";
import { rawSettings } from "../config/raw-settings";
import { parseSettings } from "../config/settings";
import type { Context } from "./context";
import type { PlanFormat } from "./plan-formats";
import { readStackConfig } from "./engines/rehearsal/project";
import { renderMarkdown, renderText, type StackPlan } from "./render/plan";
import { renderMermaid } from "./render/plan-mermaid";
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
    const { project, values } = await readStackConfig({ projectRoot, stack });
    const explained = explain(stack, rawSettings(values, project));
    reporter.event({ kind: "result", verb: "plan", ...explained });
    for (const line of render(explained, format, reporter.style)) reporter.line(line);
}

function explain(stack: string, raw: Readonly<Record<string, unknown>>): StackPlan {
    const unreadable = new Set<string>();
    const readable = withoutSecrets(raw, "", unreadable) as Record<string, unknown>;
    const settings = parseSettings(readable, unreadable);
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

/**
 * Encrypted values (`{secure: ...}`) are text that only the engine can read, and none of it is in a plan.
 *
 * @param found gets the path of each
 */
function withoutSecrets(value: unknown, path: string, found: Set<string>): unknown {
    if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, path, found));
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value);
    if (entries.length === 1 && entries[0]?.[0] === "secure") {
        found.add(path);
        return "an encrypted value";
    }
    return Object.fromEntries(
        entries.map(([key, below]) => [key, withoutSecrets(below, path === "" ? key : `${path}.${key}`, found)]),
    );
}
