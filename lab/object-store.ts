import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { messageOf, UserError } from "../lib/errors";
import { isFree } from "../lib/ports";
import { waitFor } from "../lib/wait";
import { labCommand } from "../lib/lab-commands";
import type { LabIdentity } from "./identity";
import type { LabLayout } from "./layout";
import { logTail } from "./log-tail";
import { endProcess, recordProcess, runningProcess, type RecordedProcess } from "./process-record";

/** The lab's S3: versitygw on a folder, one process on loopback with keys that the lab generated. */

export const s3Region = "us-east-1";
const healthPath = "/anchorage-lab-health";

export function s3Endpoint(identity: LabIdentity): string {
    return `http://127.0.0.1:${String(identity.s3.port)}`;
}

export interface StoreOptions {
    readonly signal?: AbortSignal | undefined;
    /** Connections are kept, as every S3 but this one's default does it. @default false: a registry got a 500 with kept ones */
    readonly keepAlive?: boolean;
}

/** Starts the server unless it runs. It outlives this process. */
export async function startObjectStore(
    name: string,
    binary: string,
    layout: LabLayout,
    identity: LabIdentity,
    { signal, keepAlive = false }: StoreOptions = {},
): Promise<void> {
    if (await runningStore(layout)) return;
    await requireFreePort(name, identity.s3.port);
    const metadata = path.join(path.dirname(layout.s3Data), "metadata");
    await mkdir(layout.s3Data, { recursive: true });
    await mkdir(metadata, { recursive: true });
    const log = openSync(layout.s3Log, "a");
    // Object metadata goes beside the data: not every file system has extended attributes.
    const child = spawn(
        binary,
        [
            ...[
                "--port",
                `127.0.0.1:${String(identity.s3.port)}`,
                "--region",
                s3Region,
                "--health",
                healthPath,
                "--quiet",
                ...(keepAlive ? ["--keep-alive"] : []),
            ],
            ...["posix", "--sidecar", metadata, layout.s3Data],
        ],
        {
            detached: true,
            stdio: ["ignore", log, log],
            // The keys are in the environment, since every user of the machine can read a command line.
            env: {
                ...process.env,
                ROOT_ACCESS_KEY_ID: identity.s3.accessKey,
                ROOT_SECRET_ACCESS_KEY: identity.s3.secretKey,
            },
        },
    );
    closeSync(log);
    const failure = new Promise<never>((_resolve, reject) => {
        child.once("error", (error) => {
            reject(new UserError(`versitygw could not be started: ${messageOf(error)}`, { cause: error }));
        });
        child.once("exit", (code) => {
            const end = `versitygw ended with code ${String(code)} at its start`;
            reject(new UserError(end, { details: [`the end of ${layout.s3Log}:`, ...logTail(layout.s3Log)] }));
        });
    });
    const ready = async (): Promise<void> => {
        const { pid } = child;
        if (pid === undefined) return failure;
        await recordProcess(layout.s3Process, pid);
        await waitFor(async () => ((await answers(identity)) ? true : undefined), {
            what: `S3 to answer on ${s3Endpoint(identity)}`,
            timeoutMs: 15_000,
            intervalMs: 20,
            signal,
            describe: () => logTail(layout.s3Log).join("\n"),
        });
    };
    await Promise.race([ready(), failure]);
    child.removeAllListeners();
    child.unref();
}

/** The process that runs, or undefined. */
export function runningStore(layout: LabLayout): Promise<RecordedProcess | undefined> {
    return runningProcess(layout.s3Process);
}

export async function stopObjectStore(layout: LabLayout): Promise<void> {
    const running = await runningStore(layout);
    if (running) await endProcess(running.pid, running.start);
    await rm(layout.s3Process, { force: true });
}

async function answers(identity: LabIdentity): Promise<boolean> {
    try {
        return (await fetch(`${s3Endpoint(identity)}${healthPath}`, { signal: AbortSignal.timeout(1_000) })).ok;
    } catch {
        return false; // not listening yet
    }
}

async function requireFreePort(name: string, port: number): Promise<void> {
    if (await isFree(port)) return;
    throw new UserError(`port ${String(port)} of lab ${name}'s S3 is in use by another program`, {
        next: [
            `end that program (ss -ltnp 'sport = :${String(port)}' shows it)`,
            `or give the lab up: ${labCommand("reset", name)}`,
        ],
    });
}
