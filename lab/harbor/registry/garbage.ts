import { Content } from "../content";
import type { Core } from "../core";

/**
 * A garbage collection as far as rows and quotas go: with `delete_untagged`, what no tag keeps is removed. The bucket
 * keeps its content: distribution frees that only while it is stopped.
 * @returns the job's log
 */
export async function collectGarbage({ tables }: Core, parameters: Readonly<Record<string, unknown>>): Promise<string> {
    const content = new Content(tables);
    const lines = ["start to run gc in job."];
    const isDry = parameters["dry_run"] === true;
    let removed = 0;
    if (parameters["delete_untagged"] === true) {
        for (const artifact of await tables.artifacts.all()) {
            if (await content.isNeeded(artifact)) continue;
            lines.push(`${isDry ? "would delete" : "delete"} ${artifact.repository_name}@${artifact.digest}`);
            removed += 1;
            if (!isDry) await content.delete(artifact);
        }
    }
    lines.push(`${String(removed)} manifests`, "success to run gc in job.");
    return `${lines.join("\n")}\n`;
}
