import type { StackOutputs } from "../../config/contract";
import { writeReport } from "../report";
import type { Reporter } from "../reporter";
import type { StepsResult } from "../steps";
import type { UpgradeRecord } from "./record";

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
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- unknown, as every thing that is caught
    if (result.error !== undefined) throw result.error;
    reporter.line(reporter.style("green", `Harbor ${version} is installed and verified`));
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

/** What a report says beside its timeline. Pure. */
export function factsOf(record: UpgradeRecord, flags: string): Readonly<Record<string, string>> {
    const { hops } = record;
    const done = hops.findLast(({ state }) => state === "upgraded");
    return {
        versions: [hops[0]?.from, ...hops.map(({ to }) => to)].join(" to "),
        installed: installed(record),
        ...Object.fromEntries(hops.map(({ from, to, state }) => [`hop ${from} to ${to}`, state])),
        ...Object.fromEntries(
            hops.flatMap(({ from, backup, dump }) => [
                ...(backup === undefined ? [] : [[`backup of ${from}`, backup] as const]),
                ...(dump === undefined ? [] : [[`last dump of ${from}`, dump.key] as const]),
            ]),
        ),
        ...Object.fromEntries(
            hops.flatMap(({ to, measured }) => {
                if (measured === undefined) return [];
                const { pulls, pushes } = measured;
                const outage =
                    `pulls failed for ${String(pulls.seconds)} s (${String(pulls.longest)} s at a stretch), ` +
                    `pushes for ${String(pushes.seconds)} s, most of it because Harbor was read-only`;
                return [[`clients, to ${to}`, outage]];
            }),
        ),
        ...(done === undefined
            ? {}
            : {
                  "the way back": `npx anchorage upgrade rollback${flags} puts ${done.from} back with its database; what was pushed since is lost`,
              }),
    };
}
