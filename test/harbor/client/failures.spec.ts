import assert from "node:assert/strict";
import { createServer, type AddressInfo } from "node:net";
import { inspect } from "node:util";
import { openHarbor } from "../../../harbor/client/client";
import type { HarborErrorKind } from "../../../harbor/client/errors";
import { ExitCode, UserError } from "../../../lib/errors";
import { harborError, json, type Handler } from "./loopback";
import { assertNoSecret, everything, failure, password, Scene } from "./scene";

describe("failures of a Harbor client", () => {
    const scene = new Scene();

    /** An answer that repeats what it was sent, as a careless server or proxy does. */
    const echo =
        (status: number, code: string, message: string): Handler =>
        ({ headers, body }, response) => {
            harborError(response, status, code, `${message} (${headers.authorization ?? ""}, ${password}, ${body})`);
        };

    const statuses: readonly (readonly [number, string, string, HarborErrorKind])[] = [
        [400, "BAD_REQUEST", "invalid", "invalid"],
        [401, "UNAUTHORIZED", "unauthorized", "unauthorized"],
        [403, "DENIED", "The system is in read only mode. Any modification is prohibited.", "read-only"],
        [403, "FORBIDDEN", "forbidden", "forbidden"],
        [403, "DENIED", "requested access to the resource is denied", "forbidden"],
        [403, "FORBIDDEN", "CSRF token not found in request", "csrf"],
        [403, "FORBIDDEN", "current config is init by env variable", "settings-locked"],
        [404, "NOT_FOUND", "project p1 not found", "not-found"],
        [409, "CONFLICT", "the project exists", "conflict"],
        [412, "PRECONDITION", "scanner is not there", "precondition"],
        [418, "TEAPOT", "short and stout", "unexpected"],
        [422, "UNPROCESSABLE_ENTITY", "page_size", "invalid"],
        [429, "TOO_MANY_REQUESTS", "too many", "rate-limited"],
        [500, "UNKNOWN", "internal server error", "server"],
        [503, "UNAVAILABLE", "not yet", "server"],
    ];
    for (const [status, code, message, kind] of statuses) {
        it(`${String(status)} ${code} (${message}) is "${kind}"`, async () => {
            const { client } = await scene.serve(echo(status, code, message));
            const error = await failure(client.projects.get("p1"), kind);
            assert.equal(error.status, status);
            assert.equal(error.code, code);
            assert.equal(error.endpoint, "GET /projects/p1");
            assert.match(error.message, new RegExp(`^GET /projects/p1: answered ${String(status)}: ${code}: `));
            assert.match(error.message, /\[secret\]/);
        });
    }

    it("does not show a secret that a request carried in its body", async () => {
        const { client } = await scene.serve(echo(400, "BAD_REQUEST", "no"));
        const secret = 'Zebra"Secret1';
        for (const call of [
            client.robots.setSecret(1, secret),
            client.users.setPassword(3, secret, password),
            client.registries.create({
                name: "r",
                url: "https://r",
                type: "harbor",
                credential: { type: "basic", access_key: "me", access_secret: secret },
            }),
            client.configurations.update({ oidc_client_secret: secret }),
            client.webhooks.create("p", {
                name: "w",
                enabled: true,
                event_types: [],
                targets: [{ type: "http", address: "http://h", auth_header: secret, skip_cert_verify: false }],
            }),
        ]) {
            const shown = everything(await failure(call, "invalid"));
            assert.ok(!shown.includes("Zebra"), shown);
        }
    });

    it("does not show the password in what console.log prints of a client", async () => {
        const { client } = await scene.serve((_, response) => json(response, {}));
        const shown = inspect(client, { depth: 20, showHidden: true });
        assertNoSecret(shown);
    });

    it("a wrong password says whose, and that it locks", async () => {
        const { client } = await scene.serve((_, response) =>
            harborError(response, 401, "UNAUTHORIZED", "unauthorized"),
        );
        const error = await failure(client.users.current(), "unauthorized");
        assert.match(error.render(), /user "admin": the password is wrong, or there is no such user/);
        assert.match(error.render(), /locks its user name/);
    });

    it("a server that is down is tried again, then named", async () => {
        const { server, client } = await scene.serve(() => undefined);
        const { url } = server;
        await server.stop();
        const error = await failure(client.system.health(), "unreachable");
        assert.equal(error.message, `GET /health: ${url} does not answer (ECONNREFUSED)`);
        assert.match(error.render(), /next: npx anchorage status/);
    });

    it("a name that does not exist is not tried again", async () => {
        const error = await failure(scene.client("http://registry.invalid").system.ping(), "unreachable");
        assert.match(error.message, /no such name|does not answer/);
    });

    it("half up names the components that are not healthy, and why", async () => {
        const { client } = await scene.serve((_, response) =>
            json(response, {
                status: "unhealthy",
                components: [
                    { name: "core", status: "healthy" },
                    { name: "database", status: "unhealthy", error: "failed to check database healthy" },
                    { name: "redis", status: "unhealthy" },
                ],
            }),
        );
        const error = await failure(client.system.requireHealthy(), "server");
        assert.equal(error.message, "Harbor is not healthy: database, redis");
        assert.deepEqual(error.details, ["database: failed to check database healthy", "redis: no reason given"]);
    });

    it("an unsupported version is refused, and a missing feature named", async () => {
        let version = "v2.11.3-1c2d3e4f";
        const { server, client } = await scene.serve((_, response) => json(response, { harbor_version: version }));
        await assert.rejects(client.requireSupported(), (error: unknown) => {
            assert.ok(error instanceof UserError);
            assert.match(error.render(), /^Harbor 2\.11\.3 is not supported\n {2}- supported: 2\.12 and newer/);
            return true;
        });
        version = "v2.14.4-080b0220";
        const newer = scene.client(server.url);
        await newer.requireSupported();
        await newer.requires("2.14.0", "a limit of connections");
        await assert.rejects(newer.requires("2.15.0", "the CA of a registry"), (error: unknown) => {
            assert.ok(error instanceof UserError);
            assert.equal(error.message, "the CA of a registry needs Harbor 2.15.0, and this one is 2.14.4");
            return true;
        });
        version = "v3.0.0-aaaaaaaa";
        await assert.rejects(scene.client(server.url).requireSupported(), /3\.0\.0 is not supported/);
        version = "latest";
        await assert.rejects(scene.client(server.url).version(), /"latest", which is none/);
    });

    it("does not say a version to somebody who is not logged in", async () => {
        const { client } = await scene.serve((_, response) => json(response, { auth_mode: "db_auth" }));
        await assert.rejects(client.version(), /Harbor does not say its version/);
    });

    it("a response that is cut off is tried again, then told as that", async () => {
        const { server, client } = await scene.serve((_, response) => {
            response.writeHead(200, { "content-type": "application/json", "content-length": 1000 });
            response.write('{"project_id": 1, "na');
            setImmediate(() => response.destroy());
        });
        const error = await failure(client.projects.get("p1"), "cut-off");
        assert.match(error.message, /the answer of http:\/\/127\.0\.0\.1:\d+ was cut off/);
        assert.equal(server.seen.length, 5);
    });

    it("a chunked response that is cut off is no short answer", async () => {
        const { client } = await scene.serve((_, response) => {
            response.writeHead(200, { "content-type": "application/json" });
            response.write("[]");
            setImmediate(() => response.destroy());
        });
        await failure(client.projects.list().toArray(), "cut-off");
    });

    it("a proxy's page is not taken for Harbor", async () => {
        const { client } = await scene.serve((_, response) => {
            response.writeHead(200, { "content-type": "text/html" });
            response.end("<html><head><title>Welcome to nginx!</title></head></html>");
        });
        const error = await failure(client.projects.list().toArray(), "not-harbor");
        assert.equal(error.message, 'GET /projects: answered with something other than JSON: page "Welcome to nginx!"');
    });

    it("a proxy's error page is named by its title", async () => {
        const { client } = await scene.serve((_, response) => {
            response.writeHead(502, { "content-type": "text/html" });
            response.end("<html><head><title>502 Bad Gateway</title></head></html>");
        });
        const error = await failure(client.projects.get("p1"), "server");
        assert.match(error.message, /answered 502: page "502 Bad Gateway"/);
    });

    it("a redirect to a login page is not followed, and shown without its query", async () => {
        const { server, client } = await scene.serve((_, response) => {
            response.writeHead(302, { location: `https://login.example.com/auth?token=abc&p=${password}` });
            response.end();
        });
        const error = await failure(client.projects.get("p1"), "not-harbor");
        assert.match(error.message, /redirect to https:\/\/login\.example\.com\/auth, not by/);
        assert.doesNotMatch(everything(error), /abc/);
        assert.equal(server.seen.length, 1);
    });

    it("what speaks no HTTP is told as that", async () => {
        const server = createServer((socket) => {
            socket.on("error", () => undefined);
            socket.resume();
            socket.end("SSH-2.0-OpenSSH_9.2\r\n");
        });
        await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
        scene.onClose(() => new Promise((closed) => server.close(() => closed())));
        const { port } = server.address() as AddressInfo;
        const error = await failure(scene.client(`http://127.0.0.1:${String(port)}`).system.health(), "not-harbor");
        assert.match(error.message, /does not speak HTTP/);
    });

    it("https to a port of http is told as that", async () => {
        const { server } = await scene.serve((_, response) => json(response, {}));
        const error = await failure(scene.client(server.url.replace("http:", "https:")).system.health(), "not-harbor");
        assert.match(error.render(), /does not speak TLS[^]*is it http\?/);
    });

    it("an empty answer is no object, and an object is no list", async () => {
        const { client } = await scene.serve(({ path }, response) =>
            path.includes("p1") ? void response.end() : json(response, { not: "a list" }),
        );
        await failure(client.projects.get("p1"), "unexpected");
        await failure(client.projects.list().toArray(), "unexpected");
    });

    it("an address that is none is refused before anything is sent", () => {
        const refused: readonly (readonly [string, RegExp])[] = [
            ["registry.example.com", /is no URL/],
            ["ftp://registry.example.com", /must be http or https/],
            ["https://registry.example.com/harbor", /must have no path/],
            [`https://admin:${password}@registry.example.com`, /must not hold a user or a password/],
            [`https//admin:${password}@registry.example.com`, /is no URL/],
        ];
        for (const [url, message] of refused) {
            assert.throws(
                () => openHarbor({ url }),
                (error: unknown) => {
                    assert.ok(error instanceof UserError);
                    assert.match(error.message, message);
                    assert.equal(error.exitCode, ExitCode.usage);
                    assertNoSecret(everything(error));
                    return true;
                },
            );
        }
    });
});
