import type { Outcome } from "./steps";

/** What came of a migration, for terminal and report. */
export function reportLines(outcome: Outcome, dryRun: boolean): Readonly<Record<string, string>> {
    const { repositories, tags, present, copied, blobs, mounted, bytes, projects, failures } = outcome;
    const shown = (value: number): string => value.toLocaleString("en-US");
    const seen = { repositories: shown(repositories), tags: shown(tags) };
    if (dryRun) return { ...seen, "there already": shown(present), "projects to make": projects.join(", ") || "none" };
    return {
        ...seen,
        copied: shown(copied),
        "there already": shown(present),
        failed: shown(failures.length),
        "blobs sent": `${shown(blobs)} (${shown(Math.round(bytes / 2 ** 20))} MiB)`,
        "blobs mounted": shown(mounted),
        "projects made": projects.join(", ") || "none",
    };
}
