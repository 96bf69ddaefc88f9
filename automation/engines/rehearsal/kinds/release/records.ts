import { decodedRelease, encodedRelease } from "../../../../helm-records";
import { isObject, list, object, text, type Values } from "../../values";
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

/** The last revision of a release, where there is one; read from labels, which is quicker than running helm. */
export async function lastRelease({ client, namespace, name }: HelmTarget): Promise<LiveRelease | undefined> {
    const found = await client.get(objectPath(secrets, namespace), { labelSelector: `owner=helm,name=${name}` });
    return list(found, "items")
        .filter(isObject)
        .map((item) => object(item, "metadata"))
        .map((metadata) => ({
            revision: Number(text(object(metadata, "labels"), "version")),
            status: text(object(metadata, "labels"), "status") ?? "unknown",
            secret: text(metadata, "name") ?? "",
        }))
        .sort((one, other) => one.revision - other.revision)
        .at(-1);
}

/**
 * Marks the last revision as failed where a killed helm left it half done: Helm refuses to work on a pending release, and
 * takes a failed one as what there is when it works out what to change. (Deleting the record instead would make
 * Helm forget what the objects were made from.) @returns the state it was left in, if any
 */
export async function endPending(target: HelmTarget, last: LiveRelease): Promise<string | undefined> {
    if (!last.status.startsWith("pending-")) return undefined;
    const path = objectPath(secrets, target.namespace, last.secret);
    const recorded = text(object(await target.client.get(path), "data"), "release");
    if (recorded === undefined) throw new Error(`the Secret ${last.secret} holds no release`);
    const release = decodedRelease(recorded) as Values;
    const info = {
        ...object(release, "info"),
        status: "failed",
        description: "interrupted, and taken over by Anchorage",
    };
    const body = {
        metadata: { labels: { status: "failed" } },
        data: { release: encodedRelease({ ...release, info }) },
    };
    await target.client.request("PATCH", path, { body, contentType: "application/merge-patch+json" });
    return last.status;
}
