import { mkdir, readdir, rm } from "node:fs/promises";
import { codeOf } from "../lib/errors";
import type { Exec } from "../lib/exec";
import { readFileIfPresent, writeFileAtomic } from "../lib/files";
import { anchorageHome, type LabEndpoints } from "../lib/home";
import { withLock } from "../lib/lock";
import { freePort } from "../lib/ports";
import path from "node:path";
import type { LabBinaries } from "./binaries";
import {
    contextName,
    hasCluster,
    prepareCluster,
    startCluster,
    stopCluster,
    writeWanted,
    type Cluster,
} from "./cluster";
import { isClusterRunning } from "./components";
import { onDisk } from "./disk";
import { harborUrl, removeHarborData, runningHarbor, startHarbor, stopHarbor } from "./harbor-process";
import { createIdentity, readIdentity, requireIdentity, requireName, type LabIdentity } from "./identity";
import { labLayout, type LabLayout } from "./layout";
import { runningStore, s3Endpoint, s3Region, startObjectStore, stopObjectStore } from "./object-store";
import { endStrayProcesses } from "./process-record";
import { startPurpose } from "./status";
import { hasVelero, runningVelero, startVelero, stopVelero } from "./velero-process";

/** Simulated nodes of a new lab: one in each zone. */
export const defaultNodes = 3;

export interface StartLabOptions {
    /** A DNS label; also the name of kwokctl's cluster. */
    readonly name: string;
    readonly binaries: LabBinaries;
    readonly exec: Exec;
    /** Of a new lab, or to add nodes to one. @default 3 */
    readonly nodes?: number;
    readonly onProgress?: (detail: string) => void;
    readonly signal?: AbortSignal;
}

export interface StartedLab {
    readonly endpoints: LabEndpoints;
    /** Whether all of it ran already, and nothing was done. */
    readonly alreadyRunning: boolean;
}

/**
 * Starts a lab, makes it where there is none, mends what of it does not run; a lab that runs is left as it is.
 * @throws UserError for a bad name, a lab of another format, a port in use, a part that does not start
 */
export async function startLab(options: StartLabOptions): Promise<StartedLab> {
    const { name, onProgress, signal } = options;
    requireName(name);
    const layout = labLayout(name);
    const lock = {
        purpose: startPurpose(name),
        waitMs: 5 * 60_000,
        signal,
        onWait: () => onProgress?.("another command is starting it"),
    };
    const start = async (): Promise<StartedLab> => {
        const known = await readIdentity(name, layout);
        await mkdir(layout.folder, { recursive: true });
        const nodes = Math.max(options.nodes ?? known?.nodes ?? defaultNodes, known?.nodes ?? 0);
        if (known?.nodes === nodes && (await isRunning(options, layout)))
            return { endpoints: await writeEndpoints(options, layout, known), alreadyRunning: true };
        const made = known ? { ...known, nodes } : await createIdentity(layout, nodes, await freePort());
        const identity = await withHarbor(options, made);
        await startParts(options, layout, identity);
        await writeFileAtomic(layout.identity, JSON.stringify(identity, undefined, 2), 0o600);
        return { endpoints: await writeEndpoints(options, layout, identity), alreadyRunning: false };
    };
    return onDisk(layout.folder, () => withLock(layout.lock, lock, start));
}

async function startParts(options: StartLabOptions, layout: LabLayout, identity: LabIdentity): Promise<void> {
    const { name, binaries, exec, onProgress } = options;
    // The first part that fails stops the wait for the other; what runs by then is mended or ended by the next command.
    const stop = new AbortController();
    const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
    const cluster: Cluster = { name, layout, binaries, exec, signal };
    await writeWanted(layout, "running");
    onProgress?.("starting the API server and S3");
    const store = startObjectStore(name, binaries.versitygw, layout, identity, { signal });
    const controlPlane = async (): Promise<void> => {
        const restarted = await startCluster(cluster);
        onProgress?.(`${String(identity.nodes)} nodes, storage class, stages`);
        await prepareCluster(cluster, identity, restarted);
        await startVelero(layout);
    };
    const { registry } = binaries;
    const harbor = registry === undefined ? Promise.resolve() : startHarbor(registry, layout, identity);
    const parts = [store, harbor, controlPlane()].map((part) =>
        part.catch((error: unknown) => {
            stop.abort(error);
            throw error;
        }),
    );
    // All have come to an end before this does: nothing goes on behind the back of the next command.
    await Promise.allSettled(parts);
    options.signal?.throwIfAborted();
    await Promise.all(parts);
}

