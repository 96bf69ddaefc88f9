import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { isRunning, isSameProcess, processStart } from "../lib/processes";
import { codeOf } from "../lib/errors";
import { readFileIfPresent, writeFileAtomic } from "../lib/files";
import { waitFor } from "../lib/wait";
import type { LabLayout } from "./layout";

/** A process that this program started and did not wait for. */
export interface RecordedProcess {
    readonly pid: number;
    /** As the operating system tells it: the number alone may go to another one. */
    readonly start: string | undefined;
}

export async function recordProcess(file: string, pid: number): Promise<void> {
    const recorded: RecordedProcess = { pid, start: processStart(pid) };
    await writeFileAtomic(file, JSON.stringify(recorded));
}

/** The process on record, where it runs. */
export async function runningProcess(file: string): Promise<RecordedProcess | undefined> {
    const text = await readFileIfPresent(file);
    const recorded = text === undefined ? undefined : (JSON.parse(text) as RecordedProcess);
    return recorded && isSameProcess(recorded.pid, recorded.start) ? recorded : undefined;
}

/** The number in a pid file, or undefined where there is none. */
export function readPid(file: string): number | undefined {
    try {
        const pid = Number(readFileSync(file, "utf8").trim());
        return Number.isInteger(pid) && pid > 0 ? pid : undefined;
    } catch (error) {
        if (codeOf(error) === "ENOENT") return undefined;
        throw error;
    }
}

/**
 * Whether that process lives and is the one that is meant: its command line names `mark`. A number alone
 * may have gone to another process since, as after a restart of the machine.
 */
export function isProcessOf(pid: number, mark: string): boolean {
    if (!isRunning(pid)) return false;
    try {
        return readFileSync(`/proc/${String(pid)}/cmdline`, "utf8").includes(mark);
    } catch {
        return true; // no /proc on this system: the number has to do
    }
}

/** Resident memory of a process in bytes; undefined where the system does not tell. */
export function residentMemory(pid: number): number | undefined {
    try {
        const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${String(pid)}/status`, "utf8"))?.[1];
        return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
    } catch {
        return undefined; // gone meanwhile, or no /proc
    }
}

/** Resident memory of a process and of all that it has started, in bytes; undefined where the system does not tell. */
export function residentMemoryOfTree(root: number): number | undefined {
    const children = new Map<number, number[]>();
    for (const pid of runningPids()) {
        const parent = parentOf(pid);
        if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
    }
    const tree = [root];
    for (const pid of tree) tree.push(...(children.get(pid) ?? []));
    const [own, ...others] = tree.map(residentMemory);
    return own === undefined ? undefined : others.reduce<number>((sum, memory) => sum + (memory ?? 0), own);
}

function parentOf(pid: number): number | undefined {
    try {
        const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${String(pid)}/status`, "utf8"))?.[1];
        return parent === undefined ? undefined : Number(parent);
    } catch {
        return undefined; // ended meanwhile
    }
}

/** Ends a process: SIGTERM, SIGKILL after 5 s. Returns when it is gone. */
export async function endProcess(pid: number, start: string | undefined): Promise<void> {
    const gone = (): true | undefined => (isSameProcess(pid, start) ? undefined : true);
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
        if (gone()) return;
        try {
            process.kill(pid, signal);
        } catch (error) {
            if (codeOf(error) === "ESRCH") return;
            throw error;
        }
        const ended = await waitFor(gone, {
            what: `process ${String(pid)} to end`,
            timeoutMs: 5_000,
            intervalMs: 20,
        }).catch(() => undefined);
        if (ended) return;
    }
}

/**
 * Ends what runs of a lab without being on its record: kwokctl on its configuration, and programs from its own
 * folder of binaries. Finds them by their command lines, where the system shows these (/proc).
 */
export async function endStrayProcesses(layout: LabLayout): Promise<void> {
    const binaries = `${path.join(layout.cluster, "bin")}${path.sep}`;
    const isOurs = ([program = "", ...args]: readonly string[]): boolean =>
        program.startsWith(binaries) ||
        (path.basename(program) === "kwokctl" && args.includes(layout.kwokConfiguration));
    await endThose(isOurs);
    await endProgramsOf(layout.velero);
}

/** Ends the programs that were started from a folder, under the names that they have there. */
export async function endProgramsOf(folder: string): Promise<void> {
    await endThose(([program = ""]) => program.startsWith(`${folder}${path.sep}`));
}

async function endThose(isMeant: (command: readonly string[]) => boolean): Promise<void> {
    const found = runningPids().filter((pid) => isMeant(commandLine(pid)));
    await Promise.all(found.map((pid) => endProcess(pid, processStart(pid))));
}

function runningPids(): number[] {
    try {
        return readdirSync("/proc").map(Number).filter(Number.isInteger);
    } catch (error) {
        if (codeOf(error) === "ENOENT") return []; // no /proc on this system
        throw error;
    }
}

function commandLine(pid: number): string[] {
    try {
        return readFileSync(`/proc/${String(pid)}/cmdline`, "utf8").split("\0");
    } catch {
        return []; // ended meanwhile, or another user's
    }
}
