import { isObject, list, object, text } from "../../values";
import { objectPath } from "../kubernetes/connection";
import type { HelmTarget } from "./helm";

/** A revision of a release, as Helm keeps it in a Secret of its namespace. */
export interface LiveRelease {
    readonly revision: number;
    /** `deployed`, `failed`, `pending-install`, `superseded`, ... */
    readonly status: string;
    /** Name of the Secret. */
    readonly secret: string;
}

const secrets = { path: "/api/v1", plural: "secrets", namespaced: true } as const;

/** The revisions of a release, oldest first; read from labels, which is quicker than running helm. */
export async function liveReleases({ client, namespace, name }: HelmTarget): Promise<LiveRelease[]> {
    const found = await client.get(objectPath(secrets, namespace), { labelSelector: `owner=helm,name=${name}` });
    return list(found, "items")
        .filter(isObject)
        .map((item) => object(item, "metadata"))
        .map((metadata) => ({
            revision: Number(text(object(metadata, "labels"), "version")),
            status: text(object(metadata, "labels"), "status") ?? "unknown",
            secret: text(metadata, "name") ?? "",
        }))
        .sort((one, other) => one.revision - other.revision);
}

/**
 * Forgets a revision that a killed helm left half done: Helm would refuse to work on the release. What it made
 * carries the release's name and is taken over by the next run. @returns the state it was left in, if any
 */
export async function dropPending(target: HelmTarget): Promise<string | undefined> {
    const last = (await liveReleases(target)).at(-1);
    if (!last?.status.startsWith("pending-")) return undefined;
    await target.client.request("DELETE", objectPath(secrets, target.namespace, last.secret));
    return last.status;
}
