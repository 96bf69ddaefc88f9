import { readFileSync } from "node:fs";
import { isRunning, isSameProcess } from "../lib/processes";
import { codeOf } from "../lib/errors";
import { waitFor } from "../lib/wait";

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
