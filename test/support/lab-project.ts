import { mkdtemp, readdir, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { projectRoot } from "../../lib/home";

/** A folder that is this project but for its stacks' files: a test writes its own. @param what as a part of its name */
export async function labProject(what: string): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), `anchorage-${what}-`));
    for (const entry of await readdir(projectRoot)) {
        if (/^Pulumi\..+\.yaml$/.test(entry) || entry.startsWith(".")) continue;
        await symlink(path.join(projectRoot, entry), path.join(folder, entry));
    }
    return folder;
}

/** Pulumi.<name>.yaml of a stack with backups on the lab of that name. @param harbor YAML of the setting @param more lines */
export function settingsWithBackup(name: string, harbor: string, more = ""): string {
    return `config:
  anchorage:cluster: { kind: lab, name: ${name} }
  anchorage:charts: { source: contract }
  anchorage:storage: { kind: s3, bucket: harbor-registry, forceDestroy: true }
  anchorage:harbor: ${harbor}
  anchorage:backup: { kind: velero, location: { kind: s3, bucket: velero, forceDestroy: true }, validationFrequency: 5s }
${more}`;
}
