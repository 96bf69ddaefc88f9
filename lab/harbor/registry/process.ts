import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { UserError } from "../../../lib/errors";
import { waitFor } from "../../../lib/wait";
import { logTail } from "../../log-tail";
import type { RegistryBackend } from "../core";

/** Where a registry keeps its content. */
export interface Bucket {
    /** http://127.0.0.1:PORT */
    readonly endpoint: string;
    readonly region: string;
    readonly bucket: string;
    /** Folder in the bucket. @default its root */
    readonly rootDirectory?: string;
    readonly accessKey: string;
    readonly secretKey: string;
}

export interface RegistryProcess extends RegistryBackend {
    readonly pid: number;
    /** Resolves when it has ended, whatever ended it. */
    readonly ended: Promise<void>;
    stop(): Promise<void>;
}

/**
 * Starts the distribution registry on a bucket. It listens on a socket in a folder that nobody else may enter, so it
 * asks for no password: who may do what is decided in front of it.
 * @param binary path of `registry`
 * @param log file that its errors are appended to. @default one that goes with it
 */
export async function startRegistry(binary: string, bucket: Bucket, log?: string): Promise<RegistryProcess> {
    const folder = await mkdtemp(path.join(tmpdir(), "anchorage-reg-"));
    const socketPath = path.join(folder, "socket");
    const configuration = path.join(folder, "config.yml");
    // JSON is YAML.
    await writeFile(
        configuration,
        JSON.stringify(registryConfiguration(bucket, { net: "unix", addr: socketPath }), undefined, 2),
    );
    const file = log ?? path.join(folder, "registry.log");
    const errors = openSync(file, "a", 0o600);
    const child = spawn(binary, ["serve", configuration], {
        stdio: ["ignore", "ignore", errors],
        env: registryEnvironment(bucket),
    });
    closeSync(errors);
    const ended = once(child, "exit").then(() => rm(folder, { recursive: true, force: true }));
    try {
        await answers(child, socketPath, () => logTail(file).join("\n"));
    } catch (error) {
        child.kill("SIGKILL");
        await ended;
        throw error;
    }
    return {
        socketPath,
        removeBlob: (digest) => removeBlob(bucket, digest),
        pid: child.pid ?? 0,
        ended,
        stop: async () => {
            child.kill("SIGTERM");
            const late = setTimeout(() => child.kill("SIGKILL"), 5_000);
            await ended;
            clearTimeout(late);
        },
    };
}

/** As Harbor's registryctl does it: by the path of the registry's own layout. */
async function removeBlob(at: Bucket, digest: string): Promise<void> {
    const { DeleteObjectCommand, S3Client } = await import("@aws-sdk/client-s3");
    const credentials = { accessKeyId: at.accessKey, secretAccessKey: at.secretKey };
    const s3 = new S3Client({ endpoint: at.endpoint, region: at.region, forcePathStyle: true, credentials });
    const root = at.rootDirectory === undefined ? "" : `${at.rootDirectory.replace(/^\/+|\/+$/g, "")}/`;
    const [algorithm = "", hex = ""] = digest.split(":");
    const key = `${root}docker/registry/v2/blobs/${algorithm}/${hex.slice(0, 2)}/${hex}/data`;
    try {
        await s3.send(new DeleteObjectCommand({ Bucket: at.bucket, Key: key }));
    } finally {
        s3.destroy();
    }
}

/** Secrets are in the environment, since every user of the machine can read a command line. */
export function registryEnvironment({ accessKey, secretKey }: Bucket): Record<string, string> {
    return {
        PATH: process.env["PATH"] ?? "",
        REGISTRY_HTTP_SECRET: randomBytes(16).toString("hex"),
        REGISTRY_STORAGE_S3_ACCESSKEY: accessKey,
        REGISTRY_STORAGE_S3_SECRETKEY: secretKey,
        OTEL_TRACES_EXPORTER: "none",
    };
}

/** Its configuration, without the keys, which it takes from its environment. */
export function registryConfiguration(
    { bucket, endpoint, region, rootDirectory }: Bucket,
    http: { readonly net: "unix" | "tcp"; readonly addr: string },
): object {
    return {
        version: "0.1",
        log: { level: "error", accesslog: { disabled: true } },
        storage: {
            s3: {
                region,
                regionendpoint: endpoint,
                bucket,
                forcepathstyle: true,
                secure: endpoint.startsWith("https:"),
                v4auth: true,
                ...(rootDirectory === undefined ? {} : { rootdirectory: rootDirectory }),
            },
            delete: { enabled: true },
            // A client would be sent to the bucket, whose address is for the lab alone.
            redirect: { disable: true },
            // No cache: it would go on telling of what a garbage collection has removed.
            maintenance: { uploadpurging: { enabled: false } },
        },
        http,
    };
}

async function answers(child: ChildProcess, socketPath: string, log: () => string): Promise<void> {
    let failure: UserError | undefined;
    const failed = (what: string): void => {
        failure = new UserError(`the registry ${what} at its start`, { details: [log()] });
    };
    child.once("error", (error) => {
        failed(`could not be started (${error.message})`);
    });
    child.once("exit", (code) => {
        failed(`ended with code ${String(code)}`);
    });
    const ask = (): Promise<true | undefined> =>
        new Promise((resolve) => {
            const asked = request({ socketPath, path: "/v2/" }, (response) => {
                response.resume();
                resolve(response.statusCode === 200 ? true : undefined);
            });
            asked.once("error", () => {
                resolve(undefined);
            });
            asked.end();
        });
    await waitFor(
        () => {
            if (failure) throw failure;
            return ask();
        },
        { what: "the registry to answer", timeoutMs: 30_000, intervalMs: 30, describe: log },
    );
}
