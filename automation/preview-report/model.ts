import type { EngineResult, Operation, PropertyChange } from "../engine";
import type { UserError } from "../../lib/errors";
import { isChange } from "../render/changes";
import { worst, type Effect, type Severity } from "./effects";
import { redacted, redactedText } from "./redact";
import { effectsOf } from "./rules";

/** What a pull request is told of one stack. No secret is in it. */
export interface PreviewReport {
    readonly stack: string;
    /** `refused`: there is no preview, for the reasons in `refusal`. */
    readonly verdict: Severity | "refused";
    readonly refusal?: {
        readonly message: string;
        readonly details: readonly string[];
        readonly next: readonly string[];
    };
    /** What the settings were compared with. */
    readonly basis: "cluster" | "record";
    readonly engine?: { readonly name: string; readonly version: string };
    readonly summary: Readonly<Partial<Record<Operation, number>>>;
    /** Dangerous ones first, and among equals what touches data, then replacements and deletions. */
    readonly items: readonly ReportItem[];
    readonly warnings: readonly string[];
}

export interface ReportItem {
    readonly op: Operation;
    readonly name: string;
    readonly type: string;
    readonly urn: string;
    readonly severity: Severity;
    readonly touchesData: boolean;
    readonly effects: readonly (Effect & { readonly allowed: boolean })[];
    readonly diff: readonly PropertyChange[];
}

export interface ReportInput {
    readonly stack: string;
    readonly engine?: PreviewReport["engine"];
    readonly basis: PreviewReport["basis"];
    readonly warnings: readonly string[];
    /** Dangers that were looked at and are wanted, by their ids. */
    readonly allow: readonly string[];
}

/** The report of a preview that was made. */
export function reportOf(result: Pick<EngineResult, "changes" | "summary">, input: ReportInput): PreviewReport {
    const items = result.changes.filter(isChange).map((change): ReportItem => {
        const effects = effectsOf(change).map((effect) => {
            const isDanger = effect.severity === "dangerous";
            const allowed = isDanger && input.allow.includes(effect.id);
            const said = allowed ? ` (allowed by --allow ${effect.id})` : `, refused without --allow ${effect.id}`;
            return { ...effect, words: isDanger ? `${effect.words}${said}` : effect.words, allowed };
        });
        const { name, op, type, urn } = change;
        const isHeavy = op === "create" || op === "delete";
        return {
            op,
            name,
            type,
            urn,
            severity: worst(effects.map(({ severity }) => severity)),
            touchesData: effects.some(({ touchesData }) => touchesData),
            effects: [...effects].sort((a, b) => weight(b.severity) - weight(a.severity)),
            // Of what comes or goes, the name says enough.
            diff: isHeavy ? [] : redacted(change),
        };
    });
    const order = (item: ReportItem): number =>
        weight(item.severity) * 8 +
        (item.touchesData ? 4 : 0) +
        (item.op === "replace" || item.op === "delete" ? 2 : 0) +
        (item.op === "create" ? 0 : 1);
    return {
        ...base(input),
        verdict: worst(items.map(({ severity }) => severity)),
        summary: result.summary,
        items: items.sort((a, b) => order(b) - order(a) || a.name.localeCompare(b.name)),
    };
}

/** The report of a preview that was not made: wrong settings, a check that refused. */
export function refusalOf(error: UserError, input: ReportInput): PreviewReport {
    const { message, details, next } = error;
    return {
        ...base(input),
        verdict: "refused",
        refusal: {
            message: redactedText(message),
            details: details.map(redactedText),
            next: next.map(redactedText),
        },
        summary: {},
        items: [],
    };
}

function base({
    basis,
    engine,
    stack,
    warnings,
}: ReportInput): Pick<PreviewReport, "stack" | "engine" | "basis" | "warnings"> {
    return { stack, ...(engine === undefined ? {} : { engine }), basis, warnings: warnings.map(redactedText) };
}

function weight(severity: Severity): number {
    return ["none", "change", "interruption", "dangerous"].indexOf(severity);
}

/** Dangers that `--allow` does not name. */
export function refusedDangers({ items }: PreviewReport): readonly Effect[] {
    return items.flatMap(({ effects }) =>
        effects.filter(({ allowed, severity }) => severity === "dangerous" && !allowed),
    );
}
