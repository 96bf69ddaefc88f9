import { UserError } from "../../lib/errors";
import { waitFor } from "../../lib/wait";
import { describePulled, pullImages } from "../restore/samples";
import { describeSchedule, rearm, scheduleDifferences } from "../restore/schedules";
import { describeCounts } from "../restore/restoration";
import type { Step } from "../steps";
import { makeProject, pushAndPull, removeProject } from "./probe-project";
import { nameOf, verifiedMark, type HopRecord, type Side } from "./record";
import type { Upgrading } from "./upgrading";

/** Whether the Harbor of that version is the registry that was there: while nobody can write yet. */
export function checkSteps(upgrading: Upgrading, side: Side): Step[] {
    const { doors, hop } = upgrading;
    const version = hop[side];
    return [
        arrivedStep(upgrading, side),
        {
            id: "ready",
            title: "wait for Harbor's pods",
            plan: "all workloads of the release, Ready",
            skip: () => upgrading.alreadyVerified(side),
            run: async ({ update }) => `${String(await doors.workloads.ready(update, doors.waitMs))} workloads`,
        },
        {
            id: "health",
            title: "log in, and ask for the health of every component",
            plan: "as the administrator; all healthy",
            run: async ({ signal, update }) => {
                const { client } = await upgrading.open(update);
                let last = "";
                const look = async (): Promise<number | undefined> => {
                    const { components } = await client.system.health({ signal });
                    const ill = components.filter(({ status }) => status !== "healthy");
                    last = ill.map(({ name, error }) => `${name}: ${error ?? "no reason given"}`).join("; ");
                    if (ill.length > 0) update(last);
                    return ill.length === 0 ? components.length : undefined;
                };
                const count = await waitFor(look, {
                    what: "Harbor's components to be healthy",
                    timeoutMs: Math.min(doors.waitMs, 120_000),
                    intervalMs: 500,
                    signal,
                    describe: () => last,
                });
                return `${String(count)} components`;
            },
            undo: { title: "end the connections to Harbor", when: "always", run: () => upgrading.close() },
        },
        {
            id: "version",
            title: "compare the version everywhere",
            plan: `${version}: what core says, and the image of every pod`,
            skip: () => upgrading.alreadyVerified(side),
            run: async ({ signal }) => {
                const answered = (await upgrading.harbor.client.version({ signal })).version;
                const others = (await doors.workloads.images()).filter((image) => !isOf(image, version));
                if (answered === version && others.length === 0) return version;
                throw new UserError(`Harbor is not ${version} everywhere`, {
                    details: [
                        ...(answered === version ? [] : [`core answers as ${answered}`]),
                        ...others.map((image) => `image ${image}`),
                    ],
                });
            },
        },
        {
            id: "counts",
            title: "compare the counts",
            plan: "projects, repositories and artifacts, as before",
            skip: () => upgrading.alreadyVerified(side),
            run: async ({ update }) => {
                const { counts } = hop;
                if (counts === undefined) throw new Error("the hop has no counts");
                const database = await doors.database(update);
                try {
                    const now = await database.counts();
                    if (describeCounts(now) === describeCounts(counts)) return describeCounts(now);
                    throw new UserError("the database does not hold what it did", {
                        details: [`before: ${describeCounts(counts)}`, `now: ${describeCounts(now)}`],
                    });
                } finally {
                    await database.close();
                }
            },
        },
        {
            id: "content",
            title: "pull images by their digest",
            plan: "those that were there before: manifest, configuration and layers",
            skip: () => upgrading.alreadyVerified(side),
            run: async ({ update }) => {
                const pulled = describePulled(await pullImages(upgrading.harbor.registry, hop.sample, update));
                // From here on people write again: what is compared above no longer has to be the same.
                await upgrading.note({ verified: verifiedMark(hop, side) });
                return pulled;
            },
        },
    ];
}

/** Of a hop that changes what is beside Harbor. */
function arrivedStep(upgrading: Upgrading, side: Side): Step {
    const { doors, hop } = upgrading;
    return {
        id: "parts",
        title: `wait for ${nameOf(hop, side)}`,
        plan: "the operators' charts, and the version that the database's server says itself",
        skip: () => (hop.parts === undefined ? "the hop is one of Harbor" : upgrading.alreadyVerified(side)),
        run: ({ signal, update }) => doors.parts.arrived(hop.parts ?? { operators: [] }, side, { signal, update }),
    };
}

/** Harbor takes writes again, and is seen to. */
export function openStep(upgrading: Upgrading): Step {
    const { hop } = upgrading;
    return {
        id: "open",
        title: "let Harbor go on",
        plan: "read-only mode ends, the paused queues resume; an image is pushed and pulled; schedules are compared",
        run: async ({ signal, update }) => {
            await upgrading.frozen().putBack({ signal });
            update("push");
            await makeProject(upgrading, signal);
            const digest = await pushAndPull(upgrading, `after-${hop.state}`);
            hop.measured = (await upgrading.stopProbe()) ?? hop.measured;
            update("schedules");
            return `pushed and pulled ${digest.slice(0, 19)}; ${await armSchedules(upgrading, signal)}`;
        },
    };
}

async function armSchedules({ harbor: { client }, hop }: Upgrading, signal: AbortSignal): Promise<string> {
    const { schedules } = hop;
    const differences = scheduleDifferences(schedules, await client.schedules.list({ signal }).toArray());
    const left = await rearm(client, differences, { signal });
    if (left.length > 0) throw new UserError("not every schedule could be armed", { details: left });
    if (differences.length === 0) return `all ${String(schedules.length)} schedules are armed`;
    return `armed again: ${differences.map(({ kept }) => describeSchedule(kept)).join(", ")}`;
}

/** Its end, on record and in the stack's settings. */
export function settleStep(upgrading: Upgrading, state: HopRecord["state"]): Step {
    const { doors, hop } = upgrading;
    const side = state === "upgraded" ? "to" : "from";
    return {
        id: "settle",
        title: `make the settings say ${hop.parts === undefined ? hop[side] : nameOf(hop, side)}`,
        plan: "versions in the stack's file, so that the next `up` changes nothing; the probe's project goes",
        run: async ({ signal }) => {
            const told = await doors.settle(hop, side);
            await removeProject(upgrading, signal);
            await upgrading.note({ state });
            return told ?? "they said so already";
        },
    };
}

/** Whether an image's tag is that of a release: `v2.14.4`, also with something behind it. Pure. */
export function isOf(image: string, version: string): boolean {
    const [, tag = ""] = /:([^/:@]+)(?:@.*)?$/.exec(image) ?? [];
    return tag === `v${version}` || tag.startsWith(`v${version}-`) || tag === version;
}
