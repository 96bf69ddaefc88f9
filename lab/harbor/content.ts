import { notFound } from "./http/errors";
import type { Row } from "./store/collection";
import type { Artifact, Repository } from "./store/records";
import type { Tables } from "./store/store";

/** Repositories, artifacts and what hangs on them; the same for the API and for /v2/. */
export class Content {
    constructor(private readonly tables: Tables) {}

    /** @throws 404 */
    async repository(name: string): Promise<Row<Repository>> {
        const repository = await this.tables.repositories.find({ name });
        if (!repository) throw notFound(`repository ${name}`);
        return repository;
    }

    /** By tag or digest; undefined where there is none. */
    async find(repositoryId: number, reference: string): Promise<Row<Artifact> | undefined> {
        if (reference.includes(":"))
            return this.tables.artifacts.find({ repository_id: repositoryId, digest: reference });
        const tag = await this.tables.tags.find({ repository_id: repositoryId, name: reference });
        return tag && this.tables.artifacts.get(tag.artifact_id);
    }

    /** @throws 404 */
    async artifact(repositoryName: string, reference: string): Promise<Row<Artifact>> {
        const repository = await this.tables.repositories.find({ name: repositoryName });
        const artifact = repository && (await this.find(repository.id, reference));
        if (!artifact) throw notFound(`artifact ${repositoryName}${reference.includes(":") ? "@" : ":"}${reference}`);
        return artifact;
    }

    /** Removes an artifact with its tags and accessories, and what only an index has named; then counts again. */
    async delete(artifact: Row<Artifact>): Promise<void> {
        await this.remove(artifact, new Set());
        await this.recount(artifact.project_id);
    }

    private async remove(artifact: Row<Artifact>, seen: Set<number>): Promise<void> {
        if (seen.has(artifact.id)) return;
        seen.add(artifact.id);
        const { tables } = this;
        const of = { repository_id: artifact.repository_id };
        const accessories = await tables.accessories.all({ ...of, subject_artifact_digest: artifact.digest });
        await tables.tags.deleteAll({ artifact_id: artifact.id });
        await tables.accessories.deleteAll({ artifact_id: artifact.id });
        await tables.artifacts.delete(artifact.id);
        for (const { artifact_id } of accessories) {
            const hanging = await tables.artifacts.get(artifact_id);
            if (hanging) await this.remove(hanging, seen);
        }
        for (const { digest } of artifact.children) {
            const child = await tables.artifacts.find({ ...of, digest });
            if (child && !(await this.isNeeded(child))) await this.remove(child, seen);
        }
    }

    /** Whether a tag, an index or a signed image keeps it. */
    async isNeeded(artifact: Row<Artifact>): Promise<boolean> {
        const { tables } = this;
        if (await tables.tags.find({ artifact_id: artifact.id })) return true;
        if (await tables.accessories.find({ artifact_id: artifact.id })) return true;
        const all = await tables.artifacts.all({ repository_id: artifact.repository_id });
        return all.some(({ children }) => children.some(({ digest }) => digest === artifact.digest));
    }

    /** Images as a list shows them: without what hangs on another one, and without the untagged parts of an index. */
    async listed(repositoryId: number): Promise<Row<Artifact>[]> {
        const { tables } = this;
        const of = { repository_id: repositoryId };
        const all = await tables.artifacts.all(of);
        const hanging = new Set((await tables.accessories.all(of)).map(({ artifact_id }) => artifact_id));
        const tagged = new Set((await tables.tags.all(of)).map(({ artifact_id }) => artifact_id));
        const parts = new Set(all.flatMap(({ children }) => children.map(({ digest }) => digest)));
        return all.filter(({ digest, id }) => !hanging.has(id) && (tagged.has(id) || !parts.has(digest)));
    }

    /** Counts what the project's artifacts have in common once, and keeps that as its quota's use. */
    async recount(projectId: number): Promise<void> {
        const { tables } = this;
        const artifacts = await tables.artifacts.all({ project_id: projectId });
        const used = new Set(artifacts.flatMap(({ digest, blobs }) => [digest, ...blobs]));
        const blobs = await tables.blobs.all({ project_id: projectId });
        for (const { id, digest } of blobs) if (!used.has(digest)) await tables.blobs.delete(id);
        const storage = blobs.filter(({ digest }) => used.has(digest)).reduce((sum, { size }) => sum + size, 0);
        const quota = await tables.quotas.find({ project_id: projectId });
        if (quota) await tables.quotas.update(quota.id, { used: { storage } });
    }
}
