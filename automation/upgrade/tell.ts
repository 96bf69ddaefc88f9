import type { StackOutputs } from "../../config/contract";
import { writeReport } from "../report";
import type { Reporter } from "../reporter";
import type { StepsResult } from "../steps";
import { describeHop, nameOf, type HopRecord, type UpgradeRecord } from "./record";

export interface ToldUpgrade {
    readonly verb: string;
    readonly record: UpgradeRecord;
    readonly result: StepsResult;
    /** Milliseconds since 1970. */
    readonly beganAt: number;
    readonly outputs: StackOutputs;
    readonly reporter: Reporter;
    /** As typed behind a command: ` --stack public`. */
    readonly flags: string;
    /** Of the reports. */
    readonly folder: string;
}

/** Writes the report, says how it ended, and throws what failed. */
export async function tellUpgrade(told: ToldUpgrade): Promise<void> {
    const { verb, record, result, beganAt, outputs, reporter, flags, folder } = told;
    const { stack, hops } = record;
    const report = {
        ...{ verb: verb.replace(" ", "-"), stack, subject: outputs.registryUrl, beganAt, endedAt: Date.now(), result },
        facts: factsOf(record, flags),
    };
    const files = await writeReport(report, folder);
    reporter.line(`report ${files.html}`);
    const version = installed(record);
    reporter.event({ kind: "result", verb, stack, version, hops, report: files });
    // As it was thrown, by whatever step it was.
    // oxlint-disable-next-line typescript/only-throw-error -- unknown, as every thing that is caught
    if (result.error !== undefined) throw result.error;
    const parts = record.hops.findLast((hop) => hop.parts !== undefined && hop.state !== "waiting");
    const what = parts === undefined ? `Harbor ${version}` : nameOf(parts, parts.state === "upgraded" ? "to" : "from");
    reporter.line(reporter.style("green", `${what} is installed and verified`));
    for (const [name, value] of Object.entries(factsOf(record, flags))) {
        if (name.startsWith("clients") || name === "the way back") reporter.line(`${name}: ${value}`);
    }
}

/** Where the hops have come to: the version that is there, as far as it is verified. Pure. */
export function installed({ hops }: UpgradeRecord): string {
    const last = hops.findLast(({ state }) => state !== "waiting");
    if (last === undefined) return hops[0]?.from ?? "";
    return last.state === "upgraded" ? last.to : last.from;
}

/** Of a hop's state, as a report says it. */
const words: Readonly<Record<HopRecord["state"], string>> = {
    waiting: "not begun: nothing was changed",
    changing: "not finished: upgrade resume goes on, upgrade rollback goes back",
    back: "its rollback is not finished: upgrade rollback goes on",
    upgraded: "made, and verified",
    "rolled-back": "rolled back with its database, and verified",
};

/** What a report says beside its timeline. Pure. */
export function factsOf(record: UpgradeRecord, flags: string): Readonly<Record<string, string>> {
    const { hops } = record;
    const done = hops.findLast(({ state }) => state === "upgraded");
    // Without it no further hop is undone.
    const to = hops.some(({ state }) => state === "rolled-back") ? ` --to ${done?.from ?? ""}` : "";
    return {
        versions: hops.some(({ parts }) => parts !== undefined)
            ? hops.map(describeHop).join("; ")
            : [hops[0]?.from, ...hops.map(({ to }) => to)].join(" to "),
        installed: `Harbor ${installed(record)}`,
        ...Object.fromEntries(hops.map((hop) => [`hop ${describeHop(hop)}`, words[hop.state]])),
        ...Object.fromEntries(
            hops.flatMap(({ from, backup, dump }) => [
                ...(backup === undefined ? [] : [[`backup of ${from}`, backup] as const]),
                ...(dump === undefined ? [] : [[`last dump of ${from}`, dump.key] as const]),
            ]),
        ),
        ...Object.fromEntries(
            hops.flatMap((hop) => {
                const { measured } = hop;
                if (measured === undefined) return [];
                const { pulls, pushes } = measured;
                const outage =
                    `pulls failed for ${String(pulls.seconds)} s (${String(pulls.longest)} s at a stretch), ` +
                    `pushes for ${String(pushes.seconds)} s, most of it because Harbor was read-only`;
                return [[`clients, ${describeHop(hop)}`, outage]];
            }),
        ),
        ...(done === undefined
            ? {}
            : {
                  "the way back": `npx anchorage upgrade rollback${flags}${to} puts ${nameOf(done, "from")} back with its database; what was pushed since is lost`,
              }),
    };
}
