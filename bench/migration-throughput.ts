import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { createHash, randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { copyBlobsAhead } from "../automation/backup/blobs";
import { inParallel } from "../automation/objects/parallel";
import { openObjectStore, type ObjectStore } from "../automation/objects/store";
import { createIdentity } from "../lab/identity";
import { s3Endpoint, s3Region, startObjectStore, stopObjectStore } from "../lab/object-store";
import { freePort } from "../lib/ports";
import { labLayout, type LabLayout } from "../lab/layout";
import { ExecFailure } from "../lib/exec";
import { projectRoot } from "../lib/home";
import type { CopyRequest } from "./copy-blobs";
import { measurePairs, timed, type Figure } from "./harness";
import type { Sandbox } from "./sandbox";

/** Objects of the comparison, each of 1 MiB; fewer for a quick look. */
const count = Number(process.env["ANCHORAGE_BENCH_OBJECTS"] ?? 1000);
const size = 2 ** 20;
const rounds = 3;
/** Copies under way at once, on both sides. */
const transfers = 8;
const contents = "docker/registry/v2/blobs/sha256/";
const signal = new AbortController().signal;

/**
 * Blobs from one S3 to another by our copy, with the digest of each compared, against `rclone copy` with as many
 * transfers; and what memory it takes where there are ten times as many objects. Both endpoints are servers on this
 * machine, so that both sides share its cores with them.
 */
export async function migrationThroughput(sandbox: Sandbox): Promise<Figure[]> {
    const [from, to] = [await Server.start(sandbox, "source"), await Server.start(sandbox, "target")];
    const throughput = await throughputOf(sandbox, from, to);
    const { subject, peer, ratio } = await measurePairs(
        { what: "memory of a copy of 10,000 objects", measure: await peaksOf(sandbox, from, to, "many", 10_000) },
        { what: "memory of a copy of 1,000 objects", measure: await peaksOf(sandbox, from, to, "few", 1000) },
        rounds,
    );
    return [
        ...throughput,
        {
            name: "resident memory of a copy of 10,000 objects",
            unit: "MiB",
            subject,
            peer: { what: "the same of 1,000", spread: peer },
            ratio,
            limit: { of: "ratio", most: 1.2 },
        },
    ];
}

/** Nothing where there is no rclone to compare with. */
async function throughputOf(sandbox: Sandbox, from: Server, to: Server): Promise<Figure[]> {
    const rclone = process.env["ANCHORAGE_RCLONE"] ?? "rclone";
    try {
        await sandbox.run(rclone, ["version"]);
    } catch (error) {
        if (!(error instanceof ExecFailure)) throw error;
        console.error("  no rclone to compare with, so no figure of the throughput. To have one:");
        console.error("  go install github.com/rclone/rclone@v1.76.0, and its file in ANCHORAGE_RCLONE");
        return [];
    }
    const source = await from.bucket("registry");
    await fill(source, count, size);
    // Each is first every other time.
    const turns = { ours: 0, theirs: 0 };
    const { subject, peer, ratio } = await measurePairs(
        {
            what: "copy by anchorage",
            measure: async () => {
                const target = await to.bucket(`ours-${String(++turns.ours)}`);
                return timed(() => copyBlobsAhead(source, target, { signal, concurrency: transfers }));
            },
        },
        {
            what: "rclone copy",
            measure: async () => {
                const target = `theirs-${String(++turns.theirs)}`;
                await to.bucket(target);
                const args = ["copy", "from:registry", `to:${target}`, "--transfers", String(transfers)];
                // Older releases of it refuse a bundle of CAs, which plain HTTP does not need.
                const env = { ...from.rclone("FROM"), ...to.rclone("TO"), RCLONE_CONFIG: "", AWS_CA_BUNDLE: "" };
                return timed(() => sandbox.run(rclone, [...args, "--fast-list", "--checkers", "16"], { env }));
            },
        },
        rounds,
    );
    return [
        {
            name: `${String(count)} blobs of 1 MiB from one S3 to another, digests compared`,
            unit: "s",
            subject,
            peer: { what: `\`rclone copy --transfers ${String(transfers)}\``, spread: peer },
            ratio,
            limit: { of: "ratio", most: 1.1 },
        },
    ];
}

/** Measures the highest resident memory, in bytes, of a process that copies so many small objects. */
async function peaksOf(
    sandbox: Sandbox,
    from: Server,
    to: Server,
    name: string,
    objects: number,
): Promise<() => Promise<number>> {
    await fill(await from.bucket(`${name}-source`), objects, 1024);
    let round = 0;
    return async () => {
        const target = `${name}-target-${String(++round)}`;
        await to.bucket(target);
        const request: CopyRequest = {
            from: from.place(`${name}-source`),
            to: to.place(target),
            concurrency: transfers,
        };
        const { stdout } = await sandbox.run(
            process.execPath,
            ["--require", "./bin/typescript.js", "bench/copy-blobs.ts"],
            { cwd: projectRoot, input: JSON.stringify(request) },
        );
        return (JSON.parse(stdout) as { readonly peakBytes: number }).peakBytes;
    };
}

async function fill(store: ObjectStore, objects: number, bytes: number): Promise<void> {
    const numbers = Array.from({ length: objects }, (_, n) => n);
    await inParallel(numbers, 16, signal, async () => {
        const content = randomBytes(bytes);
        const digest = createHash("sha256").update(content).digest("hex");
        await store.write(`${contents}${digest.slice(0, 2)}/${digest}/data`, content);
    });
}

/** The lab's S3 server, alone. */
class Server {
    private constructor(
        private readonly sandbox: Sandbox,
        private readonly endpoint: string,
        private readonly keys: { readonly accessKey: string; readonly secretKey: string },
    ) {}

    static async start(sandbox: Sandbox, name: string): Promise<Server> {
        const folder = path.join(sandbox.folder, name);
        const layout: LabLayout = {
            ...labLayout(name),
            folder,
            identity: path.join(folder, "lab.json"),
            s3Data: path.join(folder, "s3", "data"),
            s3Log: path.join(folder, "s3.log"),
            s3Process: path.join(folder, "s3.json"),
        };
        await mkdir(folder, { recursive: true });
        const identity = await createIdentity(layout, 0, await freePort());
        // As a real S3: without it each side measures how it connects.
        await startObjectStore(name, sandbox.tool("versitygw"), layout, identity, { keepAlive: true });
        sandbox.onClose(() => stopObjectStore(layout));
        return new Server(sandbox, s3Endpoint(identity), identity.s3);
    }

    place(bucket: string): CopyRequest["from"] {
        return { endpoint: this.endpoint, region: s3Region, bucket, ...this.keys };
    }

    async bucket(bucket: string): Promise<ObjectStore> {
        const { accessKey: accessKeyId, secretKey: secretAccessKey } = this.keys;
        const place = { endpoint: this.endpoint, region: s3Region };
        const s3 = new S3Client({ ...place, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } });
        await s3.send(new CreateBucketCommand({ Bucket: bucket }));
        s3.destroy();
        const store = openObjectStore({ ...place, bucket, pathStyle: true }, this.keys, signal);
        this.sandbox.onClose(() => {
            store.close();
            return Promise.resolve();
        });
        return store;
    }

    /** A remote of rclone by its environment: no key in a file or an argument. */
    rclone(remote: string): Readonly<Record<string, string>> {
        const settings = {
            TYPE: "s3",
            PROVIDER: "Other",
            ENDPOINT: this.endpoint,
            REGION: s3Region,
            ACCESS_KEY_ID: this.keys.accessKey,
            SECRET_ACCESS_KEY: this.keys.secretKey,
        };
        return Object.fromEntries(
            Object.entries(settings).map(([name, value]) => [`RCLONE_CONFIG_${remote}_${name}`, value]),
        );
    }
}
