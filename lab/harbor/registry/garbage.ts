import { Content } from "../content";
import type { Core } from "../core";
import type { Row } from "../store/collection";
import type { StoredBlob } from "../store/records";
import type { Tables } from "../store/store";
import { forward } from "./proxy";

/**
 * A garbage collection: with `delete_untagged`, images that no tag keeps are removed first; then every manifest and blob
 * that no image of any project has, and that nobody has pushed or asked for within `time_window` hours, is taken out of
 * the bucket. Source: src/jobservice/job/impl/gc/garbage_collection.go.
 * @returns the job's log
 */
export async function collectGarbage(core: Core, parameters: Readonly<Record<string, unknown>>): Promise<string> {
    const { tables } = core;
    const content = new Content(tables);
    const isDry = parameters["dry_run"] === true;
    const hours = typeof parameters["time_window"] === "number" ? parameters["time_window"] : 2;
    const lines = [`Garbage Collection parameters: ${JSON.stringify(parameters)}`, "start to run gc in job."];
    const doomed = new Set<number>();
    if (parameters["delete_untagged"] === true) {
        for (const artifact of await tables.artifacts.all()) {
            if (await content.isNeeded(artifact)) continue;
            lines.push(`delete the untagged artifact: ${artifact.repository_name}@${artifact.digest}`);
            if (isDry) doomed.add(artifact.id);
            else await content.delete(artifact);
        }
    }
    const until = new Date(Date.now() - hours * 3_600_000).toISOString();
    const used = await usedDigests(tables, doomed);
    const candidates = (await tables.storedBlobs.all()).filter(
        ({ digest, update_time }) => !used.has(digest) && update_time <= until,
    );
    for (const { digest } of candidates) lines.push(`blob eligible for deletion: ${digest}`);
    const manifests = candidates.filter(({ repositories }) => repositories.length > 0).length;
    const counts = `${String(candidates.length - manifests)} blobs and ${String(manifests)} manifests`;
    lines.push(`${counts} eligible for deletion`);
    if (!isDry) for (const blob of candidates) await remove(core, blob);
    lines.push("success to run gc in job.");
    return `${lines.join("\n")}\n`;
}

/** What images of any project have, but for these images. */
async function usedDigests(tables: Tables, without: ReadonlySet<number>): Promise<ReadonlySet<string>> {
    const artifacts = await tables.artifacts.all();
    const left = artifacts.filter(({ id }) => !without.has(id));
    return new Set(left.flatMap(({ blobs, digest }) => [digest, ...blobs]));
}

async function remove(core: Core, { digest, id, repositories, update_time }: Row<StoredBlob>): Promise<void> {
    const { registry, tables } = core;
    // Whoever has pushed it or asked for it meanwhile relies on it.
    if ((await tables.storedBlobs.get(id))?.update_time !== update_time || registry === undefined) return;
    for (const repository of repositories) {
        const path = `/v2/${repository}/manifests/${digest}`;
        const answer = await forward(registry, { method: "DELETE", path, headers: {} });
        answer.resume(); // 404: the registry does not know it there any more
    }
    await registry.removeBlob(digest);
    for (const { id: row } of await tables.blobs.all({ digest })) await tables.blobs.delete(row);
    await tables.storedBlobs.delete(id);
}
