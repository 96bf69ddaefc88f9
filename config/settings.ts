import type { z } from "zod";
import { ExitCode, UserError } from "../lib/errors";
import { checkSettings } from "./checks";
import { withGeneration } from "./generation";
import { nearest } from "./nearest";
import { secretSettings, settingsSchema, type Settings } from "./schema";

/**
 * Checks the settings of a stack and fills in their defaults. Reads no file but those that the settings name.
 *
 * @param given key without namespace to its value, as it stands in Pulumi.<stack>.yaml
 * @param unreadable paths of settings that are encrypted for whoever asks: each has a value, which is not looked into
 * @throws UserError (exit code 2) with every mistake: key, value, what to set instead
 */
export function parseSettings(
    given: Readonly<Record<string, unknown>>,
    unreadable: ReadonlySet<string> = new Set(),
): Settings {
    const raw = withGeneration(given);
    const parsed = settingsSchema.safeParse(raw);
    // Checks across settings need all of them to be well-formed.
    const mistakes = parsed.success
        ? checkSettings(parsed.data).filter((mistake) => !unreadable.has(mistake.split(" ")[0] ?? ""))
        : parsed.error.issues.flatMap((issue) => describe(issue, raw));
    if (parsed.success && mistakes.length === 0) return parsed.data;
    throw new UserError(`${String(mistakes.length)} ${mistakes.length === 1 ? "setting is" : "settings are"} wrong`, {
        details: mistakes,
        next: ["edit Pulumi.<stack>.yaml; README has the table of all settings"],
        exitCode: ExitCode.usage,
    });
}

function describe(issue: z.core.$ZodIssue, raw: unknown): string[] {
    const path = issue.path.map(String);
    switch (issue.code) {
        case "unrecognized_keys":
            return issue.keys.map((key) => unknownKey([...path, key], raw));
        case "invalid_union": {
            const given = at(raw, path);
            const known = "options" in issue && Array.isArray(issue.options) ? issue.options.join(", ") : "see README";
            return [`${path.join(".")} is ${show(path, given)}; one of: ${known}`];
        }
        case "invalid_value":
            return [
                `${path.join(".")} is ${show(path, at(raw, path))}; one of: ${issue.values.join(", ")}${suggestion(at(raw, path), issue.values)}`,
            ];
        case "invalid_type":
            return at(raw, path) === undefined
                ? [`${path.join(".")} is missing; it is a ${issue.expected}`]
                : [`${path.join(".")} is ${show(path, at(raw, path))}; it must be a ${issue.expected}`];
        default:
            return [`${path.join(".")} is ${show(path, at(raw, path))}; it ${issue.message}`];
    }
}

function suggestion(given: unknown, known: readonly unknown[]): string {
    const close = typeof given === "string" ? nearest(given, known.map(String)) : undefined;
    return close === undefined ? "" : ` (did you mean ${close}?)`;
}

function unknownKey(path: readonly string[], raw: unknown): string {
    const parent = path.slice(0, -1);
    const known = knownKeys(settingsSchema, parent, raw);
    const close = nearest(path.at(-1) ?? "", known);
    return `${path.join(".")} is no setting; ${close === undefined ? `here are: ${known.join(", ")}` : `did you mean ${[...parent, close].join(".")}?`}`;
}

/** The keys that may stand at that place, following the kind that a union's value names. */
function knownKeys(schema: z.core.$ZodType, path: readonly string[], raw: unknown): string[] {
    const shape = shapeOf(schema, raw);
    const [head, ...rest] = path;
    if (head === undefined) return Object.keys(shape);
    const next = shape[head];
    return next === undefined ? [] : knownKeys(next, rest, at(raw, [head]));
}

export type Shape = Readonly<Record<string, z.core.$ZodType>>;

/** The fields of an object schema, through defaults and optionals; of a union, those of the kind in `raw`. */
export function shapeOf(schema: z.core.$ZodType, raw: unknown): Shape {
    const def = schema._zod.def as unknown as Readonly<Record<string, unknown>>;
    if ("innerType" in def) return shapeOf(def["innerType"] as z.core.$ZodType, raw);
    if ("shape" in def) return def["shape"] as Shape;
    if ("options" in def) {
        const kind = at(raw, ["kind"]);
        for (const option of def["options"] as z.core.$ZodType[]) {
            const shape = shapeOf(option, raw);
            const literal = shape["kind"]?._zod.def as { values?: readonly unknown[] } | undefined;
            if (literal?.values?.includes(kind) === true) return shape;
        }
    }
    return {};
}

function at(value: unknown, path: readonly string[]): unknown {
    let here = value;
    for (const key of path) {
        if (typeof here !== "object" || here === null) return undefined;
        here = (here as Record<string, unknown>)[key];
    }
    return here;
}

function show(path: readonly string[], value: unknown): string {
    return value === undefined ? "missing" : secretSettings.has(path.join(".")) ? "[secret]" : JSON.stringify(value);
}
