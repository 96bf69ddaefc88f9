import {
    decodedRelease,
    encodedRelease,
    helmRevisions,
    revisionNumber,
    type HelmRevision,
    type RevisionObjects,
} from "../helm-records";

/**
 * Marks a release's last revision that a killed Helm left pending as failed: Helm refuses to work on a pending one, and goes
 * on from a failed one. Whoever calls it knows that no Helm is at work.
 * @returns the state it was left in; undefined: none is pending
 */
export async function endPendingRelease(objects: RevisionObjects, release: string): Promise<string | undefined> {
    const last = await lastRevision(objects, release);
    const status = last?.metadata.labels["status"];
    if (last === undefined || status?.startsWith("pending-") !== true) return undefined;
    await mark(objects, last, "failed", "interrupted, and taken over by Anchorage");
    return `${status} (revision ${String(revisionNumber(last))})`;
}

/**
 * Marks a last revision that failed as deployed. Helm compares with the last revision that is deployed: what the failed one
 * added (a node selector, a variable, an object) is in neither that one nor the new one, so it would stay for ever
 * (helm, pkg/action/upgrade.go, prepareUpgrade). `helm rollback` compares with the failed one, too.
 * @returns its number; undefined: the last one did not fail, or there is none
 */
export async function takeFailedForDeployed(objects: RevisionObjects, release: string): Promise<number | undefined> {
    const last = await lastRevision(objects, release);
    if (last?.metadata.labels["status"] !== "failed") return undefined;
    await mark(objects, last, "deployed", "failed; marked by Anchorage, so that the next one removes what it added");
    return revisionNumber(last);
}

/** Whether any of its revisions ever came up. */
export async function wasDeployed(objects: RevisionObjects, release: string): Promise<boolean> {
    const statuses = (await helmRevisions(objects, release)).map(({ metadata }) => metadata.labels["status"]);
    return statuses.some((status) => status === "deployed" || status === "superseded");
}

async function lastRevision(objects: RevisionObjects, release: string): Promise<HelmRevision | undefined> {
    return (await helmRevisions(objects, release)).at(-1);
}

async function mark(
    objects: RevisionObjects,
    revision: HelmRevision,
    status: string,
    description: string,
): Promise<void> {
    const marked = {
        ...revision,
        metadata: { ...revision.metadata, labels: { ...revision.metadata.labels, status } },
        data: { release: withStatus(revision.data["release"] ?? "", status, description) },
    };
    // By standard input: a release holds values.
    await objects.kubectl(`mark Helm's release as ${status}`, ["replace", "-f", "-"], JSON.stringify(marked));
}

/** Pure. */
function withStatus(data: string, status: string, description: string): string {
    const record = decodedRelease(data) as { readonly info?: object };
    return encodedRelease({ ...record, info: { ...record.info, status, description } });
}
