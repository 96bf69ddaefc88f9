import { stripVTControlCharacters } from "node:util";

/** What a run of tests came to. */
export interface Counts {
    readonly passed: number;
    readonly failed: number;
    readonly skipped: number;
}

/** The plain line that pipelines read; see closing-line-reporter.js, which writes it for one run. */
export function closingLine({ passed, failed, skipped }: Counts): string {
    return `${String(passed)} passed, ${String(failed)} failed${skipped > 0 ? `, ${String(skipped)} skipped` : ""}`;
}

/** Undefined for any other line. */
export function parseClosingLine(line: string): Counts | undefined {
    const found = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/.exec(line);
    if (!found) return undefined;
    const [, passed, failed, skipped = 0] = found;
    return { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) };
}

export function sumOf(all: readonly Counts[]): Counts {
    return all.reduce((sum, { passed, failed, skipped }) => ({
        passed: sum.passed + passed,
        failed: sum.failed + failed,
        skipped: sum.skipped + skipped,
    }));
}

/** What a run of mocha said of its failures: from its count of them to its last line; nothing where none failed. */
export function failuresIn(lines: readonly string[]): readonly string[] {
    const begin = lines.findIndex((line) => /^ +\d+ failing$/.test(stripVTControlCharacters(line)));
    return begin < 0 ? [] : lines.slice(begin);
}
