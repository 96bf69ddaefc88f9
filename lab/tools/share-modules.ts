import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { exec } from "../../lib/exec";
import { toolCatalogue } from "./catalogue";
import { edits, type Versions } from "./modules";

/**
 * `npm run pins`: gives all tools one version of each module that they have in common, the highest that one of them asks
 * for. Go compiles a package again for each version of its module, and two thirds of the packages are in several tools.
 */

/** What `go mod tidy` adds may ask for more. */
const mostRounds = 5;

async function main(): Promise<void> {
    for (let round = 1; round <= mostRounds; round += 1) {
        const wanted = await commonVersions();
        let changes = 0;
        for (const { name, folder } of toolCatalogue) {
            const changed = edits(await readFile(path.join(folder, "go.mod"), "utf8"), wanted);
            console.log(`${name}: ${String(changed.length)} modules in another version`);
            if (changed.length === 0) continue;
            changes += changed.length;
            await go(folder, "off", "mod", "edit", ...changed);
            await go(folder, "off", "mod", "tidy");
        }
        if (changes === 0) return;
    }
    throw new Error(`the tools' modules still differ after ${String(mostRounds)} rounds`);
}

/** What Go takes where it builds all of them as one workspace. */
async function commonVersions(): Promise<Versions> {
    const folder = await mkdtemp(path.join(tmpdir(), "anchorage-pins-"));
    try {
        const workspace = path.join(folder, "go.work");
        await go(folder, workspace, "work", "init", ...toolCatalogue.map((tool) => tool.folder));
        const form = "{{.Path}} {{with .Replace}}{{.Version}}{{else}}{{.Version}}{{end}}";
        const listed = await go(folder, workspace, "list", "-m", "-f", form, "all");
        return new Map(
            listed
                .split("\n")
                .map((line) => line.split(" "))
                .flatMap(([module, version]) => (module && version ? [[module, version]] : [])),
        );
    } finally {
        await rm(folder, { recursive: true });
    }
}

async function go(cwd: string, workspace: string, ...args: readonly string[]): Promise<string> {
    const env = { ...process.env, GOWORK: workspace, GOFLAGS: "" };
    return (await exec("go", args, { cwd, env })).stdout;
}

void main();
