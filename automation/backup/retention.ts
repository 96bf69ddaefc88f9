import type { BackupOutput } from "../../config/contract";
import type { BackupManifest } from "./manifest";

export interface Expired {
    readonly set: BackupManifest;
    /** In a few words. */
    readonly why: string;
}

const day = 24 * 3_600_000;

/**
 * Sets of a stack that are to be deleted. Of the complete regular ones, those that are older than the days and not among
 * the newest of the count; the newest complete set never. Snapshots are for a while: they do not count. Pure.
 * An incomplete one of it is deleted: whoever asks holds the lock, so that nobody makes it any more.
 * @param sets the oldest first, of any stack @param now milliseconds since 1970
 */
export function expiredSets(
    sets: readonly BackupManifest[],
    { stack, registryUrl }: Pick<BackupManifest, "stack" | "registryUrl">,
    { count, days }: BackupOutput["retention"],
    now: number,
): readonly Expired[] {
    const own = sets.filter((set) => set.stack === stack);
    const complete = own.filter(({ state }) => state === "complete").reverse();
    const kept = new Set(complete.filter(({ kind }) => kind === "regular").slice(0, Math.max(1, count)));
    const [newest] = complete;
    if (newest !== undefined) kept.add(newest);
    return own.flatMap((set): Expired[] => {
        // Of another cluster's stack of that name it may be under way.
        if (set.state === "incomplete" && set.registryUrl !== registryUrl) return [];
        if (set.state === "incomplete") return [{ set, why: `it is incomplete: ${set.why}` }];
        const age = Math.floor((now - Date.parse(set.beganAt)) / day);
        if (kept.has(set) || age < days) return [];
        return [{ set, why: `it is ${String(age)} days old` }];
    });
}
