import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { readFileIfPresent, writeFileAtomic } from "../lib/files";
import { withLock } from "../lib/lock";

/**
 * Has a chart made of these files in that folder. One that is there already is left as it is, unless any of its files has
 * changed. Whoever reads it meanwhile has the old one's files open.
 *
 * @param files texts by their paths in the chart
 * @param folder absolute path
 */
export async function placeChart(
    files: ReadonlyMap<string, string>,
    folder: string,
    signal?: AbortSignal,
): Promise<void> {
    await mkdir(path.dirname(folder), { recursive: true });
    const lock = { purpose: `making of the chart ${path.basename(folder)}`, waitMs: 60_000, signal };
    await withLock(`${folder}.lock`, lock, () => place(files, folder));
}

/** Beside the folder, and written last: a chart that it tells of is whole. */
const digestOf = (folder: string): string => `${folder}.sha256`;

async function place(files: ReadonlyMap<string, string>, folder: string): Promise<void> {
    const digest = createHash("sha256")
        .update(JSON.stringify([...files]))
        .digest("hex");
    if (existsSync(folder) && (await readFileIfPresent(digestOf(folder))) === digest) return;
    const partial = `${folder}.${randomBytes(4).toString("hex")}.partial`;
    try {
        for (const [name, text] of files) {
            const file = path.join(partial, name);
            await mkdir(path.dirname(file), { recursive: true });
            await writeFile(file, text);
        }
        await rm(digestOf(folder), { force: true });
        await rm(folder, { recursive: true, force: true });
        await rename(partial, folder);
    } finally {
        await rm(partial, { recursive: true, force: true });
    }
    await writeFileAtomic(digestOf(folder), digest);
}
