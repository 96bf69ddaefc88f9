import type { Agent, Dispatcher } from "undici";
import { openConnections, parseRegistryUrl, type ConnectionOptions } from "../client/connection";
import { Deadline } from "../client/deadline";
import { HarborError } from "../client/errors";
import { lostConnection } from "../client/lost-connections";
import { notJsonError, refusalError, type Refusal } from "../client/refusals";
import { withoutSecrets } from "../client/secrecy";
import { parseChallenge } from "./challenge";
import { digestOf, manifestTypes, type Image } from "./image";

export interface RegistryOptions extends ConnectionOptions {
    readonly user: string;
    readonly password: string;
    /** Milliseconds for one request. @default 30,000 */
    readonly requestTimeoutMs?: number;
    /** Ends whatever is under way. */
    readonly signal?: AbortSignal;
}

interface Request {
    readonly method: "GET" | "HEAD" | "POST" | "PUT";
    /** With `/v2/` in front. */
    readonly path: string;
    /** `pull` or `pull,push` in the repository; none: only a login. */
    readonly scope?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: Buffer;
}

interface Response {
    readonly status: number;
    readonly body: Buffer;
    readonly header: (name: string) => string | undefined;
}

/**
 * The OCI distribution protocol as a container client speaks it, with Harbor's tokens: as much of it as is needed to
 * push and pull a small image. No client of it on npm is kept up that can push (2026-11). Tries nothing twice: what
 * only works at the second attempt is to be seen.
 */
export class RegistryClient {
    readonly #options: RegistryOptions;
    readonly #origin: string;
    readonly #agent: Agent;
    readonly #tokens = new Map<string, string>();

    constructor(options: RegistryOptions) {
        this.#options = options;
        this.#origin = parseRegistryUrl(options.url).origin;
        this.#agent = openConnections(options);
    }

    async close(): Promise<void> {
        await this.#agent.close();
    }

    /** `docker login`: GET /v2/ with a token for it. @throws HarborError of kind "unauthorized" */
    async login(): Promise<void> {
        await this.#send({ method: "GET", path: "/v2/" });
    }

