import { UserError } from "../../lib/errors";
import type { BackupManifest } from "../backup/manifest";
import type { HopRecord } from "./record";

/** Where the backup of a hop comes from. Tests give fakes. */
export interface BackupSource {
    readonly stack: string;
    readonly namespace: string;
    /** Milliseconds; an older set is not good enough. */
    readonly maxAgeMs: number;
    readonly now: () => number;
    /** All sets of the bucket, the oldest first. */
    sets(): Promise<readonly BackupManifest[]>;
    /** @throws UserError where a digest of it does not fit */
    verify(name: string): Promise<void>;
    /** Makes a set. @returns its name */
    make(): Promise<string>;
    warn(message: string): void;
    /** Of the command. */
    readonly signal: AbortSignal;
}

/**
 * A complete set of the Harbor that is there, each digest of which was compared just now: one that is young enough, or a new
 * one. There is no way around it. @throws UserError where neither can be had
 */
export async function verifiedBackup(
    hop: Pick<HopRecord, "from">,
    source: BackupSource,
): Promise<{ readonly name: string; readonly made: boolean }> {
    const young = (await source.sets()).findLast((set) => isGood(set, hop, source));
    if (young !== undefined) {
        try {
            await source.verify(young.name);
            return { name: young.name, made: false };
        } catch (error) {
            source.signal.throwIfAborted();
            if (!(error instanceof UserError)) throw error;
            source.warn(`${error.message}: another one is made`);
        }
    }
    const name = await source.make();
    await source.verify(name);
    return { name, made: true };
}

function isGood(set: BackupManifest, hop: Pick<HopRecord, "from">, source: BackupSource): boolean {
    return (
        set.state === "complete" &&
        set.stack === source.stack &&
        set.namespace === source.namespace &&
        set.harbor === hop.from &&
        source.now() - Date.parse(set.beganAt) < source.maxAgeMs
    );
}
