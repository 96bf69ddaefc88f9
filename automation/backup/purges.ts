/**
 * When distribution's registry throws away uploads that nobody ended, by its own log (registry/handlers/app.go:
 * "Starting upload purge in 24h0m0s", written when it begins to wait; registry/storage/purgeuploads.go:
 * "PurgeUploads starting", "Purge uploads finished"). Pure.
 */

export interface UploadPurges {
    /** Milliseconds since 1970. The last one that began; absent: the log knows of none. */
    readonly last?: number;
    /** The next one of any of the registry's pods. */
    readonly next?: number;
}

/** @param lines as `kubectl logs --prefix --timestamps` prints them, in any order of pods */
export function readPurges(lines: Iterable<string>): UploadPurges {
    let last: number | undefined;
    const nextOf = new Map<string, number>();
    for (const line of lines) {
        const [, pod = "", stamp = "", text = ""] = /^(?:\[([^\]]*)\] )?(\d{4}-\S+) (.*)$/.exec(line) ?? [];
        const time = Date.parse(stamp);
        if (Number.isNaN(time)) continue;
        if (text.includes("PurgeUploads starting")) last = Math.max(last ?? 0, time);
        const [, duration] = /Starting upload purge in ([0-9a-zµ.]+)/.exec(text) ?? [];
        const wait = duration === undefined ? undefined : parseGoDuration(duration);
        if (wait !== undefined) nextOf.set(pod, time + wait);
    }
    return {
        ...(last === undefined ? {} : { last }),
        ...(nextOf.size === 0 ? {} : { next: Math.min(...nextOf.values()) }),
    };
}

const units: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/** As Go prints a time.Duration: `24h0m0s`. @returns milliseconds; undefined for what is none */
export function parseGoDuration(text: string): number | undefined {
    if (text === "0s" || text === "0") return 0;
    const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)];
    if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) return undefined;
    return parts.reduce((sum, [, number, unit]) => sum + Number(number) * (units[unit ?? ""] ?? 0), 0);
}
