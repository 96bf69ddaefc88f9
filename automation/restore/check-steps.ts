import { UserError } from "../../lib/errors";
import { waitFor } from "../../lib/wait";
import type { Step } from "../steps";
import { describePulled, pullImages, sampleImages, spread } from "./samples";
import { describeCounts, running, type Restoration, type Shared } from "./restoration";

/** Milliseconds that Harbor's own look at its components may take to become healthy: it looks every 10 s. */
const healthyWithin = 120_000;

/** What a copy does not run, or shares with nobody. */
const notInCopy: ReadonlySet<string> = new Set(["jobservice", "portal", "trivy", "registryctl"]);

/** Whether what was restored is the registry that was backed up. All of them run, so that one run tells all that is wrong. */
export function checkSteps(restoration: Restoration, shared: Shared): Step[] {
    const { set, copy, samples } = restoration;
    return [
        {
            id: "health",
            title: "ask for the health of every component",
            plan: copy ? "core, database, redis and registry" : "all healthy",
            goOn: true,
            needs: ["start"],
            run: async ({ signal, update }) => {
                const { client } = running(shared);
                let last = "";
                const look = async (): Promise<number | undefined> => {
                    const { components } = await client.system.health({ signal });
                    const looked = components.filter(({ name }) => !copy || !notInCopy.has(name));
                    const ill = looked.filter(({ status }) => status !== "healthy");
                    last = ill.map(({ name, error }) => `${name}: ${error ?? "no reason given"}`).join("; ");
                    if (ill.length > 0) update(last);
                    return ill.length === 0 ? looked.length : undefined;
                };
                const what = "Harbor's components to be healthy";
                const healthy = await waitFor(look, {
                    what,
                    timeoutMs: healthyWithin,
                    intervalMs: 500,
                    signal,
                    describe: () => last,
                });
                return `${String(healthy)} components`;
            },
        },
        {
            id: "version",
            title: "compare Harbor's version",
            plan: `it is ${set.harborVersion} as in the backup, or newer`,
            goOn: true,
            needs: ["start"],
            run: async ({ signal }) => {
                const version = await running(shared).client.version({ signal });
                if (version.compare(set.harborVersion) >= 0) return version.version;
                throw new UserError(`Harbor ${version.version} runs on the database of ${set.harborVersion}`, {
                    details: ["an older Harbor may not understand it"],
                    next: ["npx anchorage up"],
                });
            },
        },
        {
            id: "counts",
            title: "compare the counts",
            plan: describeCounts(set.counts),
            goOn: true,
            needs: ["database"],
            run: () => {
                const { counts = { projects: 0, repositories: 0, artifacts: 0 } } = shared;
                const different = (["projects", "repositories", "artifacts"] as const).filter(
                    (name) => counts[name] !== set.counts[name],
                );
                if (different.length === 0) return Promise.resolve("as in the backup");
                throw new UserError("the database does not hold what the backup's manifest says", {
                    details: different.map(
                        (name) => `${name}: ${String(counts[name])} in place of ${String(set.counts[name])}`,
                    ),
                });
            },
        },
        {
            id: "content",
            title: "pull images by their digest",
            plan: `${String(samples)} at most, from all over the registry: manifest, configuration and layers`,
            goOn: true,
            needs: ["start"],
            run: async ({ signal, update }) => {
                const { client, registry } = running(shared);
                const images =
                    set.sample.length > 0
                        ? spread(set.sample, samples)
                        : await sampleImages(client, samples, { signal });
                return describePulled(await pullImages(registry, images, update));
            },
        },
    ];
}
