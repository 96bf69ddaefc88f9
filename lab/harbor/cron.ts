/** Harbor's cron: six fields, the first of them seconds, which must be 0. Source: src/lib/.../ValidateCronString. */

interface Field {
    readonly least: number;
    readonly most: number;
}

const fields: readonly Field[] = [
    { least: 0, most: 59 },
    { least: 0, most: 59 },
    { least: 0, most: 23 },
    { least: 1, most: 31 },
    { least: 1, most: 12 },
    { least: 0, most: 6 },
];
const names = [
    [],
    [],
    [],
    [],
    "jan feb mar apr may jun jul aug sep oct nov dec".split(" "),
    "sun mon tue wed thu fri sat".split(" "),
];

/** The numbers of each field, or undefined where the text is no cron of Harbor's. */
function parse(cron: string): readonly ReadonlySet<number>[] | undefined {
    const parts = cron.trim().split(/\s+/);
    if (parts.length !== 6 || !/^0+$/.test(parts[0] ?? "")) return undefined;
    const sets = fields.map((field, index) => valuesOf(parts[index] ?? "", field, names[index] ?? []));
    return sets.some((set) => set === undefined) ? undefined : (sets as ReadonlySet<number>[]);
}

function valuesOf(text: string, { least, most }: Field, words: readonly string[]): ReadonlySet<number> | undefined {
    const values = new Set<number>();
    const number = (word: string): number => {
        const at = words.indexOf(word.toLowerCase());
        return at >= 0 ? at + least : /^\d+$/.test(word) ? Number(word) : Number.NaN;
    };
    for (const part of text.split(",")) {
        const [range = "", stepText] = part.split("/");
        const step = stepText === undefined ? 1 : Number(stepText);
        const isAll = range === "*" || range === "?";
        const [from, to] = isAll ? [least, most] : (range.split("-").map(number) as [number, number | undefined]);
        const end = to ?? (stepText === undefined ? from : most);
        if (!Number.isInteger(step) || step < 1 || Number.isNaN(from) || Number.isNaN(end)) return undefined;
        if (from < least || end > most || from > end) return undefined;
        for (let value = from; value <= end; value += step) values.add(value);
    }
    return values;
}

export function isCron(cron: string): boolean {
    return parse(cron) !== undefined;
}

/** The next time after `from` that it names (UTC); undefined where there is none within four years. */
export function nextTime(cron: string, from: Date): Date | undefined {
    const parsed = parse(cron);
    if (!parsed) return undefined;
    const has = (index: number, value: number): boolean => parsed[index]?.has(value) ?? false;
    const at = new Date(from);
    at.setUTCSeconds(0, 0);
    at.setUTCMinutes(at.getUTCMinutes() + 1);
    const last = from.getTime() + 4 * 366 * 24 * 3_600_000;
    while (at.getTime() < last) {
        if (!has(4, at.getUTCMonth() + 1) || !has(3, at.getUTCDate()) || !has(5, at.getUTCDay())) {
            at.setUTCHours(24, 0, 0, 0);
        } else if (!has(2, at.getUTCHours())) at.setUTCHours(at.getUTCHours() + 1, 0, 0, 0);
        else if (!has(1, at.getUTCMinutes())) at.setUTCMinutes(at.getUTCMinutes() + 1, 0, 0);
        else return at;
    }
    return undefined;
}
