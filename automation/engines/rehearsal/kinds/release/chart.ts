import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { object, text, type Values } from "../../values";

/** The chart as helm is to be given it: an absolute path where it lies on this machine, else as it is written. */
export function chartPath(inputs: Values, projectRoot: string): string {
    const chart = text(inputs, "chart") ?? "";
    if (text(object(inputs, "repositoryOpts"), "repo") !== undefined || /^[a-z]+:\/\//.test(chart)) return chart;
    const local = path.resolve(projectRoot, chart);
    return existsSync(local) ? local : chart;
}

/** SHA-256 of the files of a chart on this machine: a changed chart is seen whatever its version says. */
export async function chartDigest(inputs: Values, projectRoot: string): Promise<string | undefined> {
    const chart = chartPath(inputs, projectRoot);
    if (!path.isAbsolute(chart)) return undefined;
    const hash = createHash("sha256");
    const isFolder = (await stat(chart)).isDirectory();
    const files = isFolder ? await readdir(chart, { recursive: true, withFileTypes: true }) : [];
    const names = isFolder
        ? files.filter((file) => file.isFile()).map((file) => path.join(file.parentPath, file.name))
        : [chart];
    for (const name of names.sort()) {
        hash.update(path.relative(chart, name))
            .update("\0")
            .update(await readFile(name))
            .update("\0");
    }
    return hash.digest("hex");
}
