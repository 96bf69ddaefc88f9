import type { ServerResponse } from "node:http";
import type { Core } from "../core";
import { badRequest, notFound } from "../http/errors";
import { ok, send } from "../http/reply";
import type { RegistryCall } from "./serve";

/** `n` names after `last`, and where the next ones are. Source: src/server/registry/util. */
function pageOf(
    url: URL,
    names: readonly string[],
): { names: readonly string[]; headers: Readonly<Record<string, string>> } {
    const n = url.searchParams.get("n");
    const last = url.searchParams.get("last") ?? "";
    if (n !== null && !/^\d+$/.test(n)) throw badRequest("the N must be a positive int type");
    const rest = [...names].sort().filter((name) => name > last);
    if (n === null || rest.length <= Number(n)) return { names: rest, headers: {} };
    const page = rest.slice(0, Number(n));
    const query = new URLSearchParams({ last: page.at(-1) ?? "", n });
    return { names: page, headers: { Link: `<${url.pathname}?${query.toString()}>; rel="next"` } };
}

export async function listRepositories({ tables }: Core, response: ServerResponse, url: URL): Promise<void> {
    const repositories = await tables.repositories.all();
    const { names, headers } = pageOf(
        url,
        repositories.map(({ name }) => name),
    );
    send(response, { ...ok({ repositories: names }), headers });
}

export async function listTags({ core: { tables }, repository, response, url }: RegistryCall): Promise<void> {
    const known = await tables.repositories.find({ name: repository });
    if (!known) throw notFound(`repository ${repository}`);
    const tags = await tables.tags.all({ repository_id: known.id });
    const { names, headers } = pageOf(
        url,
        tags.map(({ name }) => name),
    );
    send(response, { ...ok({ name: repository, tags: names }), headers });
}

/** What hangs on a digest, as an index; nothing of what is not there either. */
export async function listReferrers(call: RegistryCall): Promise<void> {
    const {
        core: { tables },
        reference,
        repository,
        response,
        url,
    } = call;
    const known = await tables.repositories.find({ name: repository });
    const accessories = known
        ? await tables.accessories.all({ repository_id: known.id, subject_artifact_digest: reference })
        : [];
    const wanted = url.searchParams.get("artifactType");
    const manifests = await Promise.all(
        accessories.map(async ({ artifact_id }) => {
            const artifact = await tables.artifacts.get(artifact_id);
            if (!artifact || (wanted !== null && artifact.artifact_type !== wanted)) return [];
            const { annotations, artifact_type, digest, manifest_media_type, project_id } = artifact;
            const size = (await tables.blobs.find({ project_id, digest }))?.size ?? 0;
            return [{ mediaType: manifest_media_type, digest, size, artifactType: artifact_type, annotations }];
        }),
    );
    send(response, {
        status: 200,
        headers: {
            "Content-Type": "application/vnd.oci.image.index.v1+json",
            ...(wanted === null ? {} : { "OCI-Filters-Applied": "artifactType" }),
        },
        body: {
            schemaVersion: 2,
            mediaType: "application/vnd.oci.image.index.v1+json",
            manifests: manifests.flat(),
        },
    });
}
