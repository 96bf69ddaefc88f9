import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { Agent, request, type IncomingMessage } from "node:http";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { registryConfiguration, registryEnvironment, type Bucket } from "../lab/harbor/registry/process";
import { freePort } from "../lib/ports";
import { residentMemory } from "../lab/process-record";
import { projectRoot, type LabEndpoints } from "../lib/home";
import { waitFor } from "../lib/wait";
import { measurePairs, spreadOf, timed, type Figure } from "./harness";
import type { Sandbox } from "./sandbox";

/** MiB of an image; a smaller one for a quick look. */
const size = Number(process.env["ANCHORAGE_BENCH_IMAGE_MIB"] ?? 1024) * 2 ** 20;
const rounds = 5;
const piece = 2 ** 20;
const layerType = "application/vnd.oci.image.layer.v1.tar";
const manifestType = "application/vnd.oci.image.manifest.v1+json";

/** A registry as a client sees it. */
interface Registry {
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
}

/** One layer: random pieces, the first of them its own. */
interface Layer {
    readonly digest: string;
    readonly stream: () => Readable;
}

/**
 * Push and pull of an image of one large layer through the lab's Harbor, against the bare distribution registry on the
 * same bucket; and what memory the stand-in takes meanwhile.
 */
export async function registryThroughput(sandbox: Sandbox): Promise<Figure[]> {
    sandbox.onClose(() => sandbox.anchorage(["lab", "reset", "--yes"]));
    await sandbox.run("npm", ["start", "--silent", "--", "--engine", "rehearsal"], { cwd: projectRoot });
    const lab = path.join(sandbox.home, "labs", "anchorage");
    const endpoints = JSON.parse(await readFile(path.join(lab, "endpoints.json"), "utf8")) as LabEndpoints;
    const standIn = await standInOf(sandbox, endpoints);
    const bare = await bareRegistry(sandbox, endpoints);
    const { pid } = JSON.parse(await readFile(path.join(lab, "harbor", "process.json"), "utf8")) as { pid: number };
    const rest = residentMemory(pid) ?? 0;
    let peak = rest;
    const watch = setInterval(() => (peak = Math.max(peak, residentMemory(pid) ?? 0)), 50);
    try {
        const layers = Array.from({ length: 2 * rounds }, newLayer);
        let next = 0;
        const push = (registry: Registry) => async (): Promise<number> => {
            const layer = layers[next++];
            if (!layer) throw new Error("no layer is left");
            return timed(() => pushImage(registry, layer));
        };
        const pushes = await measurePairs(
            { what: "push through the lab's Harbor", measure: push(standIn) },
            { what: "push to the bare registry", measure: push(bare) },
            rounds,
        );
        // The first layer was pushed through the stand-in, the second one to the registry itself.
        const [first, second] = layers;
        if (!first || !second) throw new Error("nothing was pushed");
        const pulls = await measurePairs(
            { what: "pull through the lab's Harbor", measure: () => timed(() => pullImage(standIn, first)) },
            { what: "pull from the bare registry", measure: () => timed(() => pullImage(bare, second)) },
            rounds,
        );
        const what = `${String(size / 2 ** 20)} MiB image`;
        const peer = "distribution registry on the same bucket";
        return [
            {
                name: `push of a ${what} through the lab's Harbor`,
                unit: "s",
                subject: pushes.subject,
                peer: { what: peer, spread: pushes.peer },
                ratio: pushes.ratio,
                limit: { of: "ratio", most: 1.15 },
            },
            {
                name: `pull of a ${what} through the lab's Harbor`,
                unit: "s",
                subject: pulls.subject,
                peer: { what: peer, spread: pulls.peer },
                ratio: pulls.ratio,
                limit: { of: "ratio", most: 1.15 },
            },
            {
                name: "memory of the lab's Harbor at the height of it",
                unit: "MiB",
                subject: spreadOf([peak]),
                peer: { what: "before", spread: spreadOf([rest]) },
                ratio: spreadOf([peak / rest]),
                limit: { of: "value", most: 256 },
            },
        ];
    } finally {
        clearInterval(watch);
    }
}

async function standInOf(sandbox: Sandbox, { harbor, kubeconfig, tools }: LabEndpoints): Promise<Registry> {
    if (!harbor) throw new Error("the lab has no Harbor");
    const template = '{{index .data "HARBOR_ADMIN_PASSWORD" | base64decode}}';
    const args = ["--kubeconfig", kubeconfig, "-n", "harbor", "get", "secret", "harbor-admin", "-o"];
    const { stdout } = await sandbox.run(tools.kubectl, [...args, `go-template=${template}`]);
    const authorization = `Basic ${Buffer.from(`admin:${stdout}`).toString("base64")}`;
    const registry = { url: harbor.url, headers: { authorization } };
    await answers(registry);
    return registry;
}

