import type { PropertyChange, ResourceChange } from "../engine";

/** How much a change matters to those who use the registry, least first. */
export const severities = ["none", "change", "interruption", "dangerous"] as const;
export type Severity = (typeof severities)[number];

/** What a change does, in words. */
export interface Effect {
    /** What `--allow` names it by. */
    readonly id: string;
    readonly severity: Severity;
    /** `restarts core one pod at a time` */
    readonly words: string;
    /** How long users of the registry notice it: `none`, `up to a minute`. */
    readonly interruption: string;
    /** What it costs beyond that: pods, volumes, what is lost. */
    readonly cost?: string;
    /** Whether data or a key without which data cannot be read is at stake. */
    readonly touchesData: boolean;
}

/** The worst of them; none of nothing. */
export function worst(all: readonly Severity[]): Severity {
    return severities[Math.max(0, ...all.map((one) => severities.indexOf(one)))] ?? "none";
}

/** What `--accept-engine-change` allows: another major version of the PostgreSQL that an operator runs. */
export const databaseMajor = "database-major";

/** The last part of a type token: Secret, PersistentVolumeClaim. */
export function kindOf({ type }: Pick<ResourceChange, "type">): string {
    return type.slice(type.lastIndexOf(":") + 1);
}

export const plainChange = (id: string, words: string, more: Partial<Effect> = {}): Effect => ({
    id,
    severity: "change",
    words,
    interruption: "none",
    touchesData: false,
    ...more,
});

export const interrupting = (id: string, words: string, interruption: string, more: Partial<Effect> = {}): Effect => ({
    id,
    severity: "interruption",
    words,
    interruption,
    touchesData: false,
    ...more,
});

/** `words` say what is lost. That `--allow` is needed, the report adds. */
export const dangerous = (id: string, words: string, interruption: string, more: Partial<Effect> = {}): Effect => ({
    id,
    severity: "dangerous",
    words,
    interruption,
    touchesData: true,
    ...more,
});

/** A number that differs, as text: `2 more pods`, `1 pod fewer`. */
export function difference({ before, after }: PropertyChange, noun: string): string | undefined {
    if (typeof before !== "number" || typeof after !== "number" || before === after) return undefined;
    const count = Math.abs(after - before);
    return `${String(count)} ${noun}${count === 1 ? "" : "s"} ${after > before ? "more" : "fewer"}`;
}
