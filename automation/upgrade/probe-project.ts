import { isHarborError } from "../../harbor/client/errors";
import { digestOf } from "../../harbor/registry/image";
import { UserError } from "../../lib/errors";
import type { Upgrading } from "./upgrading";

/** The project that an upgrade has for itself in the registry: what it pushes to see whether that works is there. */

export async function makeProject({ harbor, project }: Upgrading, signal: AbortSignal): Promise<void> {
    try {
        await harbor.client.projects.create({ project_name: project, metadata: { public: "false" } }, { signal });
    } catch (error) {
        // Made before a kill, or by an earlier hop.
        if (!isHarborError(error, "conflict")) throw error;
    }
}

/** Nothing where there is none. */
export async function removeProject({ harbor, project }: Upgrading, signal: AbortSignal): Promise<void> {
    const { client } = harbor;
    if (!(await client.projects.exists(project, { signal }))) return;
    for (const { name } of await client.repositories.list(project, { signal }).toArray()) {
        await client.repositories.delete({ project, repository: name.slice(project.length + 1) }, { signal });
    }
    await client.projects.delete(project, { signal });
}

/** Whether an image goes in and comes out again. @returns its digest */
export async function pushAndPull(upgrading: Upgrading, purpose: string): Promise<string> {
    const { registry } = upgrading.harbor;
    const image = upgrading.image(purpose);
    const digest = await registry.push(upgrading.repository, purpose, image);
    const manifest = await registry.pullManifest(upgrading.repository, digestOf(image.manifest));
    const layer = await registry.pullBlob(upgrading.repository, image.layerDigest);
    if (manifest.equals(image.manifest) && layer.equals(image.layer)) return digest;
    throw new UserError("another image came back than the one that was pushed");
}
