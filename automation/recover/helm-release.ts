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
    const selector = `owner=helm,name=${release}`;
    const args = ["get", "secrets", "-l", selector, "-o", "json"];
    const { items } = JSON.parse(await objects.kubectl("read Helm's records", args)) as {
        readonly items: readonly ReleaseSecret[];
    };
    const revision = ({ metadata }: ReleaseSecret): number => Number(metadata.labels["version"]);
    const last = [...items].sort((one, other) => revision(one) - revision(other)).at(-1);
    const status = last?.metadata.labels["status"];
    if (last === undefined || status?.startsWith("pending-") !== true) return undefined;
    const failed = {
        ...last,
        metadata: { ...last.metadata, labels: { ...last.metadata.labels, status: "failed" } },
        data: { release: asFailed(last.data["release"] ?? "") },
    };
    // By standard input: a release holds values.
    await objects.kubectl("mark Helm's release as failed", ["replace", "-f", "-"], JSON.stringify(failed));
    return `${status} (revision ${String(revision(last))})`;
}

/** Helm's own encoding inside of the Secret's: base64 of the gzip of JSON (helm, pkg/storage/driver/util.go). Pure. */
export function asFailed(data: string): string {
    const inner = Buffer.from(Buffer.from(data, "base64").toString("utf8"), "base64");
    const record = JSON.parse(gunzipSync(inner).toString("utf8")) as { readonly info?: object };
    const info = { ...record.info, status: "failed", description: "interrupted, and taken over by Anchorage" };
    const text = gzipSync(JSON.stringify({ ...record, info })).toString("base64");
    return Buffer.from(text).toString("base64");
}
