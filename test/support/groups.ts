/** Specs that one run of mocha takes, one after the other. */
export interface Group {
    readonly name: string;
    /** Paths from the project's root. */
    readonly files: readonly string[];
}

/** As measured: these take longest, and so begin first. */
export const longest = [
    "release",
    "shared",
    "stacks",
    "without a lab",
    "choices",
    "upgrade",
    "backup",
    "upgrade-operator-database",
    "restore",
    "migrate",
    "backup-velero",
    "operators/operators",
];

/**
 * Those that share a lab (support/lab.ts) are one group, so that it is started once; each other spec on labs is a group
 * of its own; all others are one.
 * @returns the longest ones first
 */
export function groupsOf(specs: readonly { readonly file: string; readonly text: string }[]): Group[] {
    const groups = new Map<string, string[]>();
    for (const { file, text } of specs) {
        const name = groupOf(file, text);
        groups.set(name, [...(groups.get(name) ?? []), file]);
    }
    const rank = (name: string): number => (longest.includes(name) ? longest.indexOf(name) : longest.length);
    return [...groups]
        .map(([name, files]) => ({ name, files }))
        .toSorted((one, other) => rank(one.name) - rank(other.name));
}

function groupOf(file: string, text: string): string {
    if (!file.startsWith("test/lab/")) return "without a lab";
    if (/\b(?:sharedLab|engineLab)\(/.test(text)) return "shared";
    if (/\b(?:startLab|operatorLab)\(|"lab-|"--lab"|"lab", "start"/.test(text))
        return file.replace(/^test\/lab\/|\.spec\.ts$/g, "");
    return "parts of a lab";
}
