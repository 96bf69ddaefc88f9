import type { HarborRelease } from "./catalogue";

/** Something that is different after a hop. */
export interface PlannedChange {
    readonly kind: "bundled-engine" | "removed-key" | "renamed-key" | "added-key" | "new-default";
    /** Key of the chart, where it is about one. */
    readonly key?: string;
    /** Whether the user's own values have that key, so that something is to be done about it. */
    readonly touches: boolean;
    readonly sentence: string;
}

/** What a hop goes between. */
export interface ChangedReleases {
    readonly from: HarborRelease;
    readonly to: HarborRelease;
    /** The user's own chart values. */
    readonly values: Readonly<Record<string, unknown>>;
}

/** What is different between two releases, beside the schema of the database. Pure. */
export function changesOf({ from, to }: ChangedReleases): PlannedChange[] {
    return [
        ...(from.postgresql.major === to.postgresql.major
            ? []
            : [
                  bundled(
                      `the internal database is PostgreSQL ${String(to.postgresql.major)}, it was ` +
                          String(from.postgresql.major),
                  ),
              ]),
        ...(from.cache === to.cache ? [] : [bundled(`the internal cache is ${to.cache}, it was ${from.cache}`)]),
    ];
}

function bundled(sentence: string): PlannedChange {
    return { kind: "bundled-engine", touches: false, sentence };
}
