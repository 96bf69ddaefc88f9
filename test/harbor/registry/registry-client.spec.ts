import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { parseChallenge } from "../../../harbor/registry/challenge";
import { digestOf, smallImage } from "../../../harbor/registry/image";
import { RegistryClient } from "../../../harbor/registry/registry-client";
import { FakeHarbor, type Flaws } from "../../support/fake-harbor";
import { Loopback } from "../client/loopback";
import { everything, failure } from "../client/scene";

describe("the client of the registry's protocol", () => {
    const open: (() => Promise<void>)[] = [];

    afterEach(async () => {
        for (const close of open.splice(0).reverse()) await close();
    });

    async function start(flaws: Flaws = {}, password?: string) {
        const fake = await FakeHarbor.start(flaws);
        const client = new RegistryClient({ url: fake.url, user: "admin", password: password ?? fake.password });
        open.push(
            () => fake.stop(),
            () => client.close(),
        );
        return { fake, client };
    }

    it("pushes an image, and pulls the same by its digest", async () => {
        const { fake, client } = await start();
        fake.projects.set("p", { trust: false, created: "" });
        const image = smallImage("hello");
        const digest = await client.push("p/deep/app", "v1", image);
        assert.equal(digest, digestOf(image.manifest));
        assert.ok((await client.pullManifest("p/deep/app", digest)).equals(image.manifest));
        assert.ok((await client.pullManifest("p/deep/app", "v1")).equals(image.manifest));
        assert.ok((await client.pullBlob("p/deep/app", image.layerDigest)).equals(image.layer));
        assert.ok((await client.pullBlob("p/deep/app", digestOf(image.config))).equals(image.config));
        assert.deepEqual(await client.tags("p/deep/app"), ["v1"]);
    });

    it("gives the password to the token service alone, and fetches one token for each scope", async () => {
        const { fake, client } = await start();
        await client.login();
        const image = smallImage("hello");
        await client.push("p/app", "v1", image);
        await client.pullBlob("p/app", image.layerDigest);
        await client.pullBlob("p/app", image.layerDigest);
        const basic = fake.seen.filter(({ headers }) => headers.authorization?.startsWith("Basic ") === true);
        assert.deepEqual(
            basic.map(({ path }) => [
                new URL(path, "http://h").pathname,
                new URL(path, "http://h").searchParams.get("scope"),
            ]),
            [
                ["/service/token", null],
                ["/service/token", "repository:p/app:pull,push"],
                ["/service/token", "repository:p/app:pull"],
            ],
        );
    });

    it("gives nothing to a token service elsewhere", async () => {
        const thief = await Loopback.start((_, response) => void response.end("{}"));
        open.push(() => thief.stop());
        const { client } = await start({ realm: `${thief.url}/service/token` });
        const error = await failure(client.login(), "not-harbor");
        assert.match(
            error.render(),
            /not at http:\/\/127[^]*Harbor's external URL is not the address that clients type/,
        );
        assert.deepEqual(thief.seen, []);
    });

    it("follows a blob to its bucket without the token, and checks what comes from there", async () => {
        const image = smallImage("hello");
        let content = image.layer;
        const bucket = await Loopback.start((_, response) => void response.end(content));
        const registry = await Loopback.start(({ path, headers }, response) => {
            if (path.startsWith("/service/token")) response.end('{"token":"a-token-of-the-test"}');
            else if (headers.authorization === undefined) {
                const challenge = `Bearer realm="${registry.url}/service/token",service="harbor-registry"`;
                response.writeHead(401, { "www-authenticate": challenge }).end();
            } else response.writeHead(307, { location: `${bucket.url}/blob?signature=abc` }).end();
        });
        const client = new RegistryClient({ url: registry.url, user: "admin", password: "Hunter2-is-secret" });
        open.push(
            () => bucket.stop(),
            () => registry.stop(),
            () => client.close(),
        );
        assert.ok((await client.pullBlob("p/app", image.layerDigest)).equals(image.layer));
        assert.equal(bucket.seen[0]?.path, "/blob?signature=abc");
        assert.equal(bucket.seen[0].headers.authorization, undefined);
        content = Buffer.from("something else");
        const error = await failure(client.pullBlob("p/app", image.layerDigest), "unexpected");
        assert.match(error.render(), /in place of sha256:\w+\n {2}- the content is not what was pushed/);
    });

    it("gets another token where the one it has is no longer taken: Harbor names its service to who comes without", async () => {
        const image = smallImage("hello");
        let valid = 0;
        // As Harbor's src/server/middleware/v2auth/auth.go, getChallenge.
        const registry = await Loopback.start(({ path, headers: { authorization } }, response) => {
            const bearer = `Bearer realm="${registry.url}/service/token",service="harbor-registry"`;
            const challenge = authorization === undefined ? bearer : 'Basic realm="harbor"';
            if (path.startsWith("/service/token")) response.end(JSON.stringify({ token: `token-${String(++valid)}` }));
            else if (authorization === `Bearer token-${String(valid)}`) response.end(image.layer);
            else response.writeHead(401, { "www-authenticate": challenge }).end();
        });
        const client = new RegistryClient({ url: registry.url, user: "admin", password: "Hunter2-is-secret" });
        open.push(
            () => registry.stop(),
            () => client.close(),
        );
        await client.pullBlob("p/app", image.layerDigest);
        valid = 7;
        assert.ok((await client.pullBlob("p/app", image.layerDigest)).equals(image.layer));
        assert.equal(valid, 8);
    });

    it("fails with the server's words, and without a secret in them", async () => {
        const wrong = await start({}, "Not-the-password-1");
        const error = await failure(wrong.client.login(), "unauthorized");
        assert.ok(!everything(error).includes("Not-the-password-1"));
        const { client } = await start({ pushStatus: 403 });
        const denied = await failure(client.push("p/app", "v1", smallImage("x")), "forbidden");
        assert.equal(denied.message, "POST /v2/p/app/blobs/uploads/: answered 403: DENIED: quota exceeded");
    });

    it("names what is down, and ends with the caller's signal", async () => {
        const { fake, client } = await start();
        await fake.stop();
        open.shift();
        await failure(client.login(), "unreachable");
        const reason = new Error("interrupted");
        const options = { url: fake.url, user: "a", password: "secret-1", signal: AbortSignal.abort(reason) };
        await assert.rejects(new RegistryClient(options).login(), reason);
    });

    it("reads challenges as registries write them", () => {
        assert.deepEqual(
            parseChallenge('Bearer realm="https://h/service/token",service="harbor-registry",scope="x:y:pull"'),
            {
                realm: "https://h/service/token",
                service: "harbor-registry",
            },
        );
        assert.equal(parseChallenge('Basic realm="harbor"'), undefined);
        assert.equal(parseChallenge('Bearer service="x"'), undefined);
        assert.equal(parseChallenge(undefined), undefined);
    });

    it("makes an image whose parts fit: digests, sizes, and a layer that is a tar archive", () => {
        const image = smallImage("some text");
        const manifest = JSON.parse(image.manifest.toString()) as {
            config: { digest: string; size: number };
            layers: { digest: string; size: number }[];
        };
        assert.deepEqual([manifest.config.digest, manifest.config.size], [digestOf(image.config), image.config.length]);
        assert.deepEqual(
            [manifest.layers[0]?.digest, manifest.layers[0]?.size],
            [image.layerDigest, image.layer.length],
        );
        const tar = gunzipSync(image.layer);
        const config = JSON.parse(image.config.toString()) as { rootfs: { diff_ids: string[] } };
        assert.deepEqual(config.rootfs.diff_ids, [digestOf(tar)]);
        assert.equal(tar.length % 512, 0);
        assert.equal(tar.subarray(0, 20).toString(), "etc/anchorage-verify");
        assert.equal(tar.subarray(512, 521).toString(), "some text");
        const sum = Number.parseInt(tar.subarray(148, 154).toString(), 8);
        const header = Buffer.from(tar.subarray(0, 512)).fill(" ", 148, 156);
        assert.equal(
            sum,
            header.reduce((total, byte) => total + byte, 0),
        );
    });
});
