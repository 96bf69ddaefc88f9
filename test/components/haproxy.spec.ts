import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import {
    haProxyConfiguration,
    type HaProxySettings,
    type HaProxySpecs,
} from "../../components/exposure/haproxy-values";
import { parseSettings } from "../../config/settings";
import { waitFor } from "../../lib/wait";
import { makeAuthority, makeServer, type Pair } from "../support/certificates";
import { ask, currentUser, freePort, haProxyBinary, startHaProxy, startNode, type Answer } from "../support/haproxy";

const host = "registry.example.com";
const nodes = ["127.0.0.1", "127.0.0.2"];

function settingsOf(more: Readonly<Record<string, unknown>> = {}): HaProxySettings {
    const { exposure } = parseSettings({
        cluster: { kind: "kubeconfig" },
        exposure: { kind: "nodePort", host, nodes, ...more },
    });
    assert.ok(exposure.kind === "nodePort");
    return exposure;
}

const limited = { rateLimit: { requestsPerSecond: 25 } };

describe("haproxy.cfg", () => {
    const lines = (specs: HaProxySpecs): string[] =>
        haProxyConfiguration(specs)
            .split("\n")
            .map((line) => line.trim());

    it("ends TLS with the certificate of its host, and tells Harbor so", () => {
        const all = lines({ haproxy: settingsOf(), passThrough: false });
        for (const line of [
            "mode http",
            "timeout client 1h",
            "timeout server 1h",
            "http-request redirect scheme https code 301",
            "bind *:443 ssl crt /etc/ssl/haproxy/registry.pem alpn h2,http/1.1",
            "http-request set-header X-Forwarded-Proto https",
            "option forwardfor",
            "option httpchk GET /api/v2.0/ping",
            "server node1 127.0.0.1:30002 check",
            "server node2 127.0.0.2:30002 check",
        ]) {
            assert.ok(all.includes(line), `${line} is missing in\n${all.join("\n")}`);
        }
    });

    it("has none of the design document's mistakes", () => {
        const text = haProxyConfiguration({ haproxy: settingsOf(limited), passThrough: false });
        assert.doesNotMatch(text, /mode tcp/); // no http-request there
        assert.doesNotMatch(text, /add-header/); // a client's own header would stay beside it
        assert.equal(text.match(/X-Forwarded-Proto/g)?.length, 1);
        assert.doesNotMatch(text, /notary|4443|30004/); // gone since Harbor 2.9
    });

    it("counts requests over as long a time as makes the burst", () => {
        const all = lines({ haproxy: settingsOf(limited), passThrough: false });
        assert.ok(all.includes("stick-table type ipv6 size 100k expire 10s store http_req_rate(5s)"));
        assert.ok(all.some((line) => /^http-request deny deny_status 429 .*gt 125 }$/.test(line)));
        const without = haProxyConfiguration({ haproxy: settingsOf(), passThrough: false });
        assert.doesNotMatch(without, /stick-table|deny/);
    });

    it("shows its statistics on loopback alone", () => {
        const binds = lines({ haproxy: settingsOf(), passThrough: false }).filter((line) => line.startsWith("bind"));
        assert.deepEqual(binds, [
            "bind 127.0.0.1:8404",
            "bind *:80",
            "bind *:443 ssl crt /etc/ssl/haproxy/registry.pem alpn h2,http/1.1",
        ]);
    });
});

