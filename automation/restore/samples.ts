import type { HarborClient } from "../../harbor/client/client";
import type { CallOptions } from "../../harbor/client/deadline";
import { isHarborError } from "../../harbor/client/errors";
import { parseRepositoryName } from "../../harbor/client/repositories";
import { manifestTypes } from "../../harbor/registry/image";
import type { RegistryClient } from "../../harbor/registry/registry-client";
import { messageOf, UserError } from "../../lib/errors";

/** An image of a registry, by its digest. */
export interface ImageReference {
    /** With the project: `library/team/app`. */
    readonly repository: string;
    readonly digest: string;
}

export interface PulledImages {
    readonly images: number;
    readonly blobs: number;
    /** Bytes that were pulled and whose digest was compared. */
    readonly bytes: number;
    /** Blobs that are too large to be looked at here. */
    readonly large: number;
    /** Images that Harbor's own rules keep from being pulled: not signed, or with vulnerabilities. */
    readonly forbidden: number;
}

/** Bytes of a blob that is still pulled: it is held in memory. */
const largest = 64 * 1024 * 1024;

/** Repositories that are asked for their images: a sample needs no more. */
const mostRepositories = 200;

/** Of a list as many as asked for, evenly from its beginning to its end. Pure. */
export function spread<T>(items: readonly T[], count: number): readonly T[] {
    if (items.length <= count) return items;
    return Array.from({ length: count }, (_, index) => items[Math.floor((index * items.length) / count)] as T);
}

/** Images from all over the registry. @param count how many at most */
export async function sampleImages(
    harbor: HarborClient,
    count: number,
    options: CallOptions,
): Promise<readonly ImageReference[]> {
    const names: string[] = [];
    for await (const { name } of harbor.repositories.listAll(options)) names.push(name);
    const images: ImageReference[] = [];
    for (const repository of spread(names, Math.min(count, mostRepositories))) {
        const ref = parseRepositoryName(repository);
        for await (const { digest, manifest_media_type: type } of harbor.artifacts.list(ref, {}, options)) {
            // The list of an index is read by other clients; its images are in the registry by themselves.
            if (type !== undefined && !(manifestTypes as readonly string[]).includes(type)) continue;
            images.push({ repository, digest });
        }
    }
    return spread(images, count);
}

/**
 * Pulls each image with all that it consists of, and compares the digests.
 * @throws UserError that names each image that is not whole
 */
export async function pullImages(
    registry: Pick<RegistryClient, "pullManifest" | "pullBlob">,
    images: readonly ImageReference[],
    update: (detail: string) => void,
): Promise<PulledImages> {
    const pulled = { images: 0, blobs: 0, bytes: 0, large: 0, forbidden: 0 };
    const broken: string[] = [];
    for (const { repository, digest } of images) {
        try {
            const manifest = await registry.pullManifest(repository, digest);
            pulled.bytes += manifest.length;
            for (const blob of blobsOf(manifest)) {
                if (blob.size > largest) {
                    pulled.large++;
                    continue;
                }
                pulled.bytes += (await registry.pullBlob(repository, blob.digest)).length;
                pulled.blobs++;
            }
            pulled.images++;
        } catch (error) {
            if (!isHarborError(error)) throw error;
            if (isHarborError(error, "precondition")) pulled.forbidden++;
            else broken.push(`${repository}@${digest}: ${messageOf(error)}`);
        }
        update(`${String(pulled.images)} of ${String(images.length)} images`);
    }
    if (broken.length === 0) return pulled;
    throw new UserError(`${String(broken.length)} of ${String(images.length)} images are not whole`, {
        details: broken.slice(0, 20),
        next: ["npx anchorage backup verify tells whether the backup is"],
    });
}

interface Descriptor {
    readonly digest: string;
    readonly size: number;
}

/** Configuration and layers; those that lie elsewhere (foreign layers) are not the registry's. */
function blobsOf(manifest: Buffer): readonly Descriptor[] {
    const { config, layers = [] } = JSON.parse(manifest.toString()) as {
        readonly config?: Descriptor;
        readonly layers?: readonly (Descriptor & { readonly urls?: readonly string[] })[];
    };
    return [...(config === undefined ? [] : [config]), ...layers.filter(({ urls = [] }) => urls.length === 0)];
}

/** `12 images, 36 blobs, 4 MiB`, and what was not looked at. */
export function describePulled({ images, blobs, bytes, large, forbidden }: PulledImages): string {
    const mebibytes = (bytes / 1_048_576).toFixed(1);
    return [
        `${String(images)} images, ${String(blobs)} blobs, ${mebibytes} MiB, each with its digest`,
        ...(large === 0 ? [] : [`${String(large)} blobs over 64 MiB not pulled`]),
        ...(forbidden === 0 ? [] : [`${String(forbidden)} images that the projects' rules do not give out`]),
    ].join("; ");
}