export interface LabDoors {
    readonly name: string;
    /** A function is called only where there is a cluster to end: to make the binaries may take minutes. */
    readonly binaries: LabBinaries | (() => Promise<LabBinaries>);
    readonly exec: Exec;
}

/** Ends the lab's processes, exactly these. Its data is kept. */
export async function stopLab({ name, binaries, exec }: LabDoors): Promise<void> {
    requireName(name);
    const layout = labLayout(name);
    await requireIdentity(name, layout);
    await onDisk(layout.folder, () =>
        withLock(layout.lock, { purpose: `lab stop of ${name}`, waitMs: 60_000 }, () =>
            stopParts({ name, binaries, exec }, layout),
        ),
    );
}

/** Ends the lab's processes and deletes everything in it; a lab of another format too. Does nothing where there is none. */
export async function resetLab({ name, binaries, exec }: LabDoors): Promise<void> {
    requireName(name);
    const layout = labLayout(name);
    const reset = async (): Promise<void> => {
        await stopParts({ name, binaries, exec }, layout);
        await removeHarborData(layout);
        await rm(layout.folder, { recursive: true, force: true, maxRetries: 3 });
    };
    await onDisk(layout.folder, () =>
        withLock(layout.lock, { purpose: `lab reset of ${name}`, waitMs: 60_000 }, reset),
    );
}

async function stopParts({ name, binaries, exec }: LabDoors, layout: LabLayout): Promise<void> {
    if ((await readFileIfPresent(path.join(layout.folder, "wanted"))) !== undefined)
        await writeWanted(layout, "stopped");
    const stopControlPlane = async (): Promise<void> => {
        if (!hasCluster(layout)) return;
        const resolved = typeof binaries === "function" ? await binaries() : binaries;
        await stopCluster({ name, layout, binaries: resolved, exec });
    };
    await Promise.all([stopHarbor(layout), stopVelero(layout), stopObjectStore(layout), stopControlPlane()]);
    await endStrayProcesses(layout);
}

/** Names of the labs that there are, sorted. */
export async function listLabs(): Promise<string[]> {
    try {
        const entries = await readdir(path.join(anchorageHome(), "labs"), { withFileTypes: true });
        return entries
            .filter((entry) => entry.isDirectory())
            .map((entry) => entry.name)
            .sort();
    } catch (error) {
        if (codeOf(error) === "ENOENT") return [];
        throw error;
    }
}

/** With the registry's program, a lab also has a Harbor: its port is chosen once. */
async function withHarbor({ binaries }: StartLabOptions, identity: LabIdentity): Promise<LabIdentity> {
    if (binaries.registry === undefined || identity.harbor !== undefined) return identity;
    let port = await freePort();
    while (port === identity.s3.port) port = await freePort();
    return { ...identity, harbor: { port } };
}

async function isRunning({ binaries }: StartLabOptions, layout: LabLayout): Promise<boolean> {
    const harborRuns = binaries.registry === undefined || (await runningHarbor(layout)) !== undefined;
    const veleroRuns = !(await hasVelero(layout)) || (await runningVelero(layout)) !== undefined;
    return harborRuns && veleroRuns && isClusterRunning(layout) && (await runningStore(layout)) !== undefined;
}

/** An older version of this program may have written others. */
async function writeEndpoints(
    { name, binaries }: StartLabOptions,
    layout: LabLayout,
    identity: LabIdentity,
): Promise<LabEndpoints> {
    const harbor = harborUrl(identity);
    const endpoints: LabEndpoints = {
        name,
        id: identity.id,
        kubeconfig: layout.kubeconfig,
        context: contextName(name),
        s3: {
            endpoint: s3Endpoint(identity),
            region: s3Region,
            accessKey: identity.s3.accessKey,
            secretKey: identity.s3.secretKey,
        },
        tools: { kubectl: binaries.kubectl, helm: binaries.helm },
        charts: layout.charts,
        ...(harbor === undefined ? {} : { harbor: { url: harbor } }),
    };
    const text = JSON.stringify(endpoints, undefined, 2);
    if ((await readFileIfPresent(layout.endpoints)) !== text) await writeFileAtomic(layout.endpoints, text, 0o600);
    return endpoints;
}
