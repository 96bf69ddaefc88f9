import { isTree, type Tree } from "./chart-objects";

/** Keywords that say nothing of a value's form, or what only an API server can judge (CEL rules, list types). */
const silent =
    /^(description|title|default|format|example|externalDocs|x-kubernetes-(validations|list-|map-|int-or-).*)$/;
const judged = new Set([
    ...["type", "properties", "additionalProperties", "required", "items", "enum", "pattern", "nullable"],
    ...["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"],
    ...["x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource", "anyOf", "oneOf", "allOf", "not"],
]);

/**
 * What is wrong with a custom resource by the schema of its definition, a sentence each: an unknown field, which a
 * server would drop in silence, a missing one, a value out of its form.
 */
export function violations(resource: Tree, definition: Tree): string[] {
    const { group, names, versions } = definition["spec"] as {
        group: string;
        names: { kind: string };
        versions: { name: string; schema: { openAPIV3Schema: Tree } }[];
    };
    const version = versions.find(({ name }) => `${group}/${name}` === resource["apiVersion"]);
    if (version === undefined || names.kind !== resource["kind"]) {
        return [`${String(resource["apiVersion"])} ${String(resource["kind"])} is not of this definition`];
    }
    const schema = version.schema.openAPIV3Schema;
    const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
    const properties = { ...(schema["properties"] as Tree), metadata: open };
    return check(resource, { ...schema, properties }, names.kind);
}

function check(value: unknown, schema: Tree, path: string): string[] {
    for (const keyword of Object.keys(schema)) {
        if (!judged.has(keyword) && !silent.test(keyword)) throw new Error(`${path}: unknown keyword ${keyword}`);
    }
    if (value === null) return schema["nullable"] === true ? [] : [`${path} is null`];
    const wrong = [...form(value, schema, path)];
    if (Array.isArray(value)) {
        return [...wrong, ...value.flatMap((item, index) => check(item, schema["items"] as Tree, `${path}[${index}]`))];
    }
    return isTree(value) ? [...wrong, ...fields(value, schema, path)] : wrong;
}

function form(value: unknown, schema: Tree, path: string): string[] {
    const { type, enum: choices, pattern, minimum, maximum } = schema;
    const is = Array.isArray(value) ? "array" : Number.isInteger(value) ? "integer" : typeof value;
    const fits = type === undefined || type === is || (type === "number" && is === "integer");
    const wrong = fits ? [] : [`${path} is of type ${is}, not ${JSON.stringify(type)}`];
    const text = typeof value === "string" ? value : JSON.stringify(value);
    if (Array.isArray(choices) && !choices.includes(value)) wrong.push(`${path} is ${text}, not one of its choices`);
    if (typeof pattern === "string" && !new RegExp(pattern).test(text)) wrong.push(`${path} does not match ${pattern}`);
    if (typeof minimum === "number" && Number(value) < minimum) wrong.push(`${path} is less than ${minimum}`);
    if (typeof maximum === "number" && Number(value) > maximum) wrong.push(`${path} is more than ${maximum}`);
    return wrong;
}

function fields(value: Tree, schema: Tree, path: string): string[] {
    const properties = (schema["properties"] ?? {}) as Readonly<Record<string, Tree>>;
    const more = schema["additionalProperties"];
    const open = schema["x-kubernetes-preserve-unknown-fields"] === true || more === true;
    const required = (schema["required"] ?? []) as readonly string[];
    return [
        ...required.filter((key) => !(key in value)).map((key) => `${path}.${key} is missing`),
        ...Object.entries(value).flatMap(([key, child]) => {
            const known = properties[key] ?? (isTree(more) ? more : undefined);
            if (known !== undefined) return check(child, known, `${path}.${key}`);
            return open ? [] : [`${path}.${key} is no field`];
        }),
    ];
}
