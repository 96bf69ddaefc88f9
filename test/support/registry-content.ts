import { createHash } from "node:crypto";
import type { ObjectStore } from "../../automation/objects/store";

/** What a registry (CNCF distribution) keeps in its bucket. */

export const hex = (content: string | Buffer): string => createHash("sha256").update(content).digest("hex");
export const registryFolder = "docker/registry/v2";
export const repository = `${registryFolder}/repositories/library/app`;

export function blobKey(content: string | Buffer): string {
    const digest = hex(content);
    return `${registryFolder}/blobs/sha256/${digest.slice(0, 2)}/${digest}/data`;
}

/** What a registry writes for an image of one layer, in its order. */
export async function pushImage(
    registry: ObjectStore,
    tag: string,
    layer: string | Buffer,
    repo = repository,
): Promise<string> {
    const manifest = JSON.stringify({ tag, layer: hex(layer) });
    const digest = hex(manifest);
    await registry.write(blobKey(layer), Buffer.from(layer));
    await registry.write(`${repo}/_layers/sha256/${hex(layer)}/link`, `sha256:${hex(layer)}`);
    await registry.write(blobKey(manifest), manifest);
    await registry.write(`${repo}/_manifests/revisions/sha256/${digest}/link`, `sha256:${digest}`);
    await registry.write(`${repo}/_manifests/tags/${tag}/index/sha256/${digest}/link`, `sha256:${digest}`);
    await registry.write(`${repo}/_manifests/tags/${tag}/current/link`, `sha256:${digest}`);
    return digest;
}
