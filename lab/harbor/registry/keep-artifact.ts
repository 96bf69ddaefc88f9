import { z } from "zod";
import type { Core } from "../core";
import type { Row } from "../store/collection";
import type { Artifact, Repository } from "../store/records";
import type { Tables } from "../store/store";
import { accessoryType, blobsOf, signedDigest, typeOf, type Manifest } from "./manifest";
import { forward, textOf } from "./proxy";
import type { RegistryCall } from "./serve";

export interface PushedManifest {
    readonly manifest: Manifest;
    readonly digest: string;
    /** Undefined where it was pushed by its digest. */
    readonly tag: string | undefined;
    readonly contentType: string;
    /** Bytes of the manifest itself. */
    readonly length: number;
}

/** Writes down what was pushed: repository, artifact, tag, and what it hangs on. */
export async function keepArtifact(call: RegistryCall, pushed: PushedManifest): Promise<Row<Artifact>> {
    const { core, project, repository: name } = call;
    const attributes = await imageAttributes(call, pushed.manifest);
    return core.store.transaction(async (tables, client) => {
        // Two pushes of one project at once would both make its repository.
        await client.query("SELECT pg_advisory_xact_lock($1)", [project.id]);
        const repository =
            (await tables.repositories.find({ name })) ??
            (await tables.repositories.insert({ project_id: project.id, name, description: "", pull_count: 0 }));
        const of = { repository_id: repository.id, digest: pushed.digest };
        const artifact =
            (await tables.artifacts.find(of)) ??
            (await tables.artifacts.insert(await artifactOf(tables, repository, pushed, attributes)));
        if (pushed.tag !== undefined) await keepTag(tables, artifact, pushed.tag);
        await keepAccessory(tables, artifact, pushed);
        await tables.repositories.update(repository.id, {});
        return artifact;
    });
}

async function artifactOf(
    tables: Tables,
    repository: Row<Repository>,
    { manifest, digest, contentType, length }: PushedManifest,
    extra_attrs: Readonly<Record<string, unknown>>,
): Promise<Artifact> {
    const { type, media, artifactType } = typeOf(manifest, contentType);
    const blobs = blobsOf(manifest);
    const children = manifest.manifests ?? [];
    let inner = 0;
    for (const child of children)
        inner += (await tables.artifacts.find({ repository_id: repository.id, digest: child.digest }))?.size ?? 0;
    return {
        project_id: repository.project_id,
        repository_id: repository.id,
        repository_name: repository.name,
        type,
        media_type: media,
        manifest_media_type: contentType,
        artifact_type: artifactType,
        digest,
        size: length + inner + blobs.reduce((sum, { size }) => sum + size, 0),
        push_time: new Date().toISOString(),
        pull_time: "",
        annotations: manifest.annotations ?? {},
        extra_attrs,
        children: children.map(({ mediaType, digest: child, size, platform }) => ({
            mediaType,
            digest: child,
            size,
            ...(platform ? { platform } : {}),
        })),
        blobs: blobs.map((blob) => blob.digest),
        label_ids: [],
    };
}

async function keepTag(tables: Tables, artifact: Row<Artifact>, name: string): Promise<void> {
    const of = { repository_id: artifact.repository_id, name };
    const old = await tables.tags.find(of);
    const push_time = new Date().toISOString();
    if (old) await tables.tags.update(old.id, { artifact_id: artifact.id, push_time });
    else await tables.tags.insert({ ...of, artifact_id: artifact.id, push_time, pull_time: "" });
}

/** By its subject, or by the tag of a signature of the old kind. */
async function keepAccessory(
    tables: Tables,
    artifact: Row<Artifact>,
    { manifest, tag }: PushedManifest,
): Promise<void> {
    const signed = tag === undefined ? undefined : signedDigest(tag, manifest);
    const subject = manifest.subject?.digest ?? signed;
    const of = { repository_id: artifact.repository_id, digest: artifact.digest };
    if (subject === undefined || (await tables.accessories.find(of))) return;
    await tables.accessories.insert({
        ...of,
        artifact_id: artifact.id,
        subject_artifact_digest: subject,
        subject_artifact_repo: artifact.repository_name,
        size: artifact.size,
        type: manifest.subject ? accessoryType(manifest) : "signature.cosign",
    });
}

const imageConfiguration = z.object({
    architecture: z.string().optional(),
    os: z.string().optional(),
    created: z.string().optional(),
    author: z.string().optional(),
    config: z.record(z.string(), z.unknown()).optional(),
});

/** What an image's configuration says of it. */
async function imageAttributes(
    { core, repository }: { readonly core: Core; readonly repository: string },
    { config }: Manifest,
): Promise<Readonly<Record<string, unknown>>> {
    const isImage = /vnd\.(oci\.image\.config|docker\.container\.image)\.v1\+json$/.test(config?.mediaType ?? "");
    if (!config || !isImage || config.size > 2 ** 20) return {};
    const path = `/v2/${repository}/blobs/${config.digest}`;
    const answer = await forward(core.registry, { method: "GET", path, headers: {} });
    const text = await textOf(answer);
    if (answer.statusCode !== 200) return {};
    try {
        const parsed = imageConfiguration.safeParse(JSON.parse(text));
        return parsed.success ? parsed.data : {};
    } catch (error) {
        if (error instanceof SyntaxError) return {}; // a configuration is the pusher's affair
        throw error;
    }
}
