import type { EventEmitter } from "node:events";
import type { Agent, Dispatcher } from "undici";
import { openConnections, parseRegistryUrl, type ConnectionOptions } from "./connection";
import { Deadline, type CallOptions } from "./deadline";
import { HarborError } from "./errors";
import { lostConnection } from "./lost-connections";
import { notJsonError, refusalError, type Refusal } from "./refusals";
import { defaultRetryPolicy, isPassing, parseRetryAfter, waitBefore, type RetryPolicy } from "./retry";
import { secretsOf, withoutSecrets } from "./secrecy";

export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** One call of the API. */
export interface Call {
    readonly method: Method;
    /** Below /api/v2.0, encoded. */
    readonly path: string;
    readonly query?: Query;
    /** Sent as JSON. */
    readonly body?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
    /** Whether to send it twice is the same as to send it once. @default all but POST and PATCH */
    readonly idempotent?: boolean;
    /** Statuses that are answers, not errors, beside 2xx. */
    readonly allow?: readonly number[];
}

export interface Answer {
    readonly status: number;
    /** The whole body; may be empty where JSON was announced. */
    readonly text: string;
    header(name: string): string | undefined;
    /** @throws HarborError for a body that is no JSON; undefined for an empty one */
    json(): unknown;
}

/** Sends calls. The client's resources are made on one; tests may give their own. */
export interface Transport {
    deadline(options?: CallOptions): Deadline;
    /** @throws HarborError for everything that is no success */
    send(call: Call, deadline: Deadline): Promise<Answer>;
}

export interface TransportOptions extends ConnectionOptions {
    /** User or robot; without one, what anybody may read. */
    readonly user?: string;
    readonly password?: string;
    /** Milliseconds for one request. @default 30,000 */
    readonly requestTimeoutMs?: number;
    /** Milliseconds for one call with all its attempts and pages. @default 120,000 */
    readonly callTimeoutMs?: number;
    readonly retry?: Partial<RetryPolicy>;
}

/**
 * Harbor's REST API v2.0 over HTTP with basic authentication. Keeps no cookie: Harbor refuses every change of a
 * request that carries its session cookie without a CSRF token. Follows no redirect.
 */
export class HttpTransport implements Transport {
    readonly origin: string;
    readonly #agent: Agent;
    readonly #user: string | undefined;
    /** Private, so that it is not shown where a client is. */
    readonly #secrets: readonly string[];
    readonly #headers: Readonly<Record<string, string>>;
    readonly #retry: RetryPolicy;
    readonly #requestTimeoutMs: number;
    readonly #callTimeoutMs: number;

