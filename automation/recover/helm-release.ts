import { gunzipSync, gzipSync } from "node:zlib";

/** kubectl in the release's namespace. @param what as in "cannot ..." */
export interface ReleaseObjects {
    kubectl(what: string, args: readonly string[], input?: string): Promise<string>;
}

interface ReleaseSecret {
    readonly metadata: {
        readonly name: string;
        readonly labels: Readonly<Record<string, string>>;
    };
    readonly data: Readonly<Record<string, string>>;
}

/**
 * Marks a release's last revision that a killed Helm left pending as failed: Helm refuses to work on a pending one, and goes
 * on from a failed one. Whoever calls it knows that no Helm is at work.
 * @returns the state it was left in; undefined: none is pending
 */
export async function endPendingRelease(objects: ReleaseObjects, release: string): Promise<string | undefined> {
    const last = await lastRevision(objects, release);
    const status = last?.metadata.labels["status"];
    if (last === undefined || status?.startsWith("pending-") !== true) return undefined;
    await mark(objects, last, "failed", "interrupted, and taken over by Anchorage");
    return `${status} (revision ${String(revisionOf(last))})`;
}

/**
 * Marks a last revision that failed as deployed. Helm compares with the last revision that is deployed: what the failed one
 * added (a node selector, a variable, an object) is in neither that one nor the new one, so it would stay for ever
 * (helm, pkg/action/upgrade.go, prepareUpgrade). `helm rollback` compares with the failed one, too.
 * @returns its number; undefined: the last one did not fail, or there is none
 */
export async function takeFailedForDeployed(objects: ReleaseObjects, release: string): Promise<number | undefined> {
    const last = await lastRevision(objects, release);
    if (last?.metadata.labels["status"] !== "failed") return undefined;
    await mark(objects, last, "deployed", "failed; marked by Anchorage, so that the next one removes what it added");
    return revisionOf(last);
}

/** Whether any of its revisions ever came up. */
export async function wasDeployed(objects: ReleaseObjects, release: string): Promise<boolean> {
    const statuses = (await revisions(objects, release)).map(({ metadata }) => metadata.labels["status"]);
    return statuses.some((status) => status === "deployed" || status === "superseded");
}

async function lastRevision(objects: ReleaseObjects, release: string): Promise<ReleaseSecret | undefined> {
    return [...(await revisions(objects, release))].sort((one, other) => revisionOf(one) - revisionOf(other)).at(-1);
}

async function revisions(objects: ReleaseObjects, release: string): Promise<readonly ReleaseSecret[]> {
    const args = ["get", "secrets", "-l", `owner=helm,name=${release}`, "-o", "json"];
    const text = await objects.kubectl("read Helm's records", args);
    return (JSON.parse(text) as { readonly items: readonly ReleaseSecret[] }).items;
}

function revisionOf({ metadata }: ReleaseSecret): number {
    return Number(metadata.labels["version"]);
}

async function mark(
    objects: ReleaseObjects,
    revision: ReleaseSecret,
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

/** Helm's own encoding inside of the Secret's: base64 of the gzip of JSON (helm, pkg/storage/driver/util.go). Pure. */
function withStatus(data: string, status: string, description: string): string {
    const inner = Buffer.from(Buffer.from(data, "base64").toString("utf8"), "base64");
    const record = JSON.parse(gunzipSync(inner).toString("utf8")) as { readonly info?: object };
    const info = { ...record.info, status, description };
    const text = gzipSync(JSON.stringify({ ...record, info })).toString("base64");
    return Buffer.from(text).toString("base64");
}
