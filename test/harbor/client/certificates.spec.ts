import assert from "node:assert/strict";
import { makeAuthority, makeServer } from "../../support/certificates";
import { json, Loopback } from "./loopback";
import { failure, Scene } from "./scene";

describe("a server's certificate", () => {
    const scene = new Scene();

    async function serveTls(from?: Date, names: object = { ipAddresses: ["127.0.0.1"] }) {
        const authority = await makeAuthority("test CA", from);
        const server = await Loopback.start(
            (_, response) => json(response, { status: "healthy", components: [] }),
            await makeServer(authority, names, from),
        );
        scene.onClose(() => server.stop());
        return { authority, server };
    }

    it("a trusted one is none", async () => {
        const { authority, server } = await serveTls();
        const health = await scene.client(server.url, { ca: authority.certificate }).system.health();
        assert.equal(health.status, "healthy");
    });

    it("an untrusted one is refused at once, before anything is sent", async () => {
        const { server } = await serveTls();
        const error = await failure(scene.client(server.url).system.health(), "certificate");
        assert.match(error.message, /the certificate of https:\/\/127\.0\.0\.1:\d+ is signed by a CA/);
        assert.deepEqual(server.seen, []);
    });

    it("one by another CA of the same name is refused", async () => {
        const { server } = await serveTls();
        const other = await makeAuthority("test CA");
        await failure(scene.client(server.url, { ca: other.certificate }).system.health(), "certificate");
        assert.deepEqual(server.seen, []);
    });

    it("an expired one is refused as that", async () => {
        const { authority, server } = await serveTls(new Date(Date.now() - 48 * 3_600_000));
        const client = scene.client(server.url, { ca: authority.certificate });
        const error = await failure(client.system.health(), "certificate");
        assert.match(error.message, /has expired$/);
        assert.deepEqual(server.seen, []);
    });

    it("one for another name is refused as that", async () => {
        const { authority, server } = await serveTls(undefined, { dnsNames: ["other.example.com"] });
        const client = scene.client(server.url, { ca: authority.certificate });
        const error = await failure(client.system.health(), "certificate");
        assert.match(error.message, /is for another name$/);
    });
});