    constructor(options: TransportOptions) {
        const { user, password = "" } = options;
        this.origin = parseRegistryUrl(options.url).origin;
        this.#agent = openConnections(options);
        this.#user = user;
        const token = user === undefined ? "" : Buffer.from(`${user}:${password}`).toString("base64");
        this.#secrets = [password, token];
        this.#headers = {
            accept: "application/json",
            "user-agent": "anchorage",
            ...(user === undefined ? {} : { authorization: `Basic ${token}` }),
        };
        this.#retry = { ...defaultRetryPolicy, ...options.retry };
        this.#requestTimeoutMs = options.requestTimeoutMs ?? 30_000;
        this.#callTimeoutMs = options.callTimeoutMs ?? 120_000;
    }

    deadline(options: CallOptions = {}): Deadline {
        return new Deadline(options, this.#callTimeoutMs);
    }

    async send(call: Call, deadline: Deadline): Promise<Answer> {
        const endpoint = `${call.method} ${call.path}`;
        const repeatable = call.idempotent ?? !["POST", "PATCH"].includes(call.method);
        let last: HarborError | undefined;
        for (let attempt = 1; ; attempt++) {
            const outcome = await this.#attempt(call, endpoint, deadline);
            if (!("error" in outcome)) return outcome;
            // What the server said before says more than that the time is up.
            if (outcome.error.kind === "timeout" && last !== undefined) throw last;
            last = outcome.error;
            // The answer to the first attempt was lost, and it did its work.
            const goneBefore = attempt > 1 && call.method === "DELETE" && outcome.error.kind === "not-found";
            if (goneBefore) return emptyAnswer;
            const again = outcome.notSent || (repeatable && outcome.passing);
            if (!again || attempt >= this.#retry.attempts) throw outcome.error;
            const wait = waitBefore(attempt, outcome.retryAfterMs, this.#retry);
            if (wait >= deadline.left) throw outcome.error;
            await deadline.pause(wait);
        }
    }

    /** Lets go of the connections; calls under way are done first. */
    async close(): Promise<void> {
        await this.#agent.close();
    }

    async #attempt(call: Call, endpoint: string, deadline: Deadline): Promise<Answer | Failure> {
        let answering = false;
        try {
            return await deadline.within(endpoint, this.#requestTimeoutMs, async (signal) => {
                const response = await this.#agent.request(this.#request(call, signal));
                answering = true;
                const text = await response.body.text();
                const ok = response.statusCode < 300 || (call.allow?.includes(response.statusCode) ?? false);
                return ok
                    ? this.#answer(call, endpoint, response, text)
                    : this.#failure(call, endpoint, response, text);
            });
        } catch (error) {
            if (error instanceof HarborError) return { error, passing: false, notSent: false };
            const lost = lostConnection(error, endpoint, this.origin, answering);
            if (lost === undefined) throw error;
            return { error: lost.error, passing: lost.progress !== "hopeless", notSent: lost.progress === "not sent" };
        }
    }

    #request({ method, path, query, body, headers }: Call, signal: EventEmitter): Dispatcher.RequestOptions {
        return {
            origin: this.origin,
            path: `/api/v2.0${path}${query === undefined ? "" : queryString(query)}`,
            method,
            headers: {
                ...this.#headers,
                ...headers,
                ...(body === undefined ? {} : { "content-type": "application/json" }),
            },
            body: body === undefined ? null : JSON.stringify(body),
            signal,
            // The deadline is the client's own, for headers and body together.
            headersTimeout: 0,
            bodyTimeout: 0,
        };
    }

    #answer(call: Call, endpoint: string, response: Dispatcher.ResponseData, text: string): Answer {
        return {
            status: response.statusCode,
            text,
            header: (name) => headerOf(response, name),
            json: () => {
                if (text.trim() === "") return undefined;
                try {
                    return JSON.parse(text) as unknown;
                } catch {
                    throw notJsonError(this.#refusal(call, endpoint, response, text));
                }
            },
        };
    }

    #failure(call: Call, endpoint: string, response: Dispatcher.ResponseData, text: string): Failure {
        return {
            error: refusalError(this.#refusal(call, endpoint, response, text)),
            passing: isPassing(response.statusCode),
            notSent: false,
            retryAfterMs: parseRetryAfter(headerOf(response, "retry-after"), Date.now()),
        };
    }

    #refusal(call: Call, endpoint: string, response: Dispatcher.ResponseData, text: string): Refusal {
        const secrets = [...this.#secrets, ...secretsOf(call.body)];
        return {
            endpoint,
            status: response.statusCode,
            contentType: headerOf(response, "content-type"),
            location: headerOf(response, "location"),
            body: text,
            hide: (shown) => withoutSecrets(shown, secrets),
            user: this.#user,
        };
    }
}

interface Failure {
    readonly error: HarborError;
    /** Whether it may be gone at the next attempt. */
    readonly passing: boolean;
    /** Whether nothing reached the server. */
    readonly notSent: boolean;
    readonly retryAfterMs?: number | undefined;
}

const emptyAnswer: Answer = { status: 200, text: "", header: () => undefined, json: () => undefined };

function headerOf({ headers }: Dispatcher.ResponseData, name: string): string | undefined {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
}

function queryString(query: Query): string {
    const entries = Object.entries(query).filter(([, value]) => value !== undefined);
    if (entries.length === 0) return "";
    return `?${entries.map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`).join("&")}`;
}
