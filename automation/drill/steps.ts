import type { StackOutputs } from "../../config/contract";
import { smallImage } from "../../harbor/registry/image";
import { UserError } from "../../lib/errors";
import { openHarbor } from "../backup/ground";
import { openContentStore } from "../backup/stores";
import { VeleroObjects } from "../backup/velero-access";
import type { ClusterDoor } from "../cluster-access";
import type { ObjectStore } from "../objects/store";
import { pullImages, describePulled, type ImageReference } from "../restore/samples";
import type { OpenHarbor } from "../restore/restoration";
import type { Step } from "../steps";
import { deleteSeeds, isThere, seedImages } from "./seeds";

/** One disaster drill: what its steps work on. */
export interface Drill {
    readonly outputs: StackOutputs;
    readonly door: ClusterDoor;
    /** Of its images; nobody else's. */
    readonly project: string;
    /** Name of its backup. */
    readonly set: string;
    readonly images: number;
    readonly backup: (update: (detail: string) => void) => Promise<void>;
    readonly restore: (update: (detail: string) => void) => Promise<void>;
    /** What a preview of the stack would change. */
    readonly changes: () => Promise<readonly string[]>;
}

/** What came of it. */
export interface Findings {
    /** Milliseconds from the loss until the registry serves again. */
    recoveryMs?: number;
    /** Images of before the backup that are whole again. */
    restored?: number;
    /** What is no longer there, in words: what came after the backup has to be. */
    lost?: string[];
}

export function disasterSteps(drill: Drill): { readonly steps: Step[]; readonly findings: Findings } {
    const { outputs, door, project, set, images: count } = drill;
    const findings: Findings = {};
    let seeds: readonly ImageReference[] = [];
    let late: ImageReference | undefined;
    let lostAt = 0;
    const steps: Step[] = [
        {
            id: "seed",
            title: "push images",
            plan: `${String(count)} into project ${project}`,
            run: async ({ signal, update }) => {
                seeds = await withHarbor(drill, update, async ({ client, registry }) => {
                    await client.projects.create({ project_name: project, metadata: { public: "false" } }, { signal });
                    return seedImages(registry, project, count, update);
                });
                return `${String(seeds.length)} images`;
            },
            undo: {
                title: "delete the images",
                when: "always",
                run: async ({ signal }) => {
                    const within = { ...drill, door: { ...door, signal } };
                    await withHarbor(within, ignore, ({ client }) => deleteSeeds(client, project, { signal }));
                },
            },
        },
        {
            id: "backup",
            title: "back up",
            plan: `backup ${set}`,
            run: async ({ update }) => {
                await drill.backup(update);
                return set;
            },
        },
        {
            id: "late",
            title: "push an image that is in no backup",
            plan: "it is what is lost: a drill that finds it again has not lost anything",
            run: async ({ update }) => {
                late = await withHarbor(drill, update, async ({ registry }) => {
                    const repository = `${project}/late`;
                    const digest = await registry.push(repository, "v1", smallImage(`${project} late\n`));
                    return { repository, digest };
                });
                return undefined;
            },
        },
        {
            id: "lose",
            title: "lose the registry",
            plan: `namespace ${outputs.namespace} with its database and volumes, and all of the registry's bucket`,
            run: async ({ update }) => {
                const content = await openContentStore(outputs, door);
                lostAt = Date.now();
                try {
                    const objects = new VeleroObjects(outputs, outputs.namespace, door);
                    update(`namespace ${outputs.namespace}`);
                    const what = `delete namespace ${outputs.namespace}`;
                    await objects.kubectl(what, ["delete", "namespace", outputs.namespace, "--timeout=300s"]);
                    update("the bucket");
                    const removed = await content?.remove(keysOf(content));
                    return `namespace ${outputs.namespace}, ${String(removed ?? 0)} objects of the bucket`;
                } finally {
                    content?.close();
                }
            },
        },
        {
            id: "restore",
            title: "restore",
            plan: `npx anchorage restore --from ${set}`,
            run: async ({ update }) => {
                await drill.restore(update);
                findings.recoveryMs = Date.now() - lostAt;
                return undefined;
            },
        },
        {
            id: "digests",
            title: "pull every image by its digest",
            plan: `all ${String(count)}: manifest, configuration and layers`,
            goOn: true,
            needs: ["restore"],
            run: async ({ update }) =>
                withHarbor(drill, update, async ({ registry }) => {
                    const pulled = await pullImages(registry, seeds, update);
                    findings.restored = pulled.images;
                    if (pulled.images === seeds.length) return describePulled(pulled);
                    throw new UserError(`${String(pulled.images)} of ${String(seeds.length)} images are back`);
                }),
        },
        {
            id: "lost",
            title: "see what is lost",
            plan: "the image that was pushed after the backup, and nothing else",
            goOn: true,
            needs: ["restore"],
            run: async ({ update }) => {
                const image = late;
                const gone =
                    image !== undefined &&
                    !(await withHarbor(drill, update, ({ registry }) => isThere(registry, image)));
                findings.lost = gone ? ["1 image that was pushed after the backup"] : [];
                if (gone) return "1 image that was pushed after the backup";
                throw new UserError("the image that is in no backup is there: the registry had not been lost");
            },
        },
        {
            id: "preview",
            title: "preview the stack",
            plan: "it finds everything as it is on record: no change",
            goOn: true,
            needs: ["restore"],
            run: async () => {
                const changes = await drill.changes();
                if (changes.length === 0) return "no change";
                throw new UserError("the restored stack is not the one on record", {
                    details: changes,
                    next: ["npx anchorage preview"],
                });
            },
        },
    ];
    return { steps, findings };
}

const ignore = (): void => undefined;

async function withHarbor<T>(
    { outputs, door }: Pick<Drill, "outputs" | "door">,
    update: (detail: string) => void,
    work: (harbor: OpenHarbor) => Promise<T>,
): Promise<T> {
    const harbor = await openHarbor(outputs, door, update);
    try {
        return await work(harbor);
    } finally {
        await harbor.close();
    }
}

async function* keysOf(store: ObjectStore): AsyncIterable<string> {
    for await (const { key } of store.list("")) yield key;
}