    /** @returns the image's digest, by which it can be pulled */
    async push(repository: string, tag: string, image: Image): Promise<string> {
        for (const blob of [image.config, image.layer]) await this.#pushBlob(repository, blob);
        const { header } = await this.#send({
            method: "PUT",
            path: `/v2/${repository}/manifests/${tag}`,
            scope: `repository:${repository}:pull,push`,
            headers: { "content-type": image.mediaType },
            body: image.manifest,
        });
        const digest = digestOf(image.manifest);
        const told = header("docker-content-digest");
        if (told !== undefined && told !== digest)
            throw corrupted(`PUT /v2/${repository}/manifests/${tag}`, digest, told);
        return digest;
    }

    /** The manifest, checked against the digest where that is what it is pulled by. */
    async pullManifest(repository: string, reference: string): Promise<Buffer> {
        const path = `/v2/${repository}/manifests/${reference}`;
        const headers = { accept: manifestTypes.join(", ") };
        const { body } = await this.#send({ method: "GET", path, scope: `repository:${repository}:pull`, headers });
        return reference.startsWith("sha256:") ? checked(body, reference, path) : body;
    }

    /** A layer or a configuration, checked against its digest; from the bucket where the registry sends there. */
    async pullBlob(repository: string, digest: string): Promise<Buffer> {
        const path = `/v2/${repository}/blobs/${digest}`;
        const { body } = await this.#send({ method: "GET", path, scope: `repository:${repository}:pull` });
        return checked(body, digest, path);
    }

    /** GET /v2/{repository}/tags/list */
    async tags(repository: string): Promise<readonly string[]> {
        const path = `/v2/${repository}/tags/list`;
        const { body } = await this.#send({ method: "GET", path, scope: `repository:${repository}:pull` });
        return (JSON.parse(body.toString()) as { readonly tags?: readonly string[] }).tags ?? [];
    }

    async #pushBlob(repository: string, blob: Buffer): Promise<void> {
        const scope = `repository:${repository}:pull,push`;
        const digest = digestOf(blob);
        const path = `/v2/${repository}/blobs/uploads/`;
        const begun = await this.#send({ method: "POST", path, scope });
        const location = begun.header("location");
        if (location === undefined) throw unexpected(`POST ${path}`, "answered without the Location of the upload");
        const at = this.#own(new URL(location, this.#origin), `POST ${path}`, "the upload");
        at.searchParams.set("digest", digest);
        const headers = { "content-type": "application/octet-stream" };
        await this.#send({ method: "PUT", path: at.pathname + at.search, scope, headers, body: blob });
    }

    /** With a token that it gets when it is asked for one; follows a blob to its bucket, without the token. */
    async #send(request: Request): Promise<Response> {
        const scope = request.scope ?? "";
        const known = this.#tokens.get(scope);
        let response = await this.#once(request, known === undefined ? {} : { authorization: `Bearer ${known}` });
        // A token that was taken before may have run out, or be of a core that is gone: Harbor says where tokens are to who
        // comes with none.
        if (response.status === 401 && known !== undefined) response = await this.#once(request, {});
        if (response.status === 401) {
            const token = await this.#token(response.header("www-authenticate"), scope, nameOf(request));
            this.#tokens.set(scope, token);
            response = await this.#once(request, { authorization: `Bearer ${token}` });
        }
        const location = response.header("location");
        if (response.status === 307 && request.method === "GET" && location !== undefined) {
            const elsewhere = new URL(location, this.#origin);
            response = await this.#once(
                { ...request, path: elsewhere.pathname + elsewhere.search },
                {},
                elsewhere.origin,
            );
        }
        if (response.status >= 300) throw refusalError(this.#refusal(nameOf(request), response));
        return response;
    }

    /** GET /service/token, which the registry names in its challenge. */
    async #token(challenge: string | undefined, scope: string, endpoint: string): Promise<string> {
        const asked = parseChallenge(challenge);
        if (asked === undefined) throw unexpected(endpoint, "answered 401 without saying where tokens are");
        const realm = this.#own(new URL(asked.realm), endpoint, "the token service");
        realm.searchParams.set("service", asked.service);
        if (scope !== "") realm.searchParams.set("scope", scope);
        const { user, password } = this.#options;
        const basic = Buffer.from(`${user}:${password}`).toString("base64");
        const request = { method: "GET", path: realm.pathname + realm.search } as const;
        const response = await this.#once(request, { authorization: `Basic ${basic}` });
        if (response.status !== 200) throw refusalError(this.#refusal(nameOf(request), response));
        let token: unknown;
        try {
            token = (JSON.parse(response.body.toString()) as { readonly token?: unknown }).token;
        } catch {
            throw notJsonError(this.#refusal(nameOf(request), response));
        }
        if (typeof token !== "string" || token === "") throw unexpected(nameOf(request), "answered without a token");
        return token;
    }

    /**
     * An address that Harbor wrote, which has to be the one that clients type: credentials go nowhere else, and a
     * container client would fail there.
     */
    #own(address: URL, endpoint: string, what: string): URL {
        if (address.origin === this.#origin) return address;
        const onlyScheme = address.host === new URL(this.#origin).host;
        throw new HarborError(`${endpoint}: ${what} is said to be at ${address.origin}, not at ${this.#origin}`, {
            kind: "not-harbor",
            endpoint,
            details: [
                onlyScheme
                    ? "the proxy in front does not tell Harbor that clients speak https (X-Forwarded-Proto)"
                    : "Harbor's external URL is not the address that clients type",
            ],
            next: ["set harbor.externalUrl to the address that clients type, then npx anchorage up"],
        });
    }

    async #once(
        request: Request,
        authorization: Readonly<Record<string, string>>,
        origin: string = this.#origin,
    ): Promise<Response> {
        const endpoint = nameOf(request);
        const { signal, requestTimeoutMs = 30_000 } = this.#options;
        const deadline = new Deadline(signal === undefined ? {} : { signal }, requestTimeoutMs);
        let answering = false;
        try {
            return await deadline.within(endpoint, requestTimeoutMs, async (limit) => {
                const { method, path, headers, body = null } = request;
                const response: Dispatcher.ResponseData = await this.#agent.request({
                    origin,
                    path,
                    method,
                    headers: { "user-agent": "anchorage", ...headers, ...authorization },
                    body,
                    signal: limit,
                    headersTimeout: 0,
                    bodyTimeout: 0,
                });
                answering = true;
                const received = Buffer.from(await response.body.arrayBuffer());
                return {
                    status: response.statusCode,
                    body: received,
                    header: (name: string) => [response.headers[name]].flat()[0],
                };
            });
        } catch (error) {
            if (error instanceof HarborError) throw error;
            throw lostConnection(error, endpoint, origin, answering)?.error ?? error;
        }
    }

    #refusal(endpoint: string, { status, body, header }: Response): Refusal {
        const { user, password } = this.#options;
        const basic = Buffer.from(`${user}:${password}`).toString("base64");
        return {
            endpoint,
            status,
            contentType: header("content-type"),
            location: header("location"),
            body: body.toString(),
            hide: (text) => withoutSecrets(text, [password, basic, ...this.#tokens.values()]),
            user,
        };
    }
}

function checked(content: Buffer, digest: string, path: string): Buffer {
    const actual = digestOf(content);
    if (actual !== digest) throw corrupted(`GET ${path}`, digest, actual);
    return content;
}

function corrupted(endpoint: string, expected: string, actual: string): HarborError {
    return new HarborError(`${endpoint}: has digest ${actual} in place of ${expected}`, {
        kind: "unexpected",
        endpoint,
        details: ["the content is not what was pushed: storage or a proxy changed it"],
    });
}

function unexpected(endpoint: string, what: string): HarborError {
    return new HarborError(`${endpoint}: ${what}`, { kind: "unexpected", endpoint });
}

/** Without the query, which may hold what is nobody's business. */
function nameOf({ method, path }: Request): string {
    return `${method} ${path.split("?")[0] ?? path}`;
}
