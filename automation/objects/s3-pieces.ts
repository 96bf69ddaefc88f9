import type { Readable } from "node:stream";
import type { Agent } from "undici";
import { defaultConnections } from "./s3-client";
import { unquoted, type S3Door } from "./s3-door";
import { encodedPath, S3Signer, sha256OfNothing } from "./s3-signature";
import type { AccessKeys, StoreOptions } from "./store";

/** Kept by undici while a body comes: all of a small object. */
const highWaterMark = 2 ** 22;

/** How the SDK would address the bucket. */
interface Address {
    readonly url: URL;
    readonly signer: S3Signer;
}

/**
 * Small objects in one piece, by plain requests: the SDK needs some ten times the processor's time for one, which is
 * what a copy of thousands of them waits for. Whatever does not come out as it should is undefined: then the SDK does it,
 * which tries again and knows the errors.
 */
export class S3Pieces {
    private agent: Agent | undefined;
    /** Undefined: not known yet; null: this bucket needs the SDK. */
    private address: Address | null | undefined;

    constructor(
        private readonly door: S3Door,
        private readonly keys: AccessKeys,
        private readonly options: StoreOptions,
    ) {}

    /** The whole of an object. */
    async read(key: string, into?: Buffer): Promise<Buffer | undefined> {
        const answer = await this.request("GET", key, sha256OfNothing);
        const length = answer?.headers["content-length"];
        if (answer?.statusCode !== 200 || typeof length !== "string") {
            await answer?.body.dump().catch(() => undefined);
            return undefined;
        }
        try {
            const size = Number(length);
            const content =
                into !== undefined && into.length >= size ? into.subarray(0, size) : Buffer.allocUnsafe(size);
            return await fill(content, answer.body);
        } catch {
            this.door.signal.throwIfAborted();
            return undefined;
        }
    }

    /** Writes it. @returns its etag */
    async write(key: string, content: Buffer, sha256: string): Promise<string | undefined> {
        const answer = await this.request("PUT", key, sha256, content);
        await answer?.body.dump().catch(() => undefined);
        const etag = answer?.headers["etag"];
        return answer?.statusCode === 200 && typeof etag === "string" ? unquoted(etag) : undefined;
    }

    readonly close = (): void => {
        this.door.signal.removeEventListener("abort", this.close);
        void this.agent?.destroy();
        this.agent = undefined;
    };

    private async request(method: "GET" | "PUT", key: string, sha256: string, body?: Buffer) {
        const { door } = this;
        door.signal.throwIfAborted();
        const address = (this.address ??= await this.find());
        if (address === null) return undefined;
        const { url, signer } = address;
        const path = `${url.pathname.replace(/\/$/, "")}/${encodedPath(door.at(key).Key)}`;
        const headers = {
            ...signer.sign({ method, host: url.host, path, sha256 }),
            ...(body === undefined ? {} : { "content-type": "application/octet-stream" }),
        };
        const sent = { method, path, headers, highWaterMark };
        try {
            return await this.connections().request({ origin: url.origin, ...sent, ...(body ? { body } : {}) });
        } catch {
            door.signal.throwIfAborted();
            return undefined;
        }
    }

    /** By the SDK's own rules: partitions, dots in names, servers with one host for all buckets. */
    private async find(): Promise<Address | null> {
        const { client, bucket, endpoint, pathStyle } = this.door;
        const Region = await client.config.region();
        const { url, properties } = client.config.endpointProvider({
            ...{ Bucket: bucket, Region, ForcePathStyle: pathStyle, UseFIPS: false, UseDualStack: false },
            ...(endpoint === undefined ? {} : { Endpoint: endpoint }),
        });
        const [scheme] = (properties?.["authSchemes"] ?? []) as readonly {
            readonly name: string;
            readonly signingName?: string;
            readonly signingRegion?: string;
        }[];
        if (scheme?.name !== "sigv4" || scheme.signingName !== "s3") return null;
        return { url, signer: new S3Signer(this.keys, scheme.signingRegion ?? Region) };
    }

    private connections(): Agent {
        if (this.agent !== undefined) return this.agent;
        const { ca, skipVerify = false, connections = defaultConnections, idleTimeoutMs = 60_000 } = this.options;
        // oxlint-disable-next-line typescript/no-require-imports -- lazy: not every store has a request to send
        const undici = require("undici") as typeof import("undici");
        // Not by each request: what undici keeps of a signal is most of what outlives a small object.
        this.door.signal.addEventListener("abort", this.close, { once: true });
        this.agent = new undici.Agent({
            connections,
            pipelining: 1,
            keepAliveTimeout: 4_000,
            headersTimeout: idleTimeoutMs,
            bodyTimeout: idleTimeoutMs,
            connect: { timeout: 10_000, ...(ca === undefined ? {} : { ca }), rejectUnauthorized: !skipVerify },
        });
        return this.agent;
    }
}

/** undici itself ends a body with an error that is shorter or longer than its Content-Length. */
function fill(content: Buffer, body: Readable): Promise<Buffer> {
    return new Promise((resolve, reject) => {
        let at = 0;
        body.on("data", (chunk: Buffer) => {
            at += chunk.copy(content, at);
        });
        body.once("error", reject);
        body.once("end", () => {
            resolve(content.subarray(0, at));
        });
    });
}
