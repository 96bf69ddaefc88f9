import type { HarborClient } from "../../harbor/client/client";
import type { CallOptions } from "../../harbor/client/deadline";
import { isHarborError } from "../../harbor/client/errors";
import { parseRepositoryName } from "../../harbor/client/repositories";

/** Whether each image of the source is in the target, by its digest and its tags. */
export interface Comparison {
    readonly images: number;
    /** `library/app@sha256:... (v1, latest)`: was there when the backup was made, and is not in the target. */
    readonly missing: readonly string[];
    /** Pushed or tagged after the backup: not moved. */
    readonly later: readonly string[];
}

type Images = Pick<HarborClient, "repositories" | "artifacts">;

/** @param movedAt milliseconds since 1970: when the backup's quiet window began */
export async function compareImages(
    source: Images,
    target: Images,
    movedAt: number,
    options: CallOptions & { readonly onProgress?: (images: number) => void },
): Promise<Comparison> {
    const { onProgress, ...call } = options;
    const missing: string[] = [];
    const later: string[] = [];
    let images = 0;
    for await (const { name } of source.repositories.listAll(call)) {
        const moved = await imagesOf(target, name, call);
        for (const [digest, image] of await imagesOf(source, name, call)) {
            images++;
            const there = moved.get(digest);
            const tags = [...image.tags].filter(([tag]) => there?.tags.has(tag) !== true);
            if (there !== undefined && tags.length === 0) continue;
            const since = there === undefined ? image.pushedAt : Math.min(...tags.map(([, pushedAt]) => pushedAt));
            const told = tags.length === 0 ? "" : ` (${tags.map(([tag]) => tag).join(", ")})`;
            (since >= movedAt ? later : missing).push(`${name}@${digest}${told}`);
        }
        onProgress?.(images);
    }
    return { images, missing, later };
}

interface Image {
    readonly pushedAt: number;
    /** By name: when it was set. */
    readonly tags: ReadonlyMap<string, number>;
}

/** By digest; none where there is no such repository. */
async function imagesOf(harbor: Images, name: string, call: CallOptions): Promise<ReadonlyMap<string, Image>> {
    const images = new Map<string, Image>();
    try {
        for await (const artifact of harbor.artifacts.list(parseRepositoryName(name), {}, call)) {
            const tags = artifact.tags.map(({ name: tag, push_time }) => [tag, time(push_time)] as const);
            images.set(artifact.digest, { pushedAt: time(artifact.push_time), tags: new Map(tags) });
        }
    } catch (error) {
        if (!isHarborError(error, "not-found")) throw error;
    }
    return images;
}

/** One that does not say when is taken for old: rather a false alarm than a silent loss. */
function time(text: string | undefined): number {
    const read = Date.parse(text ?? "");
    return Number.isNaN(read) ? 0 : read;
}
