import type { HarborClient } from "../../harbor/client/client";
import type { CallOptions } from "../../harbor/client/deadline";
import { isHarborError } from "../../harbor/client/errors";
import { parseRepositoryName } from "../../harbor/client/repositories";
import { smallImage } from "../../harbor/registry/image";
import type { RegistryClient } from "../../harbor/registry/registry-client";
import type { ImageReference } from "../restore/samples";

/** Pushes that are under way at once. */
const atOnce = 4;

/** Pushes that many small images, each another one, ten a repository. @returns them, by their digests */
export async function seedImages(
    registry: Pick<RegistryClient, "push">,
    project: string,
    count: number,
    update: (detail: string) => void,
): Promise<readonly ImageReference[]> {
    const images: ImageReference[] = [];
    let next = 0;
    const work = async (): Promise<void> => {
        while (next < count) {
            const index = next++;
            const repository = `${project}/app-${String(Math.floor(index / 10))}`;
            const digest = await registry.push(
                repository,
                `v${String(index)}`,
                smallImage(`${project} ${String(index)}\n`),
            );
            images.push({ repository, digest });
            update(`${String(images.length)} of ${String(count)} images`);
        }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return images;
}

/** With its repositories, which Harbor wants gone first; nothing where there is no such project. */
export async function deleteSeeds(harbor: HarborClient, project: string, options: CallOptions): Promise<void> {
    if (!(await harbor.projects.exists(project, options))) return;
    for (const { name } of await harbor.repositories.list(project, options).toArray()) {
        await harbor.repositories.delete(parseRepositoryName(name), options);
    }
    await harbor.projects.delete(project, options);
}

/** Whether an image is there, as a client sees it. */
export async function isThere(
    registry: Pick<RegistryClient, "pullManifest">,
    { repository, digest }: ImageReference,
): Promise<boolean> {
    try {
        await registry.pullManifest(repository, digest);
        return true;
    } catch (error) {
        if (isHarborError(error, "not-found")) return false;
        throw error;
    }
}
