import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { readFileIfPresent, writeFileAtomic } from "../lib/files";
import { projectRoot } from "../lib/home";
import { withLock } from "../lib/lock";
import { requireIdentity } from "./identity";
import { labLayout, type LabLayout } from "./layout";
import { endProcess, endProgramsOf, recordProcess, runningProcess, type RecordedProcess } from "./process-record";
import type { LabVeleroSettings } from "./velero/serve";

/**
 * What plays the kubelet for Velero in a lab: one process, which starts the real server while its Deployment is Ready. A lab
 * has it from the first stack with backup on.
 */

export interface VeleroBinaries {
    readonly velero: string;
    readonly "velero-plugin-for-aws": string;
}

/** The paths by name, from what the resolver found. */
export function veleroBinaries(resolved: readonly { readonly name: string; readonly file: string }[]): VeleroBinaries {
    const fileOf = (name: string): string => {
        const found = resolved.find((binary) => binary.name === name);
        if (found === undefined) throw new Error(`${name} was not resolved`);
        return found.file;
    };
    return { velero: fileOf("velero"), "velero-plugin-for-aws": fileOf("velero-plugin-for-aws") };
}

/**
 * Gives a lab Velero, and starts it in one that runs. Does nothing where it has the same already.
 * @throws UserError where there is no such lab
 */
export async function addVelero(name: string, binaries: VeleroBinaries, signal?: AbortSignal): Promise<void> {
    const layout = labLayout(name);
    await requireIdentity(name, layout);
    const settings: LabVeleroSettings = {
        kubeconfig: layout.kubeconfig,
        folder: layout.velero,
        children: childrenFile(layout),
        velero: binaries.velero,
        plugin: binaries["velero-plugin-for-aws"],
    };
    const text = JSON.stringify(settings);
    await withLock(layout.lock, { purpose: `Velero for lab ${name}`, waitMs: 5 * 60_000, signal }, async () => {
        if ((await readFileIfPresent(settingsFile(layout))) !== text) {
            await stopVelero(layout);
            await mkdir(layout.velero, { recursive: true });
            await writeFileAtomic(settingsFile(layout), text);
        }
        await startVelero(layout);
    });
}

/** Whether the lab has one, running or not. */
export async function hasVelero(layout: LabLayout): Promise<boolean> {
    return (await readFileIfPresent(settingsFile(layout))) !== undefined;
}

/** Starts it unless it runs, or the lab has none; does not wait for the server. */
export async function startVelero(layout: LabLayout): Promise<void> {
    if (!(await hasVelero(layout)) || (await runningVelero(layout))) return;
    await endChildren(layout);
    const log = openSync(layout.veleroLog, "a");
    const main = path.join(projectRoot, "lab", "velero", "main.ts");
    const loader = path.join(projectRoot, "bin", "typescript.js");
    const child = spawn(process.execPath, ["-r", loader, main, settingsFile(layout)], {
        detached: true,
        stdio: ["ignore", log, log],
        cwd: projectRoot,
    });
    closeSync(log);
    // What goes wrong is seen as a crash, with the end of its log.
    child.once("error", () => undefined);
    child.unref();
    if (child.pid !== undefined) await recordProcess(layout.veleroProcess, child.pid);
}

/** The process that runs, or undefined. */
export function runningVelero(layout: LabLayout): Promise<RecordedProcess | undefined> {
    return runningProcess(layout.veleroProcess);
}

export async function stopVelero(layout: LabLayout): Promise<void> {
    const running = await runningVelero(layout);
    if (running) await endProcess(running.pid, running.start);
    await endChildren(layout);
    await rm(layout.veleroProcess, { force: true });
}

/** The server outlives the one that started it where that was killed, and its plug-ins outlive the server. */
async function endChildren(layout: LabLayout): Promise<void> {
    const text = await readFileIfPresent(childrenFile(layout));
    const children = text === undefined ? [] : (JSON.parse(text) as RecordedProcess[]);
    await Promise.all(children.map(({ pid, start }) => endProcess(pid, start)));
    await endProgramsOf(layout.velero);
    await rm(childrenFile(layout), { force: true });
}

const settingsFile = (layout: LabLayout): string => path.join(layout.velero, "settings.json");
const childrenFile = (layout: LabLayout): string => path.join(layout.velero, "children.json");
