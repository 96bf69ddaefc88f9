/** Milliseconds of each unit of Go's durations (time.ParseDuration), but those below a millisecond. */
const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration as Go reads it, such as 1h30m; undefined of what is none: Go knows no days. */
export function goDuration(text: string): number | undefined {
    if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
    return [...text.matchAll(/([\d.]+)(ms|s|m|h)/g)].reduce(
        (sum, [, number, unit]) => sum + Number(number) * (units[unit ?? ""] ?? 0),
        0,
    );
}
