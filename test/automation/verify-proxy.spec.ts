import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { StepsResult } from "../../automation/steps";
import { verifyTarget } from "../../automation/verify";
import { haProxyConfiguration } from "../../components/exposure/haproxy-values";
import type { StackOutputs } from "../../config/contract";
import { exec } from "../../lib/exec";
import { makeAuthority, makeServer, type Pair } from "../support/certificates";
import { collectingReporter, sampleOutputs } from "../support/fakes";
import { currentUser, freePort, haProxyBinary, startHaProxy } from "../support/haproxy";
import { adminPassword, TestHarbor } from "../support/stand-in";
import { testRegistry } from "../support/stand-in-registry";

const limit = { requestsPerSecond: 50, burst: 10 };

/** The one on PATH, and those of the release lines before and now, where their files are named. */
const cosigns: readonly (readonly [title: string, file: string | undefined])[] = [
    ["the cosign on PATH", "cosign"],
    ["the cosign of ANCHORAGE_COSIGN_2", process.env["ANCHORAGE_COSIGN_2"]],
    ["the cosign of ANCHORAGE_COSIGN_3", process.env["ANCHORAGE_COSIGN_3"]],
];

/** The whole way of a client: the HAProxy that the product configures, with TLS, before a Harbor with a registry. */
describe("verify through a real HAProxy", function () {
    this.timeout(20 * 60_000);
    const haproxy = haProxyBinary();
    const folder = mkdtempSync(path.join(tmpdir(), "anchorage-verify-"));
    let authority: Pair;
    let harbor: TestHarbor;
    let proxy: { stop(): Promise<void> };
    let ports: { readonly http: number; readonly https: number; readonly stats: number };
    const url = (): string => `https://localhost:${String(ports.https)}`;

    before(async function () {
        if (haproxy === undefined) {
            this.test?.parent?.tests.forEach((test) => (test.title += " (skipped: there is no haproxy here)"));
            this.skip();
        }
        ports = { http: await freePort(["127.0.0.1"]), https: await freePort(["127.0.0.1"]), stats: 0 };
        ports = { ...ports, stats: await freePort(["127.0.0.1"]) };
        harbor = await TestHarbor.start({ registry: await testRegistry(), externalUrl: url() });
        authority = await makeAuthority("Anchorage tests");
        await serve(24 * 90);
    });
    after(async () => {
        await (proxy as typeof proxy | undefined)?.stop();
        await (harbor as TestHarbor | undefined)?.close();
        rmSync(folder, { recursive: true, force: true });
    });

    /** Starts the proxy with a certificate for so many hours. */
    async function serve(hours: number): Promise<void> {
        const { certificate, key } = await makeServer(authority, { dnsNames: ["localhost"] }, new Date(), hours);
        const pem = path.join(folder, "registry.pem");
        writeFileSync(pem, `${certificate}${authority.certificate}${key}`, { mode: 0o600 });
        const { port } = new URL(harbor.url);
        const settings = {
            kind: "nodePort",
            host: "localhost",
            port: Number(port),
            tlsPort: Number(port),
            nodes: ["127.0.0.1"],
            tls: { source: "none" },
            rateLimit: limit,
            haproxy: { certificate: pem },
        } as unknown as Parameters<typeof haProxyConfiguration>[0]["haproxy"];
        const file = path.join(folder, "haproxy.cfg");
        const text = haProxyConfiguration({ haproxy: settings, passThrough: false, listen: ports, user: currentUser });
        writeFileSync(file, text);
        proxy = await startHaProxy(haproxy ?? "", file, ports.https);
    }

    async function verify(
        more: { readonly ca?: string | undefined; readonly cosign?: string } = {},
    ): Promise<StepsResult> {
        const { signal } = new AbortController();
        const { reporter } = collectingReporter();
        const ca = "ca" in more ? more.ca : authority.certificate;
        const outputs: StackOutputs = {
            ...sampleOutputs,
            exposure: {
                kind: "loadBalancer",
                host: "localhost",
                address: { resource: "service/harbor", jsonPath: "{.status}" },
                rateLimit: limit,
            },
        };
        return verifyTarget(
            {
                outputs,
                url: url(),
                httpPort: ports.http,
                user: "admin",
                password: adminPassword,
                ...(ca === undefined ? {} : { ca }),
            },
            {
                exec,
                env: more.cosign === undefined ? { PATH: folder } : { ANCHORAGE_COSIGN: more.cosign },
                kubectl: "kubectl",
                signal,
            },
            { reporter, signal },
            { scanTimeoutMs: 1_000, trustTimeoutMs: 5_000, requestTimeoutMs: 10_000 },
        );
    }

    const stateOf = ({ records }: StepsResult, id: string): string => {
        const record = records.find((one) => one.id === id);
        return `${record?.state ?? "absent"}: ${record?.detail ?? ""}`;
    };
    const projects = async (): Promise<readonly string[]> =>
        ((await harbor.ask("GET", "/projects")).json as { name: string }[]).map(({ name }) => name);

    it("says that an unknown CA signed the certificate, and goes no further with a password", async () => {
        const result = await verify({ ca: undefined });
        assert.match(String(result.error), /certificate/i);
        assert.match(stateOf(result, "certificate"), /^failed/);
        assert.ok(!stateOf(result, "login").startsWith("done"));
    });

    for (const [title, file] of cosigns) {
        it(`has ${title} sign, Harbor recognise it, and content trust let it through`, async function () {
            const there = file !== undefined && spawnSync(file, ["version"]).status === 0;
            if (!there) {
                if (this.test) this.test.title += " (skipped: it is not on this machine)";
                this.skip();
            }
            const result = await verify({ cosign: file });
            assert.match(stateOf(result, "sign"), /^done: cosign \d/);
            assert.match(stateOf(result, "signed"), /^done/);
            assert.deepEqual(await projects(), ["library"]);
        });
    }

    it("finds the chain, the redirect, the image's way there and back, and a limit that limits", async () => {
        const result = await verify();
        assert.match(stateOf(result, "certificate"), /^done: by Anchorage tests, until 20/);
        assert.match(stateOf(result, "redirect"), /^done: 301 to https:\/\/localhost/);
        for (const id of ["health", "login", "project", "push", "pull", "tags"])
            assert.match(stateOf(result, id), /^done/, id);
        assert.match(stateOf(result, "rate-limit"), /^done: [1-9]\d* of \d+ answered 429/);
        assert.deepEqual(await projects(), ["library"], "its project is gone");
    });
});
