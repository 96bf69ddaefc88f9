import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { cacheHome } from "../../lib/home";

/** A helm that is on this machine: given by `ANCHORAGE_TOOL_HELM`, the lab's, or on PATH; undefined where there is none. */
export function helmBinary(): string | undefined {
    const given = process.env["ANCHORAGE_TOOL_HELM"];
    if (given !== undefined) return given;
    const cache = path.join(cacheHome(), "tools", "helm");
    const ofTheLab = existsSync(cache) ? readdirSync(cache).map((version) => path.join(cache, version)) : [];
    const onPath = (process.env["PATH"] ?? "").split(path.delimiter);
    return [...ofTheLab, ...onPath].map((folder) => path.join(folder, "helm")).find((file) => existsSync(file));
}