/** The same program with the same settings on the same bucket, but on a port of its own and with nothing before it. */
async function bareRegistry(sandbox: Sandbox, { s3 }: LabEndpoints): Promise<Registry> {
    const bucket: Bucket = { ...s3, bucket: "harbor-registry" };
    const addr = `127.0.0.1:${String(await freePort())}`;
    const file = path.join(sandbox.folder, "registry.json");
    await writeFile(file, JSON.stringify(registryConfiguration(bucket, { net: "tcp", addr })));
    const child = spawn(sandbox.tools["registry"] ?? "", ["serve", file], {
        stdio: "ignore",
        env: registryEnvironment(bucket),
    });
    sandbox.onClose(async () => {
        const ended = once(child, "exit");
        child.kill("SIGTERM");
        await ended;
    });
    const registry = { url: `http://${addr}`, headers: {} };
    await answers(registry);
    return registry;
}

async function answers({ url, headers }: Registry): Promise<void> {
    await waitFor(
        async () => ((await fetch(`${url}/v2/`, { headers }).catch(() => undefined))?.ok ? true : undefined),
        {
            what: `the registry on ${url} to answer`,
            timeoutMs: 60_000,
        },
    );
}

const common = randomBytes(piece);

function newLayer(): Layer {
    const own = randomBytes(piece);
    function* pieces(): Generator<Buffer> {
        for (let at = 0; at < size; at += piece) yield at === 0 ? own : common;
    }
    const hash = createHash("sha256");
    for (const one of pieces()) hash.update(one);
    return { digest: `sha256:${hash.digest("hex")}`, stream: () => Readable.from(pieces()) };
}

const repository = "library/bench";

async function pushImage(registry: Registry, layer: Layer): Promise<void> {
    const config = Buffer.from(JSON.stringify({ rootfs: { type: "layers", diff_ids: [layer.digest] } }));
    const configDigest = `sha256:${createHash("sha256").update(config).digest("hex")}`;
    await upload(registry, layer.digest, size, layer.stream());
    await upload(registry, configDigest, config.length, Readable.from([config]));
    const manifest = Buffer.from(
        JSON.stringify({
            schemaVersion: 2,
            mediaType: manifestType,
            config: {
                mediaType: "application/vnd.oci.image.config.v1+json",
                digest: configDigest,
                size: config.length,
            },
            layers: [{ mediaType: layerType, digest: layer.digest, size }],
        }),
    );
    await call(registry, "PUT", `/v2/${repository}/manifests/${layer.digest.slice(7, 19)}`, 201, {
        headers: { "content-type": manifestType, "content-length": String(manifest.length) },
        body: Readable.from([manifest]),
    });
}

async function upload(registry: Registry, digest: string, length: number, body: Readable): Promise<void> {
    const opened = await call(registry, "POST", `/v2/${repository}/blobs/uploads/`, 202);
    const { pathname, search } = new URL(opened.headers.location ?? "", registry.url);
    const headers = { "content-length": String(length), "content-type": "application/octet-stream" };
    await call(registry, "PUT", `${pathname}${search}&digest=${digest}`, 201, { headers, body });
}

async function pullImage(registry: Registry, { digest }: Layer): Promise<void> {
    const headers = { accept: manifestType };
    await call(registry, "GET", `/v2/${repository}/manifests/${digest.slice(7, 19)}`, 200, { headers });
    const { received } = await call(registry, "GET", `/v2/${repository}/blobs/${digest}`, 200);
    if (received !== size) throw new Error(`${String(received)} of ${String(size)} bytes came`);
}

const agent = new Agent({ keepAlive: true });

async function call(
    { url, headers: own }: Registry,
    method: string,
    target: string,
    expected: number,
    { headers = {}, body }: { readonly headers?: Readonly<Record<string, string>>; readonly body?: Readable } = {},
): Promise<{ readonly headers: IncomingMessage["headers"]; readonly received: number }> {
    const asked = request(`${url}${target}`, { agent, method, headers: { ...own, ...headers } });
    const answered = once(asked, "response") as Promise<[IncomingMessage]>;
    if (body) await pipeline(body, asked);
    else asked.end();
    const [response] = await answered;
    let received = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) received += chunk.length;
    if (response.statusCode !== expected) throw new Error(`${method} ${target}: ${String(response.statusCode)}`);
    return { headers: response.headers, received };
}
