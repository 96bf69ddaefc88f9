/** The keys of a chart's values: nested as the values are, with the type of each at the leaves. */
export interface ValueKeys {
    readonly [key: string]: string | ValueKeys;
}

type JsonSchema = Readonly<Record<string, unknown>>;

/** What a leaf may say; several with "|" between them. */
const types: Readonly<Record<string, string>> = {
    boolean: "boolean",
    integer: "integer",
    list: "array",
    /** Any keys: Kubernetes' own fields, or settings that are handed on as they are. */
    map: "object",
    number: "number",
    string: "string",
    /** Any keys, each with a text: labels. */
    strings: "object",
};

/** Takes the keys of every other name. */
const anyName = "*";

/** The JSON Schema that allows these keys and no other. Null is allowed everywhere: to Helm it means "not set". */
export function valuesSchema(keys: ValueKeys): JsonSchema {
    const { [anyName]: others, ...named } = keys;
    return {
        type: ["object", "null"],
        properties: Object.fromEntries(Object.entries(named).map(([key, inner]) => [key, schemaOf(inner, key)])),
        additionalProperties: others === undefined ? false : schemaOf(others, anyName),
    };
}

function schemaOf(keys: string | ValueKeys, name: string): JsonSchema {
    if (typeof keys !== "string") return valuesSchema(keys);
    const allowed = keys.split("|").map((type) => {
        const known = types[type];
        if (known === undefined) throw new Error(`the key ${name} has the type ${type}, which is none`);
        return known;
    });
    return {
        type: [...allowed, "null"],
        ...(keys === "strings" ? { additionalProperties: { type: "string" } } : {}),
    };
}
