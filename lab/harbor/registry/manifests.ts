import { recordDeed } from "../audit";
import { Content } from "../content";
import { ApiError, preconditionFailed } from "../http/errors";
import { send } from "../http/reply";
import { isImmutable } from "../immutability";
import type { Row } from "../store/collection";
import type { Artifact } from "../store/records";
import { announce } from "../webhooks";
import { addBlobs, requireRoom, touchBlob } from "./blobs";
import { keepArtifact } from "./keep-artifact";
import { blobsOf, digestOf, parseManifest } from "./manifest";
import { forward, relay } from "./proxy";
import type { RegistryCall } from "./serve";

/** Bytes that a manifest may have, as in distribution. */
const largest = 4 * 2 ** 20;
const isDigest = (reference: string): boolean => reference.includes(":");

/** Source: src/server/registry/manifest.go, middleware/contenttrust. */
export async function getManifest(call: RegistryCall): Promise<void> {
    const { core, reference, repository, request, response } = call;
    const artifact = await new Content(core.tables).artifact(repository, reference);
    await requireTrust(call, artifact);
    const known = request.headers["if-none-match"];
    if (known === artifact.digest || known === `"${artifact.digest}"`) {
        send(response, { status: 304 });
        return;
    }
    const { method = "GET", headers } = request;
    // The registry knows no tags: which digest one has is in the database.
    const path = `/v2/${repository}/manifests/${artifact.digest}`;
    const answer = await forward(core.registry, { method, path, headers });
    if (method === "GET" && answer.statusCode === 200) await countPull(call, artifact);
    await relay(answer, response);
}

async function countPull({ caller, core, reference }: RegistryCall, artifact: Row<Artifact>): Promise<void> {
    const { tables } = core;
    const pull_time = new Date().toISOString();
    const repository = await tables.repositories.get(artifact.repository_id);
    if (repository) await tables.repositories.update(repository.id, { pull_count: repository.pull_count + 1 });
    await tables.artifacts.update(artifact.id, { pull_time });
    const tag = await tables.tags.find({ repository_id: artifact.repository_id, name: reference });
    if (tag) await tables.tags.update(tag.id, { pull_time });
    const name = artifact.repository_name;
    await recordDeed(core, {
        operation: "pull",
        resource_type: "artifact",
        resource: tag ? `${name}:${reference}` : `${name}@${artifact.digest}`,
        description: `pull artifact: ${name}@${artifact.digest}`,
        project_id: artifact.project_id,
        operator: caller.name,
    });
}

/** @throws 412 for an image without the signature that the project asks for; a signature itself needs none */
async function requireTrust({ core: { tables }, project }: RegistryCall, artifact: Row<Artifact>): Promise<void> {
    const asks = (key: string): boolean => project.metadata[key] === "true";
    const wanted = [
        ...(asks("enable_content_trust_cosign") ? (["cosign"] as const) : []),
        ...(asks("enable_content_trust") ? (["notation"] as const) : []),
    ];
    if (wanted.length === 0 || (await tables.accessories.find({ artifact_id: artifact.id }))) return;
    for (const kind of wanted) {
        const signature = await tables.accessories.find({
            repository_id: artifact.repository_id,
            subject_artifact_digest: artifact.digest,
            type: `signature.${kind}`,
        });
        if (!signature) throw new ApiError(412, "PROJECTPOLICYVIOLATION", `The image is not signed by ${kind}.`);
    }
}

export async function putManifest(call: RegistryCall): Promise<void> {
    const { core, project, reference, repository, request, response } = call;
    const body = await bodyOf(call);
    const digest = digestOf(body);
    await requireMovable(call, digest);
    const manifest = parseManifest(body);
    const blobs = [...blobsOf(manifest), { digest, size: body.length }];
    await requireRoom(core, project, blobs);
    const wanted = isDigest(reference) ? reference : digest;
    const answer = await forward(core.registry, {
        method: "PUT",
        path: `/v2/${repository}/manifests/${wanted}`,
        headers: { ...request.headers, "content-length": String(body.length) },
        body,
    });
    if (answer.statusCode !== 201) return relay(answer, response);
    await touchBlob(core, digest, repository);
    await addBlobs(core, project, blobs);
    const tag = isDigest(reference) ? undefined : reference;
    const contentType = request.headers["content-type"] ?? manifest.mediaType ?? "";
    const artifact = await keepArtifact(call, { manifest, digest, tag, contentType, length: body.length });
    await announce(core, { type: "PUSH_ARTIFACT", artifact, tag: tag ?? "", operator: call.caller.name });
    await relay(answer, response, manifest.subject ? { "OCI-Subject": manifest.subject.digest } : {});
}

async function bodyOf({ request }: RegistryCall): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > largest)
            throw new ApiError(413, "REQUEST_ENTITY_TOO_LARGE", "manifest too large", { Connection: "close" });
        chunks.push(chunk);
    }
    return Buffer.concat(chunks);
}

/** @throws 412 for a tag that a rule keeps where it is */
async function requireMovable({ core, project, reference, repository }: RegistryCall, digest: string): Promise<void> {
    if (isDigest(reference)) return;
    const known = await core.tables.repositories.find({ name: repository });
    const old = known && (await new Content(core.tables).find(known.id, reference));
    if (!old || old.digest === digest) return;
    if (await isImmutable(core.tables, project.id, repository, reference)) {
        throw preconditionFailed(
            `Failed to process request due to '${repository.slice(repository.indexOf("/") + 1)}:${reference}' configured as immutable.`,
        );
    }
}

/** Removes it from the database; the registry keeps its bytes until a garbage collection. */
export async function deleteManifest(call: RegistryCall): Promise<void> {
    const { caller, core, project, reference, repository, response } = call;
    if (!isDigest(reference)) throw new ApiError(400, "UNSUPPORTED", `unsupported digest ${reference}`);
    const content = new Content(core.tables);
    const artifact = await content.artifact(repository, reference);
    for (const { name } of await core.tables.tags.all({ artifact_id: artifact.id })) {
        if (await isImmutable(core.tables, project.id, repository, name))
            throw preconditionFailed(`the tag ${name} configured as immutable`);
    }
    await content.delete(artifact);
    await announce(core, { type: "DELETE_ARTIFACT", artifact, tag: "", operator: caller.name });
    send(response, { status: 202 });
}