describe("haproxy with that file", function () {
    this.timeout(30_000);
    const binary = haProxyBinary();
    let folder: string;
    let authority: Pair;
    let server: Pair;

    before(async function () {
        if (binary === undefined) {
            this.test?.parent?.tests.forEach((test) => (test.title += " (skipped: no haproxy on PATH)"));
            this.skip();
        }
        folder = mkdtempSync(path.join(tmpdir(), "anchorage-haproxy-"));
        authority = await makeAuthority("test CA");
        server = await makeServer(authority, { dnsNames: [host] });
        writeFileSync(path.join(folder, "registry.pem"), server.certificate + server.key);
    });
    after(() => {
        if (binary !== undefined) rmSync(folder, { recursive: true });
    });

    function write(specs: Omit<HaProxySpecs, "user">): string {
        const file = path.join(folder, "haproxy.cfg");
        writeFileSync(file, haProxyConfiguration({ ...specs, user: currentUser }));
        return file;
    }

    const kinds: readonly (readonly [title: string, more: Readonly<Record<string, unknown>>, passThrough: boolean])[] =
        [
            ["TLS that ends there", {}, false],
            ["a limit", limited, false],
            ["a limit without a burst", { rateLimit: { requestsPerSecond: 1, burst: 1 } }, false],
            ["one node", { nodes: ["10.0.0.1"] }, false],
            ["TLS that goes through", {}, true],
        ];
    for (const [title, more, passThrough] of kinds) {
        it(`finds it valid, without a warning: ${title}`, () => {
            const haproxy = settingsOf({ ...more, haproxy: { certificate: path.join(folder, "registry.pem") } });
            const { status, stdout, stderr } = spawnSync(binary ?? "", ["-c", "-f", write({ haproxy, passThrough })], {
                encoding: "utf8",
            });
            assert.equal(status, 0, stderr);
            assert.doesNotMatch(`${stdout}${stderr}`, /WARNING|ALERT/);
        });
    }

    interface Running {
        readonly ports: { readonly http: number; readonly https: number; readonly stats: number };
        readonly nodePort: number;
    }

    /** Starts nodes and haproxy, and stops them afterwards. */
    async function running(
        more: Readonly<Record<string, unknown>>,
        passThrough: boolean,
        start: (address: string, port: number) => Promise<Server>,
        test: (running: Running, servers: readonly Server[]) => Promise<void>,
    ): Promise<void> {
        const nodePort = await freePort(nodes, [30_100, 32_700]);
        const [http, https, stats] = [
            await freePort(["0.0.0.0"]),
            await freePort(["0.0.0.0"]),
            await freePort(["127.0.0.1"]),
        ];
        const haproxy = settingsOf({
            ...more,
            [passThrough ? "tlsPort" : "port"]: nodePort,
            haproxy: { certificate: path.join(folder, "registry.pem") },
        });
        const ports = { http, https, stats };
        const servers = await Promise.all(nodes.map((node) => start(node, nodePort)));
        try {
            const proxy = await startHaProxy(binary ?? "", write({ haproxy, passThrough, listen: ports }), https);
            try {
                await test({ ports, nodePort }, servers);
            } finally {
                await proxy.stop();
            }
        } finally {
            for (const one of servers) {
                one.close();
                one.closeAllConnections();
            }
        }
    }

    const seen = ({ body }: Answer): { address: string; headers: Record<string, string> } =>
        JSON.parse(body) as { address: string; headers: Record<string, string> };

    it("redirects http, ends TLS, and says whose request it is", async () => {
        await running({}, false, startNode, async ({ ports }) => {
            const redirected = await ask(ports.http, host, { path: "/v2/library/x?y=z" });
            assert.equal(redirected.status, 301);
            assert.equal(redirected.headers.location, `https://${host}/v2/library/x?y=z`);
            const headers = { "x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "http" };
            const answer = await ask(ports.https, host, { ca: authority.certificate, headers });
            assert.equal(answer.status, 200);
            const { headers: told } = seen(answer);
            assert.equal(told["host"], host);
            assert.equal(told["x-forwarded-proto"], "https");
            assert.equal(told["x-forwarded-for"], "127.0.0.1");
            assert.equal(told["x-real-ip"], "127.0.0.1");
            assert.match((await ask(ports.stats, "localhost")).body, /Statistics Report/);
        });
    });

    it("sends a request to another node when one is gone", async () => {
        await running({}, false, startNode, async ({ ports }, [first]) => {
            const who = async (): Promise<string> =>
                seen(await ask(ports.https, host, { ca: authority.certificate })).address;
            const found = new Set<string>();
            await waitFor(
                async () => {
                    found.add(await who());
                    return found.size === 2 ? true : undefined;
                },
                { what: "both nodes to answer", timeoutMs: 10_000, intervalMs: 10 },
            );
            first?.close();
            first?.closeAllConnections();
            for (let count = 0; count < 10; count++) assert.equal(await who(), "127.0.0.2");
        });
    });

    it("takes a node out whose Harbor says that it is not well", async () => {
        const start = (address: string, port: number): Promise<Server> =>
            startNode(address, port, (url) => (address === "127.0.0.1" && url === "/api/v2.0/ping" ? 503 : 200));
        await running({}, false, start, async ({ ports }) => {
            await waitFor(
                async () => {
                    const { body } = await ask(ports.stats, "localhost", { path: "/;csv" });
                    return /^registry,node1,.*,DOWN,/m.test(body) ? true : undefined;
                },
                { what: "node1 to be taken out", timeoutMs: 20_000 },
            );
            for (let count = 0; count < 10; count++) {
                const answer = await ask(ports.https, host, { ca: authority.certificate });
                assert.equal(seen(answer).address, "127.0.0.2");
            }
        });
    });

    it("answers 429 to a client beyond its limit, and to it alone", async () => {
        const rateLimit = { requestsPerSecond: 2, burst: 3 };
        await running({ rateLimit }, false, startNode, async ({ ports }) => {
            const answers: Answer[] = [];
            for (let count = 0; count < 9; count++)
                answers.push(await ask(ports.https, host, { ca: authority.certificate }));
            assert.deepEqual(
                answers.map(({ status }) => status),
                [...Array<number>(6).fill(200), ...Array<number>(3).fill(429)],
            );
            assert.equal(answers.at(-1)?.headers["retry-after"], "3");
        });
    });

    it("hands TLS on to the cluster, whose certificate clients see", async () => {
        const inCluster = await makeServer(authority, { dnsNames: [host] });
        const start = async (address: string, port: number): Promise<Server> => {
            const node = createTlsServer({ cert: inCluster.certificate, key: inCluster.key }, (_request, response) => {
                response.end(address);
            });
            node.listen(port, address);
            await once(node, "listening");
            return node;
        };
        await running({}, true, start, async ({ ports }) => {
            const answer = await ask(ports.https, host, { ca: authority.certificate });
            assert.equal(answer.status, 200);
            assert.ok(nodes.includes(answer.body));
            assert.equal((await ask(ports.http, host)).status, 301);
        });
    });
});
