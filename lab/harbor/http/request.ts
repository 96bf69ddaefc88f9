import type { IncomingMessage } from "node:http";
import type { z } from "zod";
import type { ListQuery } from "../store/collection";
import { parseQuery, parseSort } from "../store/query";
import type { Principal } from "../security/principal";
import { unprocessable } from "./errors";

/** Bytes that the body of a REST request may have. */
const largestBody = 4 * 2 ** 20;

/** One REST request, with who asks. */
export class ApiRequest {
    constructor(
        readonly raw: IncomingMessage,
        readonly url: URL,
        /** Of the path, decoded once. */
        readonly params: Readonly<Record<string, string>>,
        readonly principal: Principal,
    ) {}

    /** A part of the path that is a number. @throws 422 */
    id(name: string): number {
        const value = this.param(name);
        if (!/^-?\d+$/.test(value)) throw unprocessable(`${name} in path must be of type int64: "${value}"`);
        return Number(value);
    }

    param(name: string): string {
        const value = this.params[name];
        if (value === undefined) throw new Error(`the route has no ${name}`);
        return value;
    }

    query(name: string): string | undefined {
        return this.url.searchParams.get(name) ?? undefined;
    }

    flag(name: string): boolean {
        return this.query(name) === "true";
    }

    header(name: string): string | undefined {
        const value = this.raw.headers[name];
        return Array.isArray(value) ? value[0] : value;
    }

    /** `q`, `sort`, `page`, `page_size`. @throws 422 for a page of more than 100 */
    list(): ListQuery {
        const page = this.number("page", 1);
        const pageSize = this.number("page_size", 10);
        if (pageSize > 100) throw unprocessable("page_size in query should be less than or equal to 100");
        return {
            conditions: parseQuery(this.query("q")),
            sort: parseSort(this.query("sort")),
            page: Math.max(page, 1),
            pageSize: pageSize < 0 ? 0 : pageSize,
        };
    }

    private number(name: string, otherwise: number): number {
        const text = this.query(name);
        if (text === undefined || text === "") return otherwise;
        if (!/^-?\d+$/.test(text)) throw unprocessable(`${name} in query must be of type int64: "${text}"`);
        return Number(text);
    }

    /** The JSON body. @throws 422 where it is none, or not of that form */
    async body<T>(schema: z.ZodType<T>): Promise<T> {
        const chunks: Buffer[] = [];
        let size = 0;
        for await (const chunk of this.raw as AsyncIterable<Buffer>) {
            size += chunk.length;
            if (size > largestBody) throw unprocessable("body in body is too large");
            chunks.push(chunk);
        }
        const text = Buffer.concat(chunks).toString();
        if (text.trim() === "") throw unprocessable("body in body is required");
        let value: unknown;
        try {
            value = JSON.parse(text);
        } catch (error) {
            if (!(error instanceof SyntaxError)) throw error;
            throw unprocessable(`parsing body body from "" failed, because ${error.message}`);
        }
        const parsed = schema.safeParse(value);
        if (parsed.success) return parsed.data;
        const [issue] = parsed.error.issues;
        throw unprocessable(`validation failure: ${issue?.path.join(".") ?? "body"} in body: ${issue?.message ?? ""}`);
    }
}
