import { parseAllDocuments } from "yaml";

/** A CustomResourceDefinition (apiextensions.k8s.io/v1), as far as it is looked at. */
export interface Definition {
    readonly apiVersion: "apiextensions.k8s.io/v1";
    readonly kind: "CustomResourceDefinition";
    readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
    readonly spec: {
        readonly group: string;
        readonly names: { readonly kind: string; readonly plural: string };
        readonly scope: "Namespaced" | "Cluster";
        readonly versions: readonly DefinitionVersion[];
    };
}

export interface DefinitionVersion {
    readonly name: string;
    readonly served: boolean;
    readonly storage: boolean;
    readonly schema: { readonly openAPIV3Schema: Schema };
    readonly subresources?: { readonly status?: object };
}

/** A structural schema; what is not named here is kept as it is. */
export interface Schema {
    readonly type?: string;
    readonly properties?: Readonly<Record<string, Schema>>;
    readonly additionalProperties?: boolean | Schema;
    readonly items?: Schema;
    readonly required?: readonly string[];
    readonly enum?: readonly unknown[];
    readonly [keyword: string]: unknown;
}

/** The definitions in a YAML text, without the words that only people read; other objects are left out. */
export function definitionsIn(text: string): Definition[] {
    // Some stand in a Helm chart, with lines that are Helm's alone: conditions, annotations to add.
    const yaml = text.replace(/^\s*\{\{.*\}\}\s*$/gm, "");
    return parseAllDocuments(yaml)
        .map((document) => {
            const [error] = document.errors;
            if (error) throw error;
            return document.toJS() as { readonly kind?: string } | null;
        })
        .filter((object): object is Definition => object?.kind === "CustomResourceDefinition")
        .map((definition) => withSchemas(definition, (schema) => mapSchema(schema, withoutDescription)));
}

function withoutDescription(schema: Schema): Schema {
    return Object.fromEntries(Object.entries(schema).filter(([keyword]) => keyword !== "description"));
}

/** The definition with each version's schema changed. */
export function withSchemas(definition: Definition, change: (schema: Schema) => Schema): Definition {
    const versions = definition.spec.versions.map((version) => ({
        ...version,
        schema: { openAPIV3Schema: change(version.schema.openAPIV3Schema) },
    }));
    return { ...definition, spec: { ...definition.spec, versions } };
}

/** Changes a schema and all schemas in it. They are two thirds of a definition, and the API server publishes them. */
function mapSchema(schema: Schema, change: (schema: Schema) => Schema): Schema {
    const { properties, additionalProperties, items, ...rest } = change(schema);
    return {
        ...rest,
        ...(properties === undefined
            ? {}
            : {
                  properties: Object.fromEntries(
                      Object.entries(properties).map(([key, inner]) => [key, mapSchema(inner, change)]),
                  ),
              }),
        ...(additionalProperties === undefined
            ? {}
            : {
                  additionalProperties:
                      typeof additionalProperties === "boolean"
                          ? additionalProperties
                          : mapSchema(additionalProperties, change),
              }),
        ...(items === undefined ? {} : { items: mapSchema(items, change) }),
    };
}
