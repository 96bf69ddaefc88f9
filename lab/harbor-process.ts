import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { readFileIfPresent, writeFileAtomic } from "../lib/files";
import { projectRoot } from "../lib/home";
import { removePostgresData } from "./harbor/postgres/server";
import type { LabHarborSettings } from "./harbor/serve-lab";
import type { LabIdentity } from "./identity";
import type { LabLayout } from "./layout";
import { s3Endpoint } from "./object-store";
import { endProcess, recordProcess, runningProcess, type RecordedProcess } from "./process-record";

/** The lab's stand-in of Harbor's core: one process on loopback, which has a PostgreSQL and a registry of its own. */

/** http://127.0.0.1:PORT, of the oldest Harbor; undefined of a lab that has none. */
export function harborUrl({ harbor }: LabIdentity): string | undefined {
    return harbor && `http://127.0.0.1:${String(harbor.port)}`;
}

/**
 * Starts it unless it runs, and does not wait: it serves once a stack's core is Ready, and answers 503 until then.
 * @param registryBinary path of the distribution registry
 */
export async function startHarbor(registryBinary: string, layout: LabLayout, identity: LabIdentity): Promise<void> {
    const { harbor } = identity;
    if (!harbor || (await runningHarbor(layout))) return;
    await endChildren(layout);
    await mkdir(layout.harbor, { recursive: true });
    const settingsFile = path.join(layout.harbor, "settings.json");
    const { accessKey, secretKey } = identity.s3;
    const settings: LabHarborSettings = {
        port: harbor.port,
        kubeconfig: layout.kubeconfig,
        folder: path.join(layout.harbor, "postgres"),
        addresses: layout.harborAddresses,
        children: childrenFile(layout),
        registryBinary,
        registryLog: layout.registryLog,
        s3: { endpoint: s3Endpoint(identity), accessKey, secretKey },
    };
    await writeFileAtomic(settingsFile, JSON.stringify(settings), 0o600);
    const log = openSync(layout.harborLog, "a");
    const main = path.join(projectRoot, "lab", "harbor", "main.ts");
    const child = spawn(process.execPath, ["-r", path.join(projectRoot, "bin", "typescript.js"), main, settingsFile], {
        detached: true,
        stdio: ["ignore", log, log],
        cwd: projectRoot,
    });
    closeSync(log);
    // What goes wrong is seen as a crash, with the end of its log.
    child.once("error", () => undefined);
    child.unref();
    if (child.pid === undefined) return;
    await recordProcess(layout.harborProcess, child.pid);
}

/** The process that runs, or undefined. */
export function runningHarbor(layout: LabLayout): Promise<RecordedProcess | undefined> {
    return runningProcess(layout.harborProcess);
}

export async function stopHarbor(layout: LabLayout): Promise<void> {
    const running = await runningHarbor(layout);
    if (running) await endProcess(running.pid, running.start);
    await endChildren(layout);
    await rm(layout.harborProcess, { force: true });
    await rm(layout.harborAddresses, { force: true });
}

/** Deletes what of it lies outside of the lab's folder. */
export async function removeHarborData(layout: LabLayout): Promise<void> {
    await removePostgresData(path.join(layout.harbor, "postgres"));
}

/** Its PostgreSQL and its registry outlive it when it is killed. */
async function endChildren(layout: LabLayout): Promise<void> {
    const text = await readFileIfPresent(childrenFile(layout));
    const children = text === undefined ? [] : (JSON.parse(text) as RecordedProcess[]);
    await Promise.all(children.map(({ pid, start }) => endProcess(pid, start)));
    await rm(childrenFile(layout), { force: true });
}

function childrenFile(layout: LabLayout): string {
    return path.join(layout.harbor, "children.json");
}
