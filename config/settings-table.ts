import { z } from "zod";
import { settingsSchema } from "./schema";

interface JsonSchema {
    readonly type?: string;
    readonly enum?: readonly unknown[];
    readonly const?: unknown;
    readonly default?: unknown;
    readonly description?: string;
    readonly properties?: Readonly<Record<string, JsonSchema>>;
    readonly required?: readonly string[];
    readonly oneOf?: readonly JsonSchema[];
    readonly anyOf?: readonly JsonSchema[];
}

const header = (...titles: readonly string[]): string[] => [
    `| ${titles.join(" | ")} |`,
    `|${" --- |".repeat(titles.length)}`,
];

function parts(): [string, JsonSchema][] {
    const schema = z.toJSONSchema(settingsSchema, { io: "input" }) as JsonSchema;
    return Object.entries(schema.properties ?? {});
}

/** README's table: each part of the settings with its choices, in Markdown; made from the schema. */
export function partsTable(): string {
    const rows = parts().map(([key, schema]) => {
        const kinds = (schema.oneOf ?? schema.anyOf ?? []).map((kind) => String(kind.properties?.["kind"]?.const));
        const choices = kinds.length > 0 ? kinds : (schema.enum?.map(String) ?? []);
        const cells = [choices.map((choice) => `\`${choice}\``).join(", "), schema.description ?? ""];
        return `| [\`${key}\`](docs/settings.md#${key}) | ${cells.join(" | ")} |`;
    });
    return [...header("setting", "choices", "meaning"), ...rows].join("\n");
}

/** Every setting with type, default and meaning, a section for each part, in Markdown; made from the schema. */
export function settingsTable(): string {
    return parts()
        .map(([key, schema]) => {
            const intro = schema.description === undefined ? [] : [`${capitalized(schema.description)}.`, ""];
            const rows = rowsOf(key, { ...schema, ...(schema.properties ? { description: "" } : {}) }, "");
            return [`## ${key}`, "", ...intro, ...header("setting", "type", "default", "meaning"), ...rows].join("\n");
        })
        .join("\n\n");
}

function capitalized(text: string): string {
    return text.charAt(0).toUpperCase() + text.slice(1);
}

function rowsOf(path: string, schema: JsonSchema, condition: string): string[] {
    const kinds = schema.oneOf ?? schema.anyOf;
    if (kinds) {
        return kinds.flatMap((kind) => {
            const { kind: tag, ...others } = kind.properties ?? {};
            const name = String(tag?.const);
            return [
                row(`${path}.kind`, `\`${name}\``, "", tag?.description ?? ""),
                ...Object.entries(others).flatMap(([key, value]) => rowsOf(`${path}.${key}`, value, `${name}: `)),
            ];
        });
    }
    if (schema.properties) {
        return Object.entries(schema.properties).flatMap(([key, value]) => rowsOf(`${path}.${key}`, value, condition));
    }
    const type = schema.enum ? schema.enum.map((value) => `\`${String(value)}\``).join(", ") : (schema.type ?? "any");
    const fallback =
        schema.default === undefined
            ? ""
            : `\`${typeof schema.default === "string" ? schema.default : JSON.stringify(schema.default)}\``;
    return [row(path, type, fallback, `${condition}${schema.description ?? ""}`.replace(/: $/, ""))];
}

function row(...cells: readonly string[]): string {
    const [key = "", ...others] = cells;
    return `| \`${key}\` | ${others.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** A text with the part between the two marks replaced. @throws Error where a mark is missing */
export function between(text: string, mark: string, content: string): string {
    const pattern = new RegExp(`(<!-- ${mark}:begin[^>]*-->\n)[^]*?(<!-- ${mark}:end -->)`);
    if (!pattern.test(text)) throw new Error(`the marks of ${mark} are missing`);
    return text.replace(pattern, (_all, begin: string, end: string) => `${begin}\n${content}\n\n${end}`);
}
