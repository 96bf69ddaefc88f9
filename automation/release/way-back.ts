import { parse } from "yaml";
import { UserError } from "../../lib/errors";
import type { ReleaseRecord } from "./record";
import type { WayBack } from "./steps";

/** What is installed now. */
export interface Present {
    /** `2.15.2` */
    readonly harbor: string;
    /** The text of Pulumi.<stack>.yaml with that version. */
    readonly settings: string;
}

/**
 * What a release that failed goes back to. Pure. An upgrade is undone only by the run that made it: the database of before
 * does not know what was pushed since, and later that may be a day's work.
 * @param failed id of the step @returns a text: why there is nothing to go back to
 */
export function decideWayBack(failed: string, record: ReleaseRecord | undefined, now: Present): WayBack | string {
    if (record === undefined) return "no earlier release is on record";
    const { good } = record;
    if (failed === "verify-upgrade") return { kind: "upgrade", good };
    if (good.harbor !== now.harbor) {
        return (
            `Harbor was upgraded from ${good.harbor} by another run; anchorage upgrade rollback undoes that, ` +
            "and loses what was pushed since"
        );
    }
    if (sameSettings(good.settings, now.settings)) return "the last good release had the same settings";
    return { kind: "settings", good };
}

/** Whether two texts of Pulumi.<stack>.yaml say the same; comments and layout do not count. Pure. */
export function sameSettings(one: string, other: string): boolean {
    const config = (text: string): unknown => (parse(text) as { readonly config?: unknown } | null)?.config;
    return JSON.stringify(config(one)) === JSON.stringify(config(other));
}

/** What {@link rollBackTo} sees and does. */
export interface Undoing {
    readonly installed: () => Promise<string>;
    /** Whether a hop was begun, forward or back, and did not come to its end. */
    readonly underWay: () => Promise<boolean>;
    /** Undoes the hop under way; or every hop as far as that Harbor. */
    readonly undo: (to: string | undefined) => Promise<void>;
}

/** Undoes hop after hop, until that Harbor is there. @throws UserError where the record of the upgrade ends before it */
export async function rollBackTo(harbor: string, { installed, underWay, undo }: Undoing): Promise<void> {
    for (let before: string | undefined; ;) {
        const now = await installed();
        // What is installed may be the old one already, and its database not yet.
        const inBetween = await underWay();
        if (!inBetween && now === harbor) return;
        if (!inBetween && now === before) {
            throw new UserError(`Harbor ${now} stays: no upgrade from ${harbor} is on record that could be undone`, {
                next: ["npx anchorage backup list names what npx anchorage restore could bring back"],
            });
        }
        // A hop that was under way may end at the Harbor that is installed already.
        before = inBetween ? undefined : now;
        await undo(inBetween ? undefined : harbor);
    }
}
