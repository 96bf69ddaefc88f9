import assert from "node:assert/strict";
import { Agent, request, type Dispatcher } from "undici";
import { like, type Expected } from "./like";

/**
 * Plain HTTP to a Harbor, on purpose without our client: the contract says what the server answers, not what the
 * client makes of it. No cookie is kept, no redirect followed, nothing sent twice.
 */

export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Sent {
    readonly query?: Readonly<Record<string, string | number | boolean>>;
    /** Sent as JSON, or as it is where it is text or bytes. */
    readonly body?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
}

export interface Credentials {
    readonly user: string;
    readonly password: string;
}

/** An answer, read to its end. */
export class Reply {
    constructor(
        private readonly asked: string,
        readonly status: number,
        private readonly headers: Dispatcher.ResponseData["headers"],
        readonly bytes: Buffer,
    ) {}

    get text(): string {
        return this.bytes.toString("utf8");
    }

    header(name: string): string | undefined {
        const value = this.headers[name.toLowerCase()];
        return Array.isArray(value) ? value[0] : value;
    }

    /** "sid=...; Path=/" and its like, each as it was sent. */
    get cookies(): readonly string[] {
        const value = this.headers["set-cookie"];
        return value === undefined ? [] : [value].flat();
    }

    get json(): unknown {
        try {
            return JSON.parse(this.text) as unknown;
        } catch {
            return assert.fail(`${this.asked} answered ${this.status} with no JSON: "${this.text.slice(0, 200)}"`);
        }
    }

    /** The objects of a list; what Harbor answers for an empty one is [] and never null. */
    get list(): readonly Readonly<Record<string, unknown>>[] {
        const { json } = this;
        assert.ok(Array.isArray(json), `${this.asked} answered no list: ${this.text.slice(0, 200)}`);
        return json as Readonly<Record<string, unknown>>[];
    }

    number(key: string): number {
        const value = field(this.json, key);
        assert.ok(typeof value === "number", `${this.asked}: ${key} is no number: ${this.text.slice(0, 300)}`);
        return value;
    }

    string(key: string): string {
        const value = field(this.json, key);
        assert.ok(typeof value === "string", `${this.asked}: ${key} is no text: ${this.text.slice(0, 300)}`);
        return value;
    }

    /** The number that ends the Location of something created. */
    get id(): number {
        const id = /\/(\d+)$/.exec(this.header("location") ?? "")?.[1];
        assert.ok(
            id !== undefined,
            `${this.asked}: no number at the end of Location ${String(this.header("location"))}`,
        );
        return Number(id);
    }

    /** Asserts the status and returns the answer, so that a call and its outcome stand on one line. */
    is(status: number): this {
        assert.equal(this.status, status, `${this.asked} answered ${this.status}: ${this.text.slice(0, 500)}`);
        return this;
    }

    /** Asserts Harbor's error envelope with that code, and a message that matches. */
    fails(status: number, code: string, message = /./): this {
        this.is(status);
        like(this.json, { errors: [{ code, message }] }, this.asked);
        return this;
    }

    /** Asserts a success that says nothing: no body, and no type of one. */
    isEmpty(status: number): this {
        this.is(status);
        assert.equal(this.text, "", this.asked);
        assert.equal(this.header("content-type"), undefined, this.asked);
        return this;
    }

    /** Asserts that the body has at least what is expected; see like.ts. */
    has(expected: Expected): this {
        this.is(200);
        like(this.json, expected, this.asked);
        return this;
    }
}

function field(value: unknown, key: string): unknown {
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

/** Calls of one user. */
export class Api {
    constructor(
        readonly origin: string,
        private readonly agent: Agent,
        readonly credentials?: Credentials,
    ) {}

    as(credentials: Credentials | undefined): Api {
        return new Api(this.origin, this.agent, credentials);
    }

    get basic(): Readonly<Record<string, string>> {
        if (this.credentials === undefined) return {};
        const { user, password } = this.credentials;
        return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` };
    }

    get(path: string, query?: Sent["query"]): Promise<Reply> {
        return this.send("GET", path, query === undefined ? {} : { query });
    }

    post(path: string, body?: unknown): Promise<Reply> {
        return this.send("POST", path, { body });
    }

    put(path: string, body?: unknown): Promise<Reply> {
        return this.send("PUT", path, { body });
    }

    patch(path: string, body?: unknown): Promise<Reply> {
        return this.send("PATCH", path, { body });
    }

    delete(path: string): Promise<Reply> {
        return this.send("DELETE", path, {});
    }

    /** A path below /api/v2.0. */
    send(method: Method, path: string, sent: Sent): Promise<Reply> {
        return this.sendTo(method, `/api/v2.0${path}`, sent);
    }

    /** A path of the server: "/v2/", "/service/token". */
    async sendTo(method: Method, path: string, { query, body, headers }: Sent): Promise<Reply> {
        const text = query === undefined ? "" : `?${new URLSearchParams(Object.entries(query).map(asText)).toString()}`;
        const raw = typeof body === "string" || Buffer.isBuffer(body);
        const response = await request(`${this.origin}${path}${text}`, {
            dispatcher: this.agent,
            method,
            headers: {
                ...this.basic,
                ...(body === undefined || raw ? {} : { "content-type": "application/json" }),
                ...headers,
            },
            body: body === undefined ? null : raw ? body : JSON.stringify(body),
        });
        const bytes = Buffer.from(await response.body.arrayBuffer());
        return new Reply(`${method} ${path}${text}`, response.statusCode, response.headers, bytes);
    }
}

function asText([key, value]: [string, string | number | boolean]): [string, string] {
    return [key, String(value)];
}

/** Connections without any limit of time but the test's own. */
export function openAgent(): Agent {
    return new Agent({ keepAliveTimeout: 1_000 });
}
