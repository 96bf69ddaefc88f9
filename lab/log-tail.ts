import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { codeOf } from "../lib/errors";

/** The last lines of a log, at most `lines`; read from the end, since a log may be large. */
export function logTail(file: string, lines = 8): string[] {
    let descriptor: number;
    try {
        descriptor = openSync(file, "r");
    } catch (error) {
        if (codeOf(error) === "ENOENT") return [];
        throw error;
    }
    try {
        const { size } = fstatSync(descriptor);
        const buffer = Buffer.alloc(Math.min(size, 16 * 1024));
        readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
        return buffer
            .toString("utf8")
            .split("\n")
            .filter((line) => line.trim() !== "")
            .slice(-lines);
    } finally {
        closeSync(descriptor);
    }
}
