import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import type { Api, Reply } from "./api";

/** Images and the registry's own protocol (/v2/), with Harbor's tokens. */

export interface Blob {
    readonly digest: string;
    readonly bytes: Buffer;
}

export interface Image {
    readonly manifest: Blob;
    readonly config: Blob;
    readonly layers: readonly Blob[];
}

export const manifestType = "application/vnd.oci.image.manifest.v1+json";
const configType = "application/vnd.oci.image.config.v1+json";
const layerType = "application/vnd.oci.image.layer.v1.tar";

export function blob(bytes: Buffer): Blob {
    return { bytes, digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}` };
}

/** An OCI image with one layer of random bytes; the title makes its configuration its own. */
export function image(title: string, layerBytes = 2_000): Image {
    const layer = blob(randomBytes(layerBytes));
    const config = blob(
        Buffer.from(
            JSON.stringify({
                architecture: "amd64",
                os: "linux",
                created: "2026-01-02T03:04:05Z",
                config: { Labels: { title } },
                rootfs: { type: "layers", diff_ids: [layer.digest] },
            }),
        ),
    );
    const manifest = blob(
        Buffer.from(
            JSON.stringify({
                schemaVersion: 2,
                mediaType: manifestType,
                config: { mediaType: configType, size: config.bytes.length, digest: config.digest },
                layers: [{ mediaType: layerType, size: layer.bytes.length, digest: layer.digest }],
            }),
        ),
    );
    return { manifest, config, layers: [layer] };
}

/** What an image takes of a quota: its blobs and its manifest. */
export function sizeOf({ manifest, config, layers }: Image): number {
    return [manifest, config, ...layers].reduce((sum, one) => sum + one.bytes.length, 0);
}

export function scope(repository: string, actions: string): string {
    return `repository:${repository}:${actions}`;
}

/** Asks /service/token, as clients do after a 401. */
export function askToken(api: Api, ...scopes: readonly string[]): Promise<Reply> {
    const query = scopes.map((one) => `&scope=${encodeURIComponent(one)}`).join("");
    return api.sendTo("GET", `/service/token?service=harbor-registry${query}`, {});
}

/** What a token is good for in its first repository, sorted. */
export function grants(answer: Reply): readonly string[] {
    const claims = answer.string("token").split(".")[1] ?? "";
    const { access } = JSON.parse(Buffer.from(claims, "base64url").toString("utf8")) as {
        access: { actions: string[] }[];
    };
    return [...(access[0]?.actions ?? [])].sort();
}

/** Calls of /v2/ with a token for one repository. */
export class Repository {
    private constructor(
        private readonly api: Api,
        readonly name: string,
        private readonly token: string,
    ) {}

    static async open(api: Api, name: string, actions: string, ...more: readonly string[]): Promise<Repository> {
        const token = (await askToken(api, scope(name, actions), ...more)).is(200).string("token");
        return new Repository(api.as(undefined), name, token);
    }

    call(
        method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE",
        path: string,
        sent: { body?: Buffer | string; headers?: Record<string, string>; query?: Record<string, string> } = {},
    ): Promise<Reply> {
        return this.at(method, `/v2/${this.name}${path}`, sent);
    }

    /** A path of the server: an upload's Location. */
    at(
        method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE",
        path: string,
        {
            headers,
            ...sent
        }: { body?: Buffer | string; headers?: Record<string, string>; query?: Record<string, string> },
    ): Promise<Reply> {
        return this.api.sendTo(method, path, {
            ...sent,
            headers: { ...headers, authorization: `Bearer ${this.token}` },
        });
    }

    async startUpload(): Promise<string> {
        const started = await this.call("POST", "/blobs/uploads/", { body: "" });
        return pathOf(started.is(202).header("location"));
    }

    /** In one request after the upload's start; returns the last answer, whatever it is. */
    async putBlob({ bytes, digest }: Blob): Promise<Reply> {
        const location = await this.startUpload();
        return this.at("PUT", `${location}${location.includes("?") ? "&" : "?"}digest=${encodeURIComponent(digest)}`, {
            body: bytes,
            headers: { "content-type": "application/octet-stream" },
        });
    }

    putManifest(reference: string, { bytes }: Blob, type = manifestType): Promise<Reply> {
        return this.call("PUT", `/manifests/${reference}`, { body: bytes, headers: { "content-type": type } });
    }

    getManifest(reference: string): Promise<Reply> {
        return this.call("GET", `/manifests/${reference}`, { headers: { accept: manifestType } });
    }
}

/** Locations of the registry are absolute or not, by its settings. */
export function pathOf(location: string | undefined): string {
    assert.ok(location !== undefined, "no Location");
    const url = new URL(location, "http://any");
    return `${url.pathname}${url.search}`;
}

export async function push(api: Api, repository: string, reference: string, pushed: Image): Promise<void> {
    const target = await Repository.open(api, repository, "pull,push");
    for (const one of [pushed.config, ...pushed.layers]) (await target.putBlob(one)).is(201);
    const put = (await target.putManifest(reference, pushed.manifest)).is(201);
    assert.equal(put.header("docker-content-digest"), pushed.manifest.digest);
}

/** Pulls as clients do, and compares every byte with what was pushed. */
export async function pull(api: Api, repository: string, reference: string, expected: Image): Promise<void> {
    const source = await Repository.open(api, repository, "pull");
    const manifest = (await source.getManifest(reference)).is(200);
    assert.equal(manifest.header("docker-content-digest"), expected.manifest.digest);
    assert.equal(manifest.header("content-type"), manifestType);
    assert.ok(manifest.bytes.equals(expected.manifest.bytes));
    for (const one of [expected.config, ...expected.layers]) {
        assert.ok((await source.call("GET", `/blobs/${one.digest}`)).is(200).bytes.equals(one.bytes));
    }
}
