import https from "node:https";
import http from "node:http";
import { createSecureContext } from "node:tls";
import type { Login } from "./kubeconfig";
import { UncertainError } from "../../kinds";
import { isObject, type Value } from "../../values";

/** An object of the API server, or a list, or a status: JSON. */
export type KubeObject = Record<string, Value>;

export interface KubeRequest {
    readonly query?: Readonly<Record<string, string>>;
    readonly body?: KubeObject;
    /** @default application/json */
    readonly contentType?: string;
}

/** The answer of the API server when it says no. */
export class KubeError extends Error {
    constructor(
        message: string,
        /** HTTP status. */
        readonly status: number,
        /** `NotFound`, `AlreadyExists`, `Invalid`, ... */
        readonly reason: string,
    ) {
        super(message);
        this.name = "KubeError";
    }
}

/**
 * Requests to one API server. @kubernetes/client-node takes more than a second to load, most of it models
 * that nobody needs who sends what he is given: an engine that must be done with an unchanged stack in
 * seconds does without.
 */
export class KubeClient {
    private readonly agent: https.Agent | http.Agent;

    constructor(readonly login: Login) {
        const { ca, cert, key, server } = login;
        // To open a connection takes each side longer than to ask and answer ten times: a few, and the certificates read once.
        const options = { keepAlive: true, maxSockets: 4 };
        this.agent =
            server.protocol === "https:"
                ? new https.Agent({ ...options, secureContext: createSecureContext({ ca, cert, key }) })
                : new http.Agent(options);
    }

    /** @throws KubeError, UncertainError when there was no answer */
    async request(method: string, path: string, { query, body, contentType }: KubeRequest = {}): Promise<KubeObject> {
        const url = new URL(path, this.login.server);
        for (const [key, value] of Object.entries(query ?? {})) url.searchParams.set(key, value);
        const { status, content } = await this.send(method, url, body, contentType ?? "application/json");
        const answer = content === "" ? {} : parseAnswer(content);
        if (status >= 200 && status < 300) return answer;
        const { message, reason } = answer;
        throw new KubeError(
            typeof message === "string"
                ? message
                : `${method} ${path}: HTTP ${String(status)} ${content.slice(0, 200)}`,
            status,
            typeof reason === "string" ? reason : "",
        );
    }

    /** undefined where there is no such object. */
    async get(path: string, query: Readonly<Record<string, string>> = {}): Promise<KubeObject | undefined> {
        try {
            return await this.request("GET", path, { query });
        } catch (error) {
            if (error instanceof KubeError && error.status === 404) return undefined;
            throw error;
        }
    }

    private send(
        method: string,
        url: URL,
        body: KubeObject | undefined,
        contentType: string,
    ): Promise<{ status: number; content: string }> {
        const { token } = this.login;
        const payload = body === undefined ? undefined : JSON.stringify(body);
        return new Promise((resolve, reject) => {
            const lost = (error: Error): void => {
                reject(
                    new UncertainError(`no answer from the API server ${url.host}: ${error.message}`, { cause: error }),
                );
            };
            const request = (url.protocol === "https:" ? https : http).request(
                url,
                {
                    method,
                    agent: this.agent,
                    timeout: 60_000,
                    headers: {
                        Accept: "application/json",
                        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
                        ...(payload === undefined
                            ? {}
                            : { "Content-Type": contentType, "Content-Length": Buffer.byteLength(payload) }),
                    },
                },
                (response) => {
                    const chunks: Buffer[] = [];
                    response.on("data", (chunk: Buffer) => chunks.push(chunk));
                    response.on("error", lost);
                    response.on("end", () => {
                        const content = Buffer.concat(chunks).toString("utf8");
                        resolve({ status: response.statusCode ?? 0, content });
                    });
                },
            );
            request.on("timeout", () => request.destroy(new Error("it took longer than 60 s")));
            request.on("error", lost);
            request.end(payload);
        });
    }
}

function parseAnswer(content: string): KubeObject {
    try {
        const parsed = JSON.parse(content) as Value;
        return isObject(parsed) ? parsed : {};
    } catch {
        return {}; // a proxy's or the server's plain text: the status tells what it is
    }
}
