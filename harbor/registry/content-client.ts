import type { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import type { Agent, Dispatcher } from "undici";
import { openConnections, parseRegistryUrl, type ConnectionOptions } from "../client/connection";
import { HarborError } from "../client/errors";
import { lostConnection } from "../client/lost-connections";
import { refusalError } from "../client/refusals";
import { withoutSecrets } from "../client/secrecy";
import { RegistryAuthorization, type Credentials } from "./authorization";
import { digestOf } from "./image";

export interface ContentOptions extends ConnectionOptions {
    /** @default nobody */
    readonly credentials?: Credentials;
    readonly signal: AbortSignal;
    /** Milliseconds without any byte, after which a request is given up. @default 60,000 */
    readonly idleTimeoutMs?: number;
}

export interface Manifest {
    readonly digest: string;
    readonly mediaType: string;
    readonly body: Buffer;
}

export interface Blob {
    readonly size: number;
    readonly body: Readable;
}

/** Manifests of images, and of what several of them make. Those of schema 1 have no digest that would outlive a copy. */
const accepted = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

interface Request {
    readonly method: "GET" | "HEAD" | "POST" | "PUT";
    /** With its query. */
    readonly path: string;
    /** As a token is asked for: `repository:library/app:pull`. */
    readonly scope: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: Buffer | Readable;
    /** Statuses that are answers; others are errors. */
    readonly expected: readonly number[];
}

/**
 * The OCI distribution protocol for whole registries: catalogue, tags, manifests as they are, blobs as streams. With
 * Harbor as with a plain registry that asks for a password, a token, or nothing.
 */
export class ContentClient {
    readonly origin: string;
    private readonly agent: Agent;
    private readonly authorization: RegistryAuthorization;

    constructor(private readonly options: ContentOptions) {
        this.origin = parseRegistryUrl(options.url).origin;
        this.agent = openConnections(options);
        this.authorization = new RegistryAuthorization(this.origin, this.agent, options.credentials, options.signal);
    }

    close(): Promise<void> {
        return this.agent.destroy();
    }

    /** Every repository, page by page. @throws HarborError where the registry shows no catalogue */
    repositories(): AsyncIterable<string> {
        return this.pages("/v2/_catalog?n=500", "registry:catalog:*", "repositories");
    }

    tags(repository: string): AsyncIterable<string> {
        return this.pages(`/v2/${repository}/tags/list?n=500`, pull(repository), "tags");
    }

    /** Checked against its digest. */
    async manifest(repository: string, reference: string): Promise<Manifest> {
        const path = `/v2/${repository}/manifests/${reference}`;
        const headers = { accept: accepted };
        const answer = await this.send({ method: "GET", path, scope: pull(repository), headers, expected: [200] });
        const body = await buffer(answer.body);
        const digest = digestOf(body);
        const told = reference.startsWith("sha256:") ? reference : header(answer, "docker-content-digest");
        if (told !== undefined && told !== digest)
            throw wrong(`GET ${path}`, `has digest ${digest} in place of ${told}`);
        return { digest, mediaType: (header(answer, "content-type") ?? "").split(";")[0] ?? "", body };
    }

    /** @returns undefined where there is none */
    async digestOf(repository: string, reference: string): Promise<string | undefined> {
        const path = `/v2/${repository}/manifests/${reference}`;
        const headers = { accept: accepted };
        const scope = pull(repository);
        const answer = await this.send({ method: "HEAD", path, scope, headers, expected: [200, 404] });
        await answer.body.dump();
        return answer.statusCode === 404 ? undefined : header(answer, "docker-content-digest");
    }

    async hasBlob(repository: string, digest: string): Promise<boolean> {
        const path = `/v2/${repository}/blobs/${digest}`;
        const answer = await this.send({ method: "HEAD", path, scope: pull(repository), expected: [200, 307, 404] });
        await answer.body.dump();
        return answer.statusCode !== 404;
    }

    /** As it comes; its digest is for the caller to check. */
    async openBlob(repository: string, digest: string): Promise<Blob> {
        const path = `/v2/${repository}/blobs/${digest}`;
        const request = { method: "GET", path, scope: pull(repository), expected: [200, 302, 303, 307] } as const;
        let answer = await this.send(request);
        const location = header(answer, "location");
        if (answer.statusCode !== 200 && location !== undefined) {
            await answer.body.dump();
            // To the bucket, whose address holds its own permission: ours is for the registry alone.
            const at = new URL(location, this.origin);
            answer = await this.once({ ...request, path: at.pathname + at.search, expected: [200] }, {}, at.origin);
        }
        const size = Number(header(answer, "content-length"));
        if (!Number.isSafeInteger(size)) throw wrong(`GET ${path}`, "came without a Content-Length");
        return { size, body: answer.body };
    }

    /** Takes a blob over from another repository of this registry. @returns false where the registry does not */
    async mountBlob(repository: string, digest: string, from: string): Promise<boolean> {
        const query = `?mount=${encodeURIComponent(digest)}&from=${encodeURIComponent(from)}`;
        const path = `/v2/${repository}/blobs/uploads/${query}`;
        // A token for both, as Docker asks for it.
        const scope = `${push(repository)} ${pull(from)}`;
        const answer = await this.send({ method: "POST", path, scope, expected: [201, 202] });
        await answer.body.dump();
        // 202: an upload was begun in its place; the registry throws it away.
        return answer.statusCode === 201;
    }

    /** The registry compares the digest. A body that breaks off leaves nothing. */
    async pushBlob(repository: string, digest: string, { size, body }: Blob): Promise<void> {
        const scope = push(repository);
        const begin = `/v2/${repository}/blobs/uploads/`;
        const begun = await this.send({ method: "POST", path: begin, scope, expected: [202] });
        await begun.body.dump();
        const location = header(begun, "location");
        if (location === undefined) throw wrong(`POST ${begin}`, "answered without the Location of the upload");
        const at = new URL(location, this.origin);
        at.searchParams.set("digest", digest);
        const headers = { "content-type": "application/octet-stream", "content-length": String(size) };
        const path = at.pathname + at.search;
        const answer = await this.send({ method: "PUT", path, scope, headers, body, expected: [201] });
        await answer.body.dump();
    }

    async pushManifest(repository: string, reference: string, manifest: Manifest): Promise<void> {
        const path = `/v2/${repository}/manifests/${reference}`;
        const headers = { "content-type": manifest.mediaType };
        const scope = push(repository);
        const answer = await this.send({ method: "PUT", path, scope, headers, body: manifest.body, expected: [201] });
        await answer.body.dump();
        const told = header(answer, "docker-content-digest");
        if (told !== undefined && told !== manifest.digest)
            throw wrong(`PUT ${path}`, `has digest ${told} in place of ${manifest.digest}`);
    }

    private async *pages(first: string, scope: string, field: "repositories" | "tags"): AsyncIterable<string> {
        for (let path = first; ;) {
            const answer: Dispatcher.ResponseData = await this.send({
                method: "GET",
                path,
                scope,
                // A repository without tags is 404 to some, an empty list to others.
                expected: field === "tags" ? [200, 404] : [200],
            });
            const content = await text(answer.body);
            if (answer.statusCode === 404) return;
            const page = JSON.parse(content) as Readonly<Record<string, readonly string[] | null | undefined>>;
            yield* page[field] ?? [];
            const [, next] = /<([^>]+)>\s*;\s*rel="?next"?/.exec(header(answer, "link") ?? "") ?? [];
            if (next === undefined) return;
            const at: URL = new URL(next, new URL(path, this.origin));
            path = at.pathname + at.search;
        }
    }

    /** With the authorization that the registry asks for; a body is sent only once that is known. */
    private async send(request: Request): Promise<Dispatcher.ResponseData> {
        const known = await this.authorization.known(request.scope);
        const answer = await this.once({ ...request, expected: [...request.expected, 401] }, known);
        if (answer.statusCode !== 401) return answer;
        const challenge = header(answer, "www-authenticate");
        if (request.body !== undefined && !Buffer.isBuffer(request.body)) throw await this.refusal(request, answer);
        const given = await this.authorization.answer(challenge, request.scope);
        if (given === undefined) throw await this.refusal(request, answer);
        await answer.body.dump();
        return this.once(request, given);
    }

    private async once(
        { method, path, headers, body, expected }: Request,
        authorization: Readonly<Record<string, string>>,
        origin: string = this.origin,
    ): Promise<Dispatcher.ResponseData> {
        const { signal, idleTimeoutMs = 60_000 } = this.options;
        const endpoint = `${method} ${path.split("?")[0] ?? path}`;
        try {
            const answer = await this.agent.request({
                origin,
                path,
                method,
                headers: { "user-agent": "anchorage", ...headers, ...authorization },
                body: body ?? null,
                signal,
                headersTimeout: body === undefined || Buffer.isBuffer(body) ? idleTimeoutMs : 0,
                bodyTimeout: idleTimeoutMs,
            });
            if (expected.includes(answer.statusCode)) return answer;
            throw await this.refusal({ method, path }, answer);
        } catch (error) {
            signal.throwIfAborted();
            if (error instanceof HarborError) throw error;
            throw lostConnection(error, endpoint, origin, false)?.error ?? error;
        }
    }

    private async refusal(
        { method, path }: Pick<Request, "method" | "path">,
        answer: Dispatcher.ResponseData,
    ): Promise<HarborError> {
        const { credentials } = this.options;
        return refusalError({
            endpoint: `${method} ${path.split("?")[0] ?? path}`,
            status: answer.statusCode,
            contentType: header(answer, "content-type"),
            location: header(answer, "location"),
            body: await text(answer.body),
            hide: (shown) => withoutSecrets(shown, this.authorization.secrets),
            user: credentials?.user ?? "",
        });
    }
}

function pull(repository: string): string {
    return `repository:${repository}:pull`;
}

function push(repository: string): string {
    return `repository:${repository}:pull,push`;
}

function header({ headers }: Dispatcher.ResponseData, name: string): string | undefined {
    return [headers[name]].flat()[0];
}

function wrong(endpoint: string, what: string): HarborError {
    return new HarborError(`${endpoint}: ${what}`, { kind: "unexpected", endpoint });
}
