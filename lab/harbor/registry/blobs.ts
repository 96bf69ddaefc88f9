import { ApiError, denied } from "../http/errors";
import type { Core } from "../core";
import type { Row } from "../store/collection";
import type { Project } from "../store/records";
import { requireRepository } from "./access";
import { download } from "./download";
import { forward, relay } from "./proxy";
import type { RegistryCall } from "./serve";

/** A layer's or a configuration's bytes, passed on as they come. */
export async function serveBlob({ core, reference, request, response, url }: RegistryCall): Promise<void> {
    const { method = "GET", headers } = request;
    const path = `${url.pathname}${url.search}`;
    if (method !== "GET" || core.registry === undefined) {
        const answer = await forward(core.registry, { method, path, headers });
        // Who is told that it is there will not push it.
        if (answer.statusCode === 200) await touchBlob(core, reference);
        return relay(answer, response);
    }
    const { host = "localhost", range, accept } = headers;
    const sent = { host, ...(range === undefined ? {} : { range }), ...(accept === undefined ? {} : { accept }) };
    await download(core.registry, path, sent, response);
}

/** Bytes that have arrived of each upload that is under way. */
const arrived = new Map<string, number>();

/**
 * The steps of an upload. The last one counts against the project's quota, before its content is taken.
 * Source: src/server/middleware/quota/put_blob_upload.go, middleware/blob.
 */
export async function serveUpload(call: RegistryCall): Promise<void> {
    const { caller, core, project, reference: upload, request, response, url } = call;
    const { headers, method = "GET" } = request;
    const digest = url.searchParams.get("digest");
    const from = url.searchParams.get("from");
    const mount = url.searchParams.get("mount");
    const length = Number(headers["content-length"] ?? 0);
    if (method === "POST" && mount !== null && from !== null)
        await requireRepository(core, request, caller, from, "pull");
    const isLast = digest !== null && (method === "PUT" || method === "POST");
    const size = isLast ? length + (arrived.get(upload) ?? 0) : 0;
    if (isLast) await requireRoom(core, project, [{ digest, size }]);
    const mounted = mount === null ? undefined : await core.tables.blobs.find({ digest: mount });
    if (mounted) await requireRoom(core, project, [mounted]);

    const path = `${url.pathname}${url.search}`;
    const answer = await forward(core.registry, { method, path, headers, body: request });
    const status = answer.statusCode ?? 502;
    // "0-1023": what there is of it so far.
    const range = /^(?:bytes=)?0-(\d+)$/.exec(answer.headers.range ?? "")?.[1];
    if (method === "PATCH" && status === 202 && range !== undefined) arrived.set(upload, Number(range) + 1);
    if (method === "PUT" || method === "DELETE") arrived.delete(upload);
    if (status === 201) {
        if (isLast) await addBlobs(core, project, [{ digest, size }]);
        else if (mounted) await addBlobs(core, project, [mounted]);
    }
    await relay(answer, response);
}

export interface SizedBlob {
    readonly digest: string;
    readonly size: number;
}

/** @throws 403 DENIED where that would be more than the project may have */
export async function requireRoom(
    { configuration, tables }: Core,
    project: Row<Project>,
    blobs: readonly SizedBlob[],
): Promise<void> {
    if (!(await configuration.flag("quota_per_project_enable"))) return;
    const quota = await tables.quotas.find({ project_id: project.id });
    if (!quota || quota.hard.storage === -1) return;
    const adds = (await missing(tables, project, blobs)).reduce((sum, { size }) => sum + size, 0);
    const { hard, used } = quota;
    if (adds === 0 || used.storage + adds <= hard.storage) return;
    throw denied(
        `adding ${bytes(adds)} of storage resource, which when updated to current usage of ${bytes(used.storage)} ` +
            `will exceed the configured upper limit of ${bytes(hard.storage)}.`,
    );
}

async function missing(
    tables: Core["tables"],
    project: Row<Project>,
    blobs: readonly SizedBlob[],
): Promise<SizedBlob[]> {
    const unique = new Map(blobs.map((blob) => [blob.digest, blob]));
    const without: SizedBlob[] = [];
    // One after the other: inside a transaction they share a connection.
    for (const blob of unique.values())
        if (!(await tables.blobs.find({ project_id: project.id, digest: blob.digest }))) without.push(blob);
    return without;
}

/**
 * Writes down that the content is in the bucket and was asked for now: a garbage collection leaves it alone for a while.
 * @param manifestOf repository of a manifest; undefined for any other blob
 */
export async function touchBlob({ tables }: Core, digest: string, manifestOf?: string): Promise<void> {
    const known = await tables.storedBlobs.find({ digest });
    const added = manifestOf === undefined || known?.repositories.includes(manifestOf) ? [] : [manifestOf];
    const repositories = [...(known?.repositories ?? []), ...added];
    if (known) return tables.storedBlobs.update(known.id, { repositories });
    try {
        await tables.storedBlobs.insert({ digest, repositories });
    } catch (error) {
        // Two pushes of the same content at once.
        if (!(error instanceof ApiError && error.status === 409)) throw error;
    }
}

/** Counts content that the project did not have. */
export async function addBlobs(core: Core, project: Row<Project>, blobs: readonly SizedBlob[]): Promise<void> {
    for (const { digest } of blobs) await touchBlob(core, digest);
    await core.store.transaction(async (tables, client) => {
        // Pushes of one project count one after the other.
        await client.query("SELECT pg_advisory_xact_lock($1)", [project.id]);
        const added = await missing(tables, project, blobs);
        if (added.length === 0) return;
        for (const { digest, size } of added) await tables.blobs.insert({ project_id: project.id, digest, size });
        const quota = await tables.quotas.find({ project_id: project.id });
        const adds = added.reduce((sum, { size }) => sum + size, 0);
        if (quota) await tables.quotas.update(quota.id, { used: { storage: quota.used.storage + adds } });
    });
}

/** As Harbor writes sizes: 1.5 KiB. */
function bytes(count: number): string {
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    const power = count < 1 ? 0 : Math.min(Math.floor(Math.log2(count) / 10), units.length - 1);
    return `${(count / 1024 ** power).toFixed(1)} ${units[power] ?? ""}`;
}
