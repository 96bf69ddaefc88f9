import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { access, chmod, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { codeOf } from "../../lib/errors";
import { readFileIfPresent, writeFileAtomic } from "../../lib/files";

/**
 * The cache: `<cache>/<tool>/<key>/` holds a tool's binaries and the list of them, `tool.json`. A folder gets
 * that name in one rename, with everything in it already on the disk, so it is there as a whole or not at all.
 */

const manifestName = "tool.json";
const partialPrefix = ".partial-";

/** `tool.json`: what the folder holds and where that is from. */
export interface Manifest {
    readonly source: "release" | "build";
    /** Bytes by binary. A file of another size was cut or replaced and is not used. */
    readonly sizes: Readonly<Record<string, number>>;
}

/** Whether the folder holds all these binaries as they were installed. */
export async function isInstalled(folder: string, binaries: readonly string[]): Promise<boolean> {
    const text = await readFileIfPresent(path.join(folder, manifestName));
    if (text === undefined) return false;
    const sizes = parseManifest(text)?.sizes ?? {};
    const whole = await Promise.all(
        binaries.map(async (name) => {
            const size = await sizeOfExecutable(path.join(folder, name));
            return size !== undefined && size === sizes[name];
        }),
    );
    return whole.every(Boolean);
}

function parseManifest(text: string): Partial<Manifest> | undefined {
    try {
        return JSON.parse(text) as Partial<Manifest>;
    } catch (error) {
        if (error instanceof SyntaxError) return undefined; // written by us in one piece, so: damaged since
        throw error;
    }
}

/** Bytes of a file that may be run, undefined where there is none. */
async function sizeOfExecutable(file: string): Promise<number | undefined> {
    try {
        await access(file, constants.X_OK);
        const found = await stat(file);
        return found.isFile() ? found.size : undefined;
    } catch (error) {
        const code = codeOf(error);
        if (code === "ENOENT" || code === "EACCES" || code === "ENOTDIR") return undefined;
        throw error;
    }
}

/** A new empty folder beside the final ones, for {@link install}. */
export async function makePartial(toolFolder: string): Promise<string> {
    const folder = path.join(toolFolder, `${partialPrefix}${String(process.pid)}-${randomBytes(4).toString("hex")}`);
    await mkdir(folder, { recursive: true });
    return folder;
}

/**
 * Removes what ended processes left. Only for the holder of the tool's lock: whoever made a partial folder
 * held that lock, so it is dead.
 */
export async function removePartials(toolFolder: string): Promise<void> {
    await mkdir(toolFolder, { recursive: true });
    const names = await readdir(toolFolder);
    await Promise.all(
        names
            .filter((name) => name.startsWith(partialPrefix))
            .map((name) => rm(path.join(toolFolder, name), { recursive: true, force: true, maxRetries: 10 })),
    );
}

/** Makes the partial folder, which holds exactly these binaries, the final one. */
export async function install(
    partial: string,
    folder: string,
    binaries: readonly string[],
    source: Manifest["source"],
): Promise<void> {
    const sizes: Record<string, number> = {};
    for (const name of binaries) {
        const file = path.join(partial, name);
        await chmod(file, 0o755);
        sizes[name] = await flush(file);
    }
    const manifest: Manifest = { source, sizes };
    await writeFileAtomic(path.join(partial, manifestName), `${JSON.stringify(manifest, undefined, 2)}\n`);
    // A damaged folder of that name is moved away first; a program that runs from it keeps its files.
    const away = path.join(path.dirname(folder), `${partialPrefix}away-${randomBytes(4).toString("hex")}`);
    try {
        await rename(folder, away);
    } catch (error) {
        if (codeOf(error) !== "ENOENT") throw error;
    }
    await rename(partial, folder);
    await rm(away, { recursive: true, force: true });
}

/** Brings a file's content to the disk, so that a power cut after the rename cannot empty it; its size. */
async function flush(file: string): Promise<number> {
    const handle = await open(file, "r");
    try {
        await handle.sync();
        return (await handle.stat()).size;
    } finally {
        await handle.close();
    }
}
