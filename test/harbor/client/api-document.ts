import { isTree, type Tree } from "../../support/chart-objects";

/** What one operation of the API takes. */
export interface Operation {
    readonly template: string;
    readonly method: string;
    readonly query: ReadonlySet<string>;
    /** The body's schema; undefined: it takes none. */
    readonly body: Tree | undefined;
}

/** An OpenAPI 2 document, as far as requests are checked against it. */
export class ApiDocument {
    private readonly operations: readonly Operation[];

    constructor(private readonly document: Tree) {
        this.operations = Object.entries(tree(document["paths"])).flatMap(([template, item]) =>
            Object.entries(tree(item))
                .filter(([method]) => ["get", "head", "post", "put", "patch", "delete"].includes(method))
                .map(([method, operation]) => this.operation(template, method, tree(operation), tree(item))),
        );
    }

    /** @param path below the base path, without the query */
    find(method: string, path: string): Operation | undefined {
        const segments = path.split("/");
        // A fixed path before one with a parameter: /users/current is no /users/{user_id}.
        return this.operations
            .filter((operation) => operation.method === method.toLowerCase() && fits(operation.template, segments))
            .sort((a, b) => a.template.split("{").length - b.template.split("{").length)[0];
    }

    /** Fields of `body` that its schema does not know, and values of a wrong type: `metadata.pubic`. */
    unknownFields(body: unknown, schema: Tree, at = ""): string[] {
        const resolved = this.resolve(schema);
        const type = typeof resolved["type"] === "string" ? resolved["type"] : undefined;
        if (Array.isArray(body)) {
            return type === "array"
                ? body.flatMap((one) => this.unknownFields(one, tree(resolved["items"]), `${at}[]`))
                : [`${at}: a list`];
        }
        if (isTree(body)) {
            const { properties, additionalProperties } = resolved;
            if (properties === undefined && additionalProperties === undefined) return [];
            return Object.entries(body).flatMap(([key, value]) => {
                const known = isTree(properties) ? properties[key] : undefined;
                const schemaOfKey = known ?? additionalProperties;
                const path = at === "" ? key : `${at}.${key}`;
                return isTree(schemaOfKey) ? this.unknownFields(value, schemaOfKey, path) : [path];
            });
        }
        const wanted = typeof body === "number" ? ["integer", "number", "object"] : [typeof body, "object"];
        return type === undefined || wanted.includes(type) ? [] : [`${at}: ${typeof body} for ${type}`];
    }

    private operation(template: string, method: string, operation: Tree, item: Tree): Operation {
        const parameters = [list(operation["parameters"]), list(item["parameters"])]
            .flat()
            .map((one) => this.resolve(tree(one)));
        const body = parameters.find((one) => one["in"] === "body");
        return {
            template,
            method,
            query: new Set(parameters.filter((one) => one["in"] === "query").map((one) => String(one["name"]))),
            body: body === undefined ? undefined : tree(body["schema"]),
        };
    }

    private resolve(schema: Tree): Tree {
        const reference = schema["$ref"];
        if (typeof reference !== "string") return schema;
        const target = reference
            .replace("#/", "")
            .split("/")
            .reduce<unknown>((at, key) => tree(at)[key], this.document);
        return this.resolve(tree(target));
    }
}

function fits(template: string, segments: readonly string[]): boolean {
    const parts = template.split("/");
    return (
        parts.length === segments.length &&
        parts.every((part, index) => part.startsWith("{") || part === segments[index])
    );
}

function tree(value: unknown): Tree {
    if (!isTree(value)) throw new Error(`no object: ${JSON.stringify(value)}`);
    return value;
}

function list(value: unknown): readonly unknown[] {
    return Array.isArray(value) ? value : [];
}
