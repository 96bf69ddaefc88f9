import { readFileSync } from "node:fs";
import { codeOf } from "./errors";

/** Whether a process with this number exists (a zombie does not count). */
export function isRunning(pid: number): boolean {
    try {
        process.kill(pid, 0);
    } catch (error) {
        return codeOf(error) === "EPERM";
    }
    return statFields(pid)?.state !== "Z";
}

/**
 * When a process began, as an opaque text that differs between two processes that had the same number
 * one after the other. Undefined where the system does not tell (only Linux's /proc does).
 */
export function processStart(pid: number): string | undefined {
    return statFields(pid)?.start;
}

/** Whether the process of that number is still the one that began at `start`. */
export function isSameProcess(pid: number, start: string | undefined): boolean {
    return isRunning(pid) && (start === undefined || processStart(pid) === start);
}

function statFields(pid: number): { state: string; start: string } | undefined {
    let text: string;
    try {
        text = readFileSync(`/proc/${String(pid)}/stat`, "utf8");
    } catch {
        return undefined; // no such process, or no /proc on this system
    }
    // proc(5): the second field may hold spaces and parentheses; the rest begins after the last ")".
    const rest = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const [state, start] = [rest[0], rest[19]];
    return state === undefined || start === undefined ? undefined : { state, start };
}
