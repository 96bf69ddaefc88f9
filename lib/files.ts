import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { codeOf } from "./errors";

/**
 * Writes a file so that a reader sees the old content or the new, never a part: a temporary file
 * beside it, flushed to disk, then renamed over it.
 */
export async function writeFileAtomic(file: string, content: string, mode = 0o644): Promise<void> {
    await mkdir(path.dirname(file), { recursive: true });
    const temporary = `${file}.${randomBytes(6).toString("hex")}.tmp`;
    const handle = await open(temporary, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, mode);
    try {
        await handle.writeFile(content);
        await handle.sync();
    } catch (error) {
        await handle.close();
        await rm(temporary, { force: true });
        throw error;
    }
    await handle.close();
    await rename(temporary, file);
}

/** A file's text, or undefined where there is no such file. */
export async function readFileIfPresent(file: string): Promise<string | undefined> {
    try {
        return await readFile(file, "utf8");
    } catch (error) {
        if (codeOf(error) === "ENOENT") return undefined;
        throw error;
    }
}
