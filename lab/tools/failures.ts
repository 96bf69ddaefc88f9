import { codeOf, messageOf, UserError } from "../../lib/errors";

/** Names of the variables that steer the resolver; docs/lab-tools.md explains them. */
export const releasesVariable = "ANCHORAGE_RELEASES";

/** ANCHORAGE_TOOL_KUBE_APISERVER for kube-apiserver. */
export function givenVariable(binary: string): string {
    return `ANCHORAGE_TOOL_${binary.toUpperCase().replaceAll("-", "_")}`;
}

const unwritable = new Set(["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST", "ENOENT"]);

/**
 * Runs what writes into the cache, and tells a full disk and an unwritable folder in the user's words.
 * Every other error passes as it is.
 */
export async function inCache<T>(folder: string, work: () => Promise<T>): Promise<T> {
    try {
        return await work();
    } catch (error) {
        const code = codeOf(error);
        if (code === "ENOSPC" || code === "EDQUOT") throw diskFull(folder, messageOf(error), error);
        // A system error carries the name of the call; an ENOENT of a program (ExecFailure) does not.
        if (code !== undefined && unwritable.has(code) && error instanceof Error && "syscall" in error) {
            throw new UserError(`the cache folder ${folder} cannot be written: ${messageOf(error)}`, {
                next: ["make the folder writable, or set ANCHORAGE_CACHE to a folder that is"],
                cause: error,
            });
        }
        throw error;
    }
}

export function diskFull(folder: string, detail: string, cause: unknown): UserError {
    return new UserError(`no space left for the lab's binaries in ${folder}`, {
        details: [detail],
        next: [
            "free some space (all binaries take 0.6 GB, Go's own caches up to 12 GB while building)",
            "or set ANCHORAGE_CACHE to a folder on another disk (and GOCACHE, GOTMPDIR for the build)",
        ],
        cause,
    });
}
