import { gunzipSync, gzipSync } from "node:zlib";

/** Helm's own records of a release: a Secret for each revision, in the release's namespace. */

/** kubectl in that namespace. @param what as in "cannot ..." */
export interface RevisionObjects {
    kubectl(what: string, args: readonly string[], input?: string): Promise<string>;
}

export interface HelmRevision {
    readonly metadata: {
        readonly name: string;
        /** `version` is its number; `status` is `deployed`, `failed`, `pending-install`, `superseded`, ... */
        readonly labels: Readonly<Record<string, string>>;
    };
    readonly data: Readonly<Record<string, string>>;
}

/** The revisions of a release, oldest first; none where Helm installed none. */
export async function helmRevisions(objects: RevisionObjects, release: string): Promise<readonly HelmRevision[]> {
    const args = ["get", "secrets", "-l", `owner=helm,name=${release}`, "-o", "json"];
    const text = await objects.kubectl("read Helm's records", args);
    const { items } = JSON.parse(text) as { readonly items: readonly HelmRevision[] };
    return items.toSorted((one, other) => revisionNumber(one) - revisionNumber(other));
}

export function revisionNumber({ metadata }: Pick<HelmRevision, "metadata">): number {
    return Number(metadata.labels["version"]);
}

/** Helm's own encoding inside of the Secret's: base64 of the gzip of JSON (helm, pkg/storage/driver/util.go). Pure. */
export function decodedRelease(data: string): object {
    const inner = Buffer.from(Buffer.from(data, "base64").toString("utf8"), "base64");
    return JSON.parse(gunzipSync(inner).toString("utf8")) as object;
}

/** The opposite of {@link decodedRelease}. Pure. */
export function encodedRelease(release: object): string {
    return Buffer.from(gzipSync(JSON.stringify(release)).toString("base64")).toString("base64");
}
