import type { HarborClient } from "../../harbor/client/client";
import type { ContentClient } from "../../harbor/registry/content-client";
import { messageOf, UserError } from "../../lib/errors";
import { inParallel } from "../objects/parallel";
import type { Step } from "../steps";
import { ImageCopier } from "./copy-image";
import { requireProject, targetOf, type Mapping } from "./mapping";

export interface Migration {
    readonly source: ContentClient;
    readonly target: ContentClient;
    readonly harbor: HarborClient;
    readonly mapping: Mapping;
    /** @default the source's catalogue */
    readonly names: readonly string[] | undefined;
    readonly concurrency: number;
    readonly dryRun: boolean;
}

export interface Failure {
    /** `team/app:v1`, or a repository. */
    readonly image: string;
    readonly reason: string;
}

/** Filled as the steps run. */
export interface Outcome {
    repositories: number;
    tags: number;
    copied: number;
    present: number;
    blobs: number;
    mounted: number;
    bytes: number;
    /** That were made, or would be. */
    projects: string[];
    failures: Failure[];
}

/** Failures that are told one by one; all are in the JSON event. */
const told = 30;

export function migrationSteps(
    migration: Migration,
    signal: AbortSignal,
): { readonly steps: readonly Step[]; readonly outcome: Outcome } {
    const { source, target, harbor, mapping, names, dryRun } = migration;
    const outcome: Outcome = {
        repositories: 0,
        tags: 0,
        copied: 0,
        present: 0,
        blobs: 0,
        mounted: 0,
        bytes: 0,
        projects: [],
        failures: [],
    };
    let repositories: readonly string[] = [];
    const list: Step = {
        id: "list",
        title: "read the catalogue",
        plan:
            names === undefined ? `GET ${source.origin}/v2/_catalog` : `${String(names.length)} repositories as given`,
        run: async () => {
            repositories = names ?? (await collect(source.repositories()));
            outcome.repositories = repositories.length;
            return `${String(repositories.length)} repositories`;
        },
    };
    const projects: Step = {
        id: "projects",
        title: dryRun ? "look for the projects" : "make the projects",
        plan: "each project that Harbor lacks, private",
        needs: ["list"],
        run: async () => {
            const wanted = [...new Set(repositories.map((name) => targetOf(name, mapping).project))].sort();
            for (const name of wanted) {
                requireProject(name);
                if (await harbor.projects.exists(name, { signal })) continue;
                if (!dryRun) {
                    await harbor.projects.create({ project_name: name, metadata: { public: "false" } }, { signal });
                }
                outcome.projects.push(name);
            }
            return outcome.projects.length === 0 ? "all are there" : outcome.projects.join(", ");
        },
    };
    const copy: Step = {
        id: "copy",
        title: dryRun ? "compare the images" : "copy the images",
        plan: `every tag with its digest, from ${source.origin} to ${target.origin}`,
        needs: ["projects"],
        run: async ({ update }) => {
            const copier = new ImageCopier(source, target, signal);
            const tell = (): void => {
                outcome.copied = copier.counts.images;
                outcome.blobs = copier.counts.blobs;
                outcome.mounted = copier.counts.mounted;
                outcome.bytes = copier.counts.bytes;
                const { tags, copied, present, failures } = outcome;
                update(
                    `${String(tags)} tags: ${String(copied)} copied, ${String(present)} there, ${String(failures.length)} failed`,
                );
            };
            await inParallel(repositories, migration.concurrency, signal, (name) =>
                copyRepository(migration, copier, name, outcome, signal, tell),
            );
            tell();
            if (outcome.failures.length > 0) throw failed(outcome);
            return dryRun
                ? `${String(outcome.tags - outcome.present)} of ${String(outcome.tags)} tags are to be copied`
                : `${String(outcome.copied)} copied, ${String(outcome.present)} were there`;
        },
    };
    return { steps: [list, projects, copy], outcome };
}

/** What fails in one repository does not stop the others. */
async function copyRepository(
    { source, target, mapping, dryRun }: Migration,
    copier: ImageCopier,
    name: string,
    outcome: Outcome,
    signal: AbortSignal,
    tell: () => void,
): Promise<void> {
    const note = (image: string, error: unknown): void => {
        signal.throwIfAborted();
        // A defect is none of the image.
        if (!(error instanceof UserError)) throw error;
        outcome.failures.push({ image, reason: [messageOf(error), ...error.details].join(": ") });
    };
    const { repository: to, project } = targetOf(name, mapping);
    // Of a project that is not made yet Harbor says nothing but 401.
    const absent = dryRun && outcome.projects.includes(project);
    try {
        const tags = await collect(source.tags(name));
        // Signatures (tags sha256-...) after what they sign, as Harbor ties them to it.
        for (const tag of tags.sort((a, b) => Number(isOfDigest(a)) - Number(isOfDigest(b)))) {
            signal.throwIfAborted();
            outcome.tags++;
            try {
                const same = absent
                    ? false
                    : dryRun
                      ? (await target.digestOf(to, tag)) === (await source.manifest(name, tag)).digest
                      : (await copier.copy(name, to, tag)) === "present";
                if (same) outcome.present++;
            } catch (error) {
                note(`${name}:${tag}`, error);
            }
            tell();
        }
    } catch (error) {
        note(name, error);
    }
}

function isOfDigest(tag: string): boolean {
    return tag.startsWith("sha256-");
}

function failed({ failures, tags }: Outcome): UserError {
    const details = failures.slice(0, told).map(({ image, reason }) => `${image}: ${reason}`);
    if (failures.length > told) details.push(`and ${String(failures.length - told)} more (--json has them all)`);
    return new UserError(`${String(failures.length)} of ${String(tags)} tags were not copied`, {
        details,
        next: ["mend what is said above, and run the command again: it goes on where it was"],
    });
}

async function collect(names: AsyncIterable<string>): Promise<string[]> {
    const all: string[] = [];
    for await (const name of names) all.push(name);
    return all;
}
