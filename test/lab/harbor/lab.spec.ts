import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import type { LabBinaries } from "../../../lab/binaries";
import { labLayout } from "../../../lab/layout";
import { resetLab, startLab, stopLab } from "../../../lab/lab";
import { labStatus } from "../../../lab/status";
import { resolveTools } from "../../../lab/tools/resolver";
import { exec } from "../../../lib/exec";
import type { LabEndpoints } from "../../../lib/home";
import { isRunning } from "../../../lib/processes";
import { waitFor } from "../../../lib/wait";
import { apply, kubectl } from "../../support/engine-lab";
import { labTimeout, testBinaries } from "../../support/lab";

const name = "harbor";
const password = "Of-the-stack-12345";

/** Core as a chart makes it, as far as the stand-in looks at it. */
function objects({ s3 }: LabEndpoints): object[] {
    const metadata = (own: string, labels: Readonly<Record<string, string>> = {}): object => ({
        name: own,
        namespace: "registry",
        labels,
    });
    const labels = { app: "harbor", component: "core" };
    const reference = { secretKeyRef: { name: "admin", key: "password" } };
    const storage = { s3: { bucket: "content", region: s3.region, regionendpoint: s3.endpoint } };
    return [
        { apiVersion: "v1", kind: "Namespace", metadata: { name: "registry" } },
        { apiVersion: "v1", kind: "Secret", metadata: metadata("admin"), stringData: { password } },
        {
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: metadata("harbor-registry"),
            data: { "config.yml": JSON.stringify({ storage }) },
        },
        {
            apiVersion: "apps/v1",
            kind: "Deployment",
            metadata: metadata("harbor-core", labels),
            spec: {
                selector: { matchLabels: labels },
                template: {
                    metadata: { labels },
                    spec: {
                        containers: [
                            {
                                name: "core",
                                image: "registry.invalid/never-pulled",
                                env: [{ name: "HARBOR_ADMIN_PASSWORD", valueFrom: reference }],
                            },
                        ],
                    },
                },
            },
        },
    ];
}

describe("a lab with a Harbor", function () {
    this.timeout(labTimeout);
    let binaries: LabBinaries;
    let lab: LabEndpoints;
    before(async () => {
        const [registry] = await resolveTools(["registry"], { exec, env: process.env });
        assert.ok(registry);
        binaries = { ...(await testBinaries()), registry: registry.file };
        lab = await start();
    });
    after(() => resetLab({ name, binaries, exec }));

    const start = async (): Promise<LabEndpoints> => (await startLab({ name, nodes: 1, binaries, exec })).endpoints;
    const ask = async (target: string): Promise<{ status: number; text: string }> => {
        const authorization = `Basic ${Buffer.from(`admin:${password}`).toString("base64")}`;
        const response = await fetch(`${lab.harbor?.url ?? ""}${target}`, { headers: { authorization } });
        return { status: response.status, text: await response.text() };
    };
    const answers = (status: number): Promise<true> =>
        waitFor(async () => ((await ask("/v2/").catch(() => undefined))?.status === status ? true : undefined), {
            what: `the lab's Harbor to answer ${String(status)}`,
            timeoutMs: 60_000,
            describe: log,
        });
    const log = (): string => readFileSync(labLayout(name).harborLog, "utf8");
    const children = (): number[] =>
        (JSON.parse(readFileSync(path.join(labLayout(name).harbor, "children.json"), "utf8")) as { pid: number }[]).map(
            ({ pid }) => pid,
        );
    const upload = async (): Promise<number> => {
        const authorization = `Basic ${Buffer.from(`admin:${password}`).toString("base64")}`;
        const base = `${lab.harbor?.url ?? ""}/v2/library/app/blobs/uploads/`;
        const opened = await fetch(base, { method: "POST", headers: { authorization } });
        const empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        const to = `${opened.headers.get("location") ?? ""}&digest=${empty}`;
        return (await fetch(to, { method: "PUT", headers: { authorization } })).status;
    };

    it("answers 503 while no core is Ready", async () => {
        await answers(503);
        assert.match((await ask("/api/v2.0/health")).text, /SERVICE_UNAVAILABLE/);
        assert.equal((await labStatus(name)).state, "running");
    });

    it("serves a stack with its password and its bucket as soon as its core is Ready", async () => {
        const { accessKey, secretKey, endpoint, region } = lab.s3;
        const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey };
        const s3 = new S3Client({ endpoint, region, forcePathStyle: true, credentials });
        await s3.send(new CreateBucketCommand({ Bucket: "content" }));
        await apply(lab, ...objects(lab));
        await answers(200);
        assert.equal(await upload(), 201);
        assert.ok(existsSync(path.join(labLayout(name).s3Data, "content", "docker")));
    });

    it("is ended with the lab, and comes back with its data", async () => {
        const pids = [...children(), (await labStatus(name)).parts.find((part) => part.name === "harbor")?.pid ?? 0];
        assert.equal(pids.length, 3);
        await fetch(`${lab.harbor?.url ?? ""}/api/v2.0/projects`, {
            method: "POST",
            headers: {
                authorization: `Basic ${Buffer.from(`admin:${password}`).toString("base64")}`,
                "content-type": "application/json",
            },
            body: JSON.stringify({ project_name: "kept" }),
        });
        await stopLab({ name, binaries, exec });
        assert.deepEqual(pids.filter(isRunning), []);
        assert.equal((await labStatus(name)).state, "stopped");
        assert.deepEqual(await start(), lab);
        await answers(200);
        assert.equal((await ask("/api/v2.0/projects/kept")).status, 200);
    });

    it("is seen when it crashes, and mended with what it has left", async () => {
        const left = children();
        const pid = (await labStatus(name)).parts.find((part) => part.name === "harbor")?.pid ?? 0;
        process.kill(pid, "SIGKILL");
        await waitFor(async () => ((await labStatus(name)).state === "degraded" ? true : undefined), {
            what: "the crash to be seen",
            timeoutMs: 10_000,
        });
        await start();
        assert.deepEqual(left.filter(isRunning), []);
        await answers(200);
        assert.equal((await ask("/api/v2.0/projects/kept")).status, 200);
    });

    it("ends with an error when its database is lost, so that status tells", async () => {
        for (const child of children()) process.kill(child, "SIGKILL");
        await waitFor(async () => ((await labStatus(name)).state === "degraded" ? true : undefined), {
            what: "the loss to be seen",
            timeoutMs: 20_000,
            describe: log,
        });
        assert.match(log(), /has ended/);
        await start();
        await answers(200);
    });

    it("goes with the stack, and the next one begins anew", async () => {
        // Ten seconds as a rule; once, on a lab that had been stopped and started, more than a minute.
        await kubectl(lab, "delete", "namespace", "registry", "--timeout", "240s");
        await answers(503);
        await apply(lab, ...objects(lab));
        await answers(200);
        assert.equal((await ask("/api/v2.0/projects/kept")).status, 404);
    });
});
