import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { projectRoot } from "../../lib/home";
import type { Answer } from "./stand-in";

/** Swagger 2.0 as far as Harbor's document uses it. */
interface Schema {
    readonly $ref?: string;
    readonly type?: string;
    readonly properties?: Readonly<Record<string, Schema>>;
    readonly additionalProperties?: Schema | boolean;
    readonly items?: Schema;
    readonly enum?: readonly unknown[];
    readonly format?: string;
    readonly required?: readonly string[];
}
interface Response {
    readonly $ref?: string;
    readonly schema?: Schema;
    readonly headers?: Readonly<Record<string, unknown>>;
}
interface Operation {
    readonly responses: Readonly<Record<string, Response>>;
}
interface Document {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
    readonly definitions: Readonly<Record<string, Schema>>;
    readonly responses: Readonly<Record<string, Response>>;
}

const file = path.resolve(
    process.env["ANCHORAGE_DATA"] ?? path.join(projectRoot, "..", "shared", "data"),
    "api",
    "harbor-v2.15.2-swagger.yaml",
);

/** Holds answers to Harbor's OpenAPI document. */
export class ResponseValidator {
    private constructor(private readonly document: Document) {}

    /** Undefined where the document is not on this machine. */
    static open(): ResponseValidator | undefined {
        return existsSync(file) ? new ResponseValidator(parse(readFileSync(file, "utf8")) as Document) : undefined;
    }

    /** @param target below /api/v2.0, with its query */
    check(method: string, target: string, answer: Answer): void {
        const [where = ""] = target.split("?");
        const operation = this.operation(method, where);
        if (operation === undefined) {
            assert.ok([404, 405, 403].includes(answer.status), `${method} ${where} is not in the document`);
            return;
        }
        const what = `${method} ${where} ${String(answer.status)}`;
        const documented = operation.responses[String(answer.status)];
        if (documented === undefined) {
            // Of errors it tells some, and Harbor answers with others too: all have one form.
            assert.ok(answer.status >= 400, `${what} is not in the document`);
            this.error(what, method, answer);
            return;
        }
        const response = this.response(documented);
        if (answer.status >= 400) this.error(what, method, answer);
        else if (response.schema && answer.text !== "") this.value(what, response.schema, answer.json ?? answer.text);
    }

    private error(what: string, method: string, { json }: Answer): void {
        if (method === "HEAD") return;
        this.value(what, { $ref: "#/definitions/Errors" }, json);
        const errors = (json as { errors: unknown[] }).errors;
        assert.equal(errors.length, 1, what);
    }

    private operation(method: string, where: string): Operation | undefined {
        const parts = where.split("/");
        const fitting = Object.entries(this.document.paths).filter(([template, operations]) => {
            const pattern = template.replace(/\/$/, "").split("/");
            return (
                operations[method.toLowerCase()] !== undefined &&
                pattern.length === parts.length &&
                pattern.every((part, index) => part.startsWith("{") || part === parts[index])
            );
        });
        const fixed = ([template]: (typeof fitting)[number]): number => template.split("{").length;
        return fitting.sort((a, b) => fixed(a) - fixed(b))[0]?.[1][method.toLowerCase()];
    }

    private response(response: Response): Response {
        return response.$ref === undefined ? response : (this.document.responses[last(response.$ref)] ?? {});
    }

    private value(where: string, given: Schema, value: unknown): void {
        const schema = given.$ref === undefined ? given : (this.document.definitions[last(given.$ref)] ?? {});
        const wrong = `${where}: ${JSON.stringify(value)}`;
        // The real one says "MANUAL" where its document has "Manual".
        const word = (one: unknown): unknown => (typeof one === "string" ? one.toLowerCase() : one);
        if (schema.enum)
            assert.ok(
                schema.enum.map(word).includes(word(value)),
                `${wrong} is none of ${JSON.stringify(schema.enum)}`,
            );
        switch (schema.type ?? (schema.properties ? "object" : undefined)) {
            case "object":
                assert.ok(
                    typeof value === "object" && value !== null && !Array.isArray(value),
                    `${wrong} is no object`,
                );
                this.properties(where, schema, value as Record<string, unknown>);
                return;
            case "array":
                // Go's nil list.
                if (value === null) return;
                assert.ok(Array.isArray(value), `${wrong} is no array`);
                for (const [index, one] of value.entries())
                    this.value(`${where}[${String(index)}]`, schema.items ?? {}, one);
                return;
            case "string":
                assert.equal(typeof value, "string", `${wrong} is no text`);
                if (schema.format === "date-time")
                    assert.ok(!Number.isNaN(Date.parse(String(value))), `${wrong} is no time`);
                return;
            case "integer":
                assert.ok(Number.isInteger(value), `${wrong} is no integer`);
                return;
            case "number":
            case "boolean":
                assert.equal(typeof value, schema.type, wrong);
                return;
            default:
        }
    }

    private properties(where: string, schema: Schema, value: Readonly<Record<string, unknown>>): void {
        for (const key of schema.required ?? []) assert.ok(key in value, `${where} has no ${key}`);
        const more = schema.additionalProperties;
        for (const [key, one] of Object.entries(value)) {
            const property = schema.properties?.[key] ?? (typeof more === "object" ? more : undefined);
            if (property) this.value(`${where}.${key}`, property, one);
            else
                assert.ok(more !== undefined || !schema.properties, `${where} has ${key}, which the document does not`);
        }
    }
}

function last(reference: string): string {
    return reference.slice(reference.lastIndexOf("/") + 1);
}
