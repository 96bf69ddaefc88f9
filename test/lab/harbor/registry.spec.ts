import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { createHash, randomBytes } from "node:crypto";
import { request } from "undici";
import { admin, adminPassword, TestHarbor } from "../../support/stand-in";
import { testRegistry } from "../../support/stand-in-registry";

const digestOf = (bytes: Buffer): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const basic = { authorization: `Basic ${Buffer.from(admin).toString("base64")}` };
const manifestType = "application/vnd.oci.image.manifest.v1+json";

interface Got {
    readonly status: number;
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
    readonly bytes: Buffer;
    readonly code: string | undefined;
}

describe("the lab's Harbor: its registry", function () {
    this.timeout(20 * 60_000);
    let harbor: TestHarbor;
    before(async () => {
        harbor = await TestHarbor.start({ registry: await testRegistry() });
    });
    after(async () => {
        assert.deepEqual(harbor.log, []);
        await harbor.close();
    });
    const project = async (project_name: string, more: object = {}): Promise<void> => {
        const { status, text } = await harbor.ask("POST", "/projects", { body: { project_name, ...more } });
        assert.equal(status, 201, text);
    };
    const call = async (
        method: "GET" | "HEAD" | "POST" | "PATCH" | "PUT" | "DELETE",
        target: string,
        { body, headers = {} }: { body?: Buffer; headers?: Record<string, string> } = {},
    ): Promise<Got> => {
        const url = target.startsWith("http") ? target : `${harbor.url}${target}`;
        const sent = { ...basic, accept: `${manifestType}, */*`, ...headers };
        const answer = await request(url, { method, headers: sent, body: body ?? null });
        const bytes = Buffer.from(await answer.body.arrayBuffer());
        const isError = answer.statusCode >= 400 && bytes.length > 0;
        const code = isError
            ? (JSON.parse(bytes.toString()) as { errors: { code: string }[] }).errors[0]?.code
            : undefined;
        return { status: answer.statusCode, headers: answer.headers, bytes, code };
    };
    const open = async (repository: string): Promise<string> => {
        const { status, headers } = await call("POST", `/v2/${repository}/blobs/uploads/`);
        assert.equal(status, 202);
        return String(headers["location"]);
    };
    const finish = (location: string, digest: string): string =>
        `${location}${location.includes("?") ? "&" : "?"}digest=${encodeURIComponent(digest)}`;
    const upload = async (repository: string, bytes: Buffer): Promise<Got> =>
        call("PUT", finish(await open(repository), digestOf(bytes)), { body: bytes });
    const manifestOf = (config: Buffer, layer: Buffer, more: object = {}): Buffer =>
        Buffer.from(
            JSON.stringify({
                schemaVersion: 2,
                mediaType: manifestType,
                config: {
                    mediaType: "application/vnd.oci.image.config.v1+json",
                    digest: digestOf(config),
                    size: config.length,
                },
                layers: [
                    {
                        mediaType: "application/vnd.oci.image.layer.v1.tar",
                        digest: digestOf(layer),
                        size: layer.length,
                    },
                ],
                ...more,
            }),
        );
    const putManifest = (repository: string, reference: string, body: Buffer): Promise<Got> =>
        call("PUT", `/v2/${repository}/manifests/${reference}`, { body, headers: { "content-type": manifestType } });
    /** Pushes a small image, and returns its manifest. */
    const push = async (repository: string, tag: string, more: object = {}): Promise<Buffer> => {
        const config = Buffer.from(
            JSON.stringify({ architecture: "amd64", os: "linux", note: randomBytes(8).toString("hex") }),
        );
        const layer = randomBytes(1_000);
        for (const blob of [config, layer]) assert.equal((await upload(repository, blob)).status, 201);
        const manifest = manifestOf(config, layer, more);
        assert.equal((await putManifest(repository, tag, manifest)).status, 201);
        return manifest;
    };

    it("takes a blob in one piece, in several, and from another repository; and gives parts of it", async () => {
        await project("blobs");
        const bytes = randomBytes(300_000);
        const digest = digestOf(bytes);
        let location = await open("blobs/chunked");
        for (let at = 0; at < bytes.length; at += 100_000) {
            const piece = bytes.subarray(at, at + 100_000);
            const range = { "content-range": `${String(at)}-${String(at + piece.length - 1)}` };
            const sent = await call("PATCH", location, {
                body: piece,
                headers: { ...range, "content-type": "application/octet-stream" },
            });
            assert.equal(sent.status, 202);
            location = String(sent.headers["location"]);
        }
        const last = await call("PUT", finish(location, digest));
        assert.deepEqual([last.status, last.headers["docker-content-digest"]], [201, digest]);
        const head = await call("HEAD", `/v2/blobs/chunked/blobs/${digest}`);
        assert.deepEqual([head.status, head.headers["content-length"]], [200, "300000"]);
        assert.ok((await call("GET", `/v2/blobs/chunked/blobs/${digest}`)).bytes.equals(bytes));
        const part = await call("GET", `/v2/blobs/chunked/blobs/${digest}`, { headers: { range: "bytes=10-19" } });
        assert.deepEqual([part.status, part.bytes], [206, bytes.subarray(10, 20)]);
        const mount = `/v2/blobs/mounted/blobs/uploads/?mount=${digest}&from=blobs/chunked`;
        assert.equal((await call("POST", mount)).status, 201);
        assert.ok((await call("GET", `/v2/blobs/mounted/blobs/${digest}`)).bytes.equals(bytes));
        const [quota] = (await harbor.ask("GET", "/quotas?page_size=100&sort=-id")).json as { used: object }[];
        assert.deepEqual(quota?.used, { storage: 300_000 });
    });

    it("refuses a blob that is not what its digest says, and one that is not there", async () => {
        await project("wrong");
        const refused = await call("PUT", finish(await open("wrong/app"), digestOf(Buffer.from("other"))), {
            body: Buffer.from("content"),
        });
        assert.deepEqual([refused.status, refused.code], [400, "DIGEST_INVALID"]);
        assert.equal((await call("GET", `/v2/wrong/app/blobs/${digestOf(Buffer.from("none"))}`)).status, 404);
        const unknown = await putManifest("wrong/app", "1", manifestOf(Buffer.from("{}"), Buffer.from("none")));
        assert.deepEqual([unknown.status, unknown.code], [400, "MANIFEST_BLOB_UNKNOWN"]);
        assert.equal((await putManifest("wrong/app", "1", Buffer.from("{"))).code, "MANIFEST_INVALID");
    });

    it("counts what a project has once, and refuses what would be too much before it has it", async () => {
        await project("small", { storage_limit: 10_000 });
        await push("small/app", "1");
        const refused = await upload("small/app", randomBytes(20_000));
        assert.deepEqual([refused.status, refused.code], [403, "DENIED"]);
        await push("small/app", "2");
        const { json } = await harbor.ask("GET", "/projects/small/summary");
        const { quota } = json as { quota: { used: { storage: number } } };
        assert.ok(quota.used.storage > 2_000 && quota.used.storage < 4_000, String(quota.used.storage));
        assert.equal((await harbor.ask("DELETE", "/projects/small/repositories/app")).status, 200);
        const after = (await harbor.ask("GET", "/projects/small/summary")).json;
        assert.deepEqual((after as { quota: { used: object } }).quota.used, { storage: 0 });
    });

    it("lets pulls go on while it is read-only", async () => {
        await project("frozen");
        const manifest = await push("frozen/app", "1");
        await harbor.ask("PUT", "/configurations", { body: { read_only: true } });
        try {
            assert.ok((await call("GET", "/v2/frozen/app/manifests/1")).bytes.equals(manifest));
            assert.equal((await putManifest("frozen/app", "2", manifest)).code, "DENIED");
        } finally {
            await harbor.ask("PUT", "/configurations", { body: { read_only: false } });
        }
    });

    it("blocks an image without a signature where a project asks for one, and lets a signed one go", async () => {
        await project("trusted", { metadata: { enable_content_trust_cosign: "true" } });
        const image = await push("trusted/app", "1");
        const pull = (): Promise<Got> => call("GET", "/v2/trusted/app/manifests/1");
        assert.deepEqual([(await pull()).status, (await pull()).code], [412, "PROJECTPOLICYVIOLATION"]);
        const digest = digestOf(image);
        const subject = { mediaType: manifestType, digest, size: image.length };
        const note = await push("trusted/app", "note", { artifactType: "application/vnd.example.note", subject });
        assert.equal((await pull()).status, 412);
        const artifactType = "application/vnd.dev.sigstore.bundle.v0.3+json";
        const signature = await push("trusted/app", "signature", { artifactType, subject });
        assert.ok((await pull()).bytes.equals(image));
        assert.equal((await call("GET", `/v2/trusted/app/manifests/${digestOf(signature)}`)).status, 200);
        const { json } = await harbor.ask("GET", "/projects/trusted/repositories/app/artifacts/1/accessories");
        const types = (json as { type: string }[]).map(({ type }) => type).sort();
        assert.deepEqual(types, ["signature.cosign", "subject.accessory"]);
        const referrers = await call(
            "GET",
            `/v2/trusted/app/referrers/${digest}?artifactType=${encodeURIComponent(artifactType)}`,
        );
        const index = JSON.parse(referrers.bytes.toString()) as { manifests: { digest: string; size: number }[] };
        assert.deepEqual(
            index.manifests.map(({ digest, size }) => [digest, size]),
            [[digestOf(signature), signature.length]],
        );
        assert.notEqual(digestOf(note), digestOf(signature));
    });

    it("recognises a signature of the old kind by its tag", async () => {
        await project("old-trust", { metadata: { enable_content_trust_cosign: "true" } });
        const image = await push("old-trust/app", "1");
        const layer = Buffer.from('{"critical":{}}');
        const config = Buffer.from("{}");
        for (const blob of [layer, config]) await upload("old-trust/app", blob);
        const signature = manifestOf(config, layer)
            .toString()
            .replace("application/vnd.oci.image.layer.v1.tar", "application/vnd.dev.cosign.simplesigning.v1+json");
        const tag = `${digestOf(image).replace(":", "-")}.sig`;
        assert.equal((await putManifest("old-trust/app", tag, Buffer.from(signature))).status, 201);
        assert.equal((await call("GET", "/v2/old-trust/app/manifests/1")).status, 200);
    });

    it("passes a large layer on without keeping it", async () => {
        await project("large");
        const size = 128 * 2 ** 20;
        const piece = randomBytes(2 ** 20);
        const hash = createHash("sha256");
        for (let sent = 0; sent < size; sent += piece.length) hash.update(piece);
        const digest = `sha256:${hash.digest("hex")}`;
        async function* pieces(): AsyncGenerator<Buffer> {
            for (let sent = 0; sent < size; sent += piece.length) yield await Promise.resolve(piece);
        }
        const before = process.memoryUsage.rss();
        let peak = before;
        const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20);
        try {
            const put = await request(finish(await open("large/app"), digest), {
                method: "PUT",
                headers: { ...basic, "content-length": String(size) },
                body: Readable.from(pieces()),
            });
            await put.body.dump();
            assert.equal(put.statusCode, 201);
            const got = await request(`${harbor.url}/v2/large/app/blobs/${digest}`, { headers: basic });
            let received = 0;
            for await (const chunk of got.body as AsyncIterable<Buffer>) received += chunk.length;
            assert.equal(received, size);
        } finally {
            clearInterval(watch);
        }
        // Client and server are this process; what is kept would be seen twice.
        assert.ok(peak - before < size * 0.75, `${String(Math.round((peak - before) / 2 ** 20))} MiB more`);
    });

    it("refuses a wrong password, and names where tokens are to be had", async () => {
        const nobody = await fetch(`${harbor.url}/v2/`);
        assert.equal(nobody.status, 401);
        assert.equal(
            nobody.headers.get("www-authenticate"),
            `Bearer realm="${harbor.url}/service/token",service="harbor-registry"`,
        );
        const wrong = await harbor.raw("GET", "/v2/", { as: `admin:${adminPassword}x` });
        assert.deepEqual([wrong.status, wrong.headers.get("www-authenticate")], [401, 'Basic realm="harbor"']);
    });
});
