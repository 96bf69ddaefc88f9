import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { restartScript } from "../../components/certificates/restart-values";
import { makeAuthority, makeServer } from "../support/certificates";

/** A Deployment as far as the script looks at it. */
interface Workload {
    metadata: { name: string; annotations: Record<string, string> };
    spec: { template: { metadata: { annotations: Record<string, string> } } };
}

const key = "anchorage/certificate";
const hash = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The script of the CronJob, with the machine's shell and curl, against an API server that only knows two workloads. */
describe("script that restarts with a renewed certificate", function () {
    this.timeout(30_000);
    const folder = mkdtempSync(path.join(tmpdir(), "anchorage-restart-"));
    let server: Server | undefined;
    let api: string;
    let requests: string[];
    /** Method that the API server fails for now. */
    let broken: string | undefined;
    let workloads: Map<string, Workload>;

    before(async function () {
        if (spawnSync("curl", ["--version"]).error !== undefined) this.skip();
        const authority = await makeAuthority("cluster CA");
        const pair = await makeServer(authority, { dnsNames: ["localhost"] });
        for (const part of ["account", "certificates/core", "certificates/trivy"]) {
            mkdirSync(path.join(folder, part), { recursive: true });
        }
        write("account/ca.crt", authority.certificate);
        write("account/token", "token-of-the-account");
        write("account/namespace", "images");
        server = createServer({ cert: pair.certificate, key: pair.key }, answer);
        server.listen(0, "127.0.0.1");
        await once(server, "listening");
        api = `https://localhost:${String((server.address() as AddressInfo).port)}`;
    });
    after(() => {
        server?.close();
        rmSync(folder, { recursive: true });
    });

    beforeEach(() => {
        requests = [];
        broken = undefined;
        const workload = (name: string): Workload => ({
            metadata: { name, annotations: {} },
            spec: { template: { metadata: { annotations: {} } } },
        });
        workloads = new Map([
            ["deployments/harbor-core", workload("harbor-core")],
            ["statefulsets/harbor-trivy", workload("harbor-trivy")],
        ]);
        write("certificates/core/tls.crt", "first certificate of core");
        write("certificates/trivy/tls.crt", "first certificate of trivy");
    });

    function write(file: string, text: string): void {
        writeFileSync(path.join(folder, file), text);
    }

    function answer(request: IncomingMessage, response: ServerResponse): void {
        let body = "";
        request.on("data", (data: Buffer) => (body += data.toString()));
        request.on("end", () => {
            const { method = "", url = "", headers } = request;
            requests.push(`${method} ${url}`);
            if (method === broken) return response.writeHead(500).end();
            const workload = workloads.get(url.replace("/apis/apps/v1/namespaces/images/", ""));
            if (headers.authorization !== "Bearer token-of-the-account") return response.writeHead(401).end();
            if (workload === undefined) return response.writeHead(403).end();
            if (method === "PATCH") {
                assert.equal(headers["content-type"], "application/merge-patch+json");
                const patch = JSON.parse(body) as Partial<Workload>;
                Object.assign(workload.metadata.annotations, patch.metadata?.annotations);
                Object.assign(workload.spec.template.metadata.annotations, patch.spec?.template.metadata.annotations);
            }
            return response.end(JSON.stringify(workload, undefined, 2));
        });
    }

    async function run(...readers: string[]): Promise<{ code: number; output: string }> {
        const child = spawn("/bin/sh", ["-c", restartScript, "restart", ...readers], {
            env: {
                PATH: process.env["PATH"],
                API: api,
                ACCOUNT: path.join(folder, "account"),
                CERTIFICATES: path.join(folder, "certificates"),
            },
        });
        let output = "";
        child.stdout.on("data", (data: Buffer) => (output += data.toString()));
        child.stderr.on("data", (data: Buffer) => (output += data.toString()));
        const [code] = (await once(child, "close")) as [number];
        return { code, output };
    }

    const both = ["deployments/harbor-core=core", "statefulsets/harbor-trivy=trivy"];
    const at = (name: string): Workload => {
        const workload = workloads.get(name);
        assert.ok(workload);
        return workload;
    };

    it("notes the certificate the first time, and restarts nothing", async () => {
        const { code, output } = await run(...both);
        assert.equal(code, 0, output);
        assert.equal(at("deployments/harbor-core").metadata.annotations[key], hash("first certificate of core"));
        for (const workload of workloads.values()) {
            assert.deepEqual(workload.spec.template.metadata.annotations, {});
        }
    });

    it("changes nothing while the certificate is the same", async () => {
        await run(...both);
        requests = [];
        const { code } = await run(...both);
        assert.equal(code, 0);
        assert.deepEqual(
            requests.map((request) => request.split(" ")[0]),
            ["GET", "GET"],
        );
    });

    it("restarts the one whose certificate is new, once", async () => {
        await run(...both);
        write("certificates/core/tls.crt", "second certificate of core");
        const { code, output } = await run(...both);
        assert.equal(code, 0);
        assert.equal(output, "deployments/harbor-core: new certificate, restarted\n");
        const second = { [key]: hash("second certificate of core") };
        assert.deepEqual(at("deployments/harbor-core").spec.template.metadata.annotations, second);
        assert.deepEqual(at("deployments/harbor-core").metadata.annotations, second);
        assert.deepEqual(at("statefulsets/harbor-trivy").spec.template.metadata.annotations, {});
        assert.equal((await run(...both)).output, "");
    });

    it("fails when the API server refuses it, so that the Job does", async () => {
        const { code, output } = await run("deployments/harbor-portal=core");
        assert.notEqual(code, 0);
        assert.match(output, /403/);
    });

    it("does not take a certificate for noted when it could not look", async () => {
        await run(...both);
        write("certificates/core/tls.crt", "second certificate of core");
        broken = "GET";
        assert.notEqual((await run(...both)).code, 0);
        broken = undefined;
        assert.match((await run(...both)).output, /harbor-core: new certificate, restarted/);
    });

    it("keeps the token out of the command lines", () => {
        assert.doesNotMatch(restartScript, /--header "?Authorization/);
    });
});
