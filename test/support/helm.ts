import { existsSync } from "node:fs";
import path from "node:path";

/** The helm that tests run: `ANCHORAGE_HELM`, or the first on PATH; undefined where there is none. */
export function helmBinary(): string | undefined {
    const given = process.env["ANCHORAGE_HELM"];
    if (given !== undefined) return given;
    const folders = (process.env["PATH"] ?? "").split(path.delimiter);
    return folders.map((folder) => path.join(folder, "helm")).find((file) => existsSync(file));
}
