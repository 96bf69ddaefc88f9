import { statfsSync } from "node:fs";
import { codeOf, UserError } from "../lib/errors";

/** Bytes below which what goes wrong in a lab is put down to the disk. */
const leastSpace = 16 * 2 ** 20;

/** Whether so little space is left for what lies in the folder that programs fail of it. */
export function isDiskFull(folder: string): boolean {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < leastSpace;
}

const reasons: Readonly<Record<string, string>> = {
    ENOSPC: "no space is left on its disk",
    EDQUOT: "the disk quota is used up",
    EROFS: "it is on a read-only file system",
    EACCES: "it may not be written",
    EPERM: "it may not be written",
    ENOTDIR: "a file is in its way",
    EEXIST: "a file is in its way",
    ENOENT: "it cannot be made there",
};

/** Does work that writes below a folder; what the disk refuses is an error that names the folder. @throws UserError */
export async function onDisk<T>(folder: string, work: () => Promise<T>): Promise<T> {
    try {
        return await work();
    } catch (error) {
        const reason = isOfFileSystem(error) ? reasons[codeOf(error) ?? ""] : undefined;
        if (reason === undefined) throw error;
        throw new UserError(`the folder ${folder} cannot be used: ${reason}`, {
            next: [
                reason === reasons["ENOSPC"] || reason === reasons["EDQUOT"]
                    ? "free some space, then run the command again"
                    : "make it writable, then run the command again",
                "or set ANCHORAGE_HOME to a folder elsewhere",
            ],
            cause: error,
        });
    }
}

/** A program that is not there has the code ENOENT too; what comes from the file system names its call. */
function isOfFileSystem(error: unknown): boolean {
    return (
        error instanceof Error &&
        "syscall" in error &&
        typeof error.syscall === "string" &&
        !error.syscall.startsWith("spawn")
    );
}
