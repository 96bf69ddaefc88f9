import { cpus, loadavg, release, totalmem } from "node:os";
import { performance } from "node:perf_hooks";

/** Median and spread of repeated measurements, in the unit of what was measured. */
export interface Spread {
    readonly median: number;
    readonly min: number;
    readonly max: number;
    readonly count: number;
}

export function spreadOf(samples: readonly number[]): Spread {
    const sorted = [...samples].sort((a, b) => a - b);
    const at = (index: number): number => {
        const value = sorted[index];
        if (value === undefined) throw new Error("nothing was measured");
        return value;
    };
    const middle = Math.floor(sorted.length / 2);
    const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
    return { median, min: at(0), max: at(sorted.length - 1), count: sorted.length };
}

/** Wall time of `work`, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
    const begin = performance.now();
    await work();
    return performance.now() - begin;
}

/** One side of a comparison: gives the measurement, and puts everything back as it was. */
export interface Side {
    /** As it stands in the table. */
    readonly what: string;
    /** @returns the measurement: milliseconds or bytes */
    readonly measure: () => Promise<number>;
    /** Not measured; runs after each measurement. */
    readonly cleanUp?: () => Promise<void>;
}

export interface Pairs {
    readonly subject: Spread;
    readonly peer: Spread;
    /** Of each pair, measured one right after the other: what the machine does meanwhile hits both. */
    readonly ratio: Spread;
}

/** Gets a line for each measurement. */
export type Tell = (line: string) => void;

const tellUser: Tell = (line) => {
    console.error(line);
};

/** Measures A B, B A, A B ..., so that a machine that grows slower, or what one leaves to its caches, favours neither. */
export async function measurePairs(subject: Side, peer: Side, rounds: number, tell: Tell = tellUser): Promise<Pairs> {
    const subjects: number[] = [];
    const peers: number[] = [];
    for (let round = 1; round <= rounds; round++) {
        const turn = `${String(round)}/${String(rounds)}`;
        const first = async (): Promise<number> => subjects.push(await once(subject, turn, tell));
        const second = async (): Promise<number> => peers.push(await once(peer, turn, tell));
        // What one leaves to the disk and the caches, the other one finds: each is first every other time.
        for (const measure of round % 2 === 1 ? [first, second] : [second, first]) await measure();
    }
    return pairsOf(subjects, peers);
}

/** The n-th of one and the n-th of the other were measured one right after the other. */
export function pairsOf(subjects: readonly number[], peers: readonly number[]): Pairs {
    const ratios = subjects.map((subject, index) => {
        const peer = peers[index];
        if (peer === undefined || peers.length !== subjects.length) throw new Error("measurements without a partner");
        return subject / peer;
    });
    return { subject: spreadOf(subjects), peer: spreadOf(peers), ratio: spreadOf(ratios) };
}

async function once(side: Side, turn: string, tell: Tell): Promise<number> {
    try {
        const value = await side.measure();
        tell(`  ${turn}  ${side.what}: ${String(Math.round(value))}`);
        return value;
    } finally {
        await side.cleanUp?.();
    }
}

/** One line of the table. */
export interface Figure {
    readonly name: string;
    readonly unit: "s" | "MiB";
    readonly subject: Spread;
    readonly peer: { readonly what: string; readonly spread: Spread };
    readonly ratio: Spread;
    /** What the issue asks for: a ratio, or seconds / MiB of the subject itself. */
    readonly limit: { readonly of: "ratio" | "value"; readonly most: number };
}

/** What of the figure its limit is about. */
export function limited(figure: Figure): { readonly value: number; readonly holds: boolean } {
    const value = figure.limit.of === "ratio" ? figure.ratio.median : inUnit(figure.subject.median, figure.unit);
    return { value, holds: value <= figure.limit.most };
}

function inUnit(value: number, unit: Figure["unit"]): number {
    return unit === "s" ? value / 1000 : value / 2 ** 20;
}

function show(spread: Spread, unit: Figure["unit"]): string {
    const digits = unit === "s" ? 2 : 0;
    const text = (value: number): string => inUnit(value, unit).toFixed(digits);
    return `${text(spread.median)} ${unit} (${text(spread.min)} - ${text(spread.max)})`;
}

function showLimit({ limit, unit }: Figure): string {
    return limit.of === "ratio" ? `${String(limit.most)} x` : `${String(limit.most)} ${unit}`;
}

/** The table of results.md and README: medians, with smallest and greatest in parentheses. */
export function table(figures: readonly Figure[]): string {
    const rows = figures.map((figure) => {
        const ratio = `${figure.ratio.median.toFixed(2)} x (${figure.ratio.min.toFixed(2)} - ${figure.ratio.max.toFixed(2)})`;
        const verdict = limited(figure).holds ? "" : " **over**";
        return [
            figure.name,
            show(figure.subject, figure.unit),
            `${figure.peer.what}: ${show(figure.peer.spread, figure.unit)}`,
            ratio,
            `${showLimit(figure)}${verdict}`,
        ];
    });
    const lines = [
        ["figure", "here", "beside", "ratio of the pairs", "at most"],
        Array<string>(5).fill("---"),
        ...rows,
    ];
    return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** What the figures were measured on. */
export function machineLine(now: Date): string {
    const [cpu] = cpus();
    return (
        `${now.toISOString().slice(0, 10)}, ${String(cpus().length)} cores (${cpu?.model.trim() ?? "unknown"}), ` +
        `${String(Math.round(totalmem() / 2 ** 30))} GiB, ${process.platform} ${release()}, node ${process.version}, ` +
        `load ${(loadavg()[2] ?? 0).toFixed(1)} (15 min; above the number of cores others were at work)`
    );
}
