import { outcomeOf, UserError } from "../../lib/errors";
import type { Step } from "../steps";
import type { GoodRelease } from "./record";

/** What there is to do. */
export interface Ahead {
    /** What is installed; undefined: nothing that ever came up, this is the first release. */
    readonly from: string | undefined;
    /** `harbor.version` of the settings. */
    readonly to: string;
    /** `2 resources to change`, of the settings beside the version; undefined: nothing. */
    readonly changes: string | undefined;
    /** Whether the stack has backups. */
    readonly backups: boolean;
}

/** The world as a release sees it. Each door can be gone through once more after a kill. */
export interface ReleaseDoors {
    /**
     * Brings what a killed command left to its end. @returns what was done; `back`: that was a way back, of which nobody
     * knows yet that it failed
     */
    complete(update: Update): Promise<{ readonly told: readonly string[]; readonly back?: string }>;
    /** @throws UserError for what must not be done: dangers (exit code 5), checks (3), settings (2) */
    look(update: Update): Promise<Ahead>;
    /** Asks, where somebody is to be asked. @throws UserError (exit code 3) where the answer is no */
    consent(ahead: Ahead): Promise<void>;
    /** @returns the backup's name */
    backup(update: Update): Promise<string>;
    /** The settings with the version that is installed; on nothing, as they are. */
    up(update: Update, signal: AbortSignal): Promise<string>;
    /** @param step id of the step that it is a part of */
    verify(step: string, update: Update): Promise<void>;
    /** Over every hop; one that fails is undone, and thrown. */
    upgrade(update: Update): Promise<void>;
    /** What a failure goes back to; a text says why there is no such thing. @param failed id of the step */
    wayBack(failed: string): Promise<WayBack | string>;
    /** Writes down that what is there now is good. */
    keep(): Promise<void>;
    /** @throws UserError (exit code 5) where the settings of before would lose data */
    mayPutBack(update: Update): Promise<void>;
    /** Writes down that it goes back: a kill from now on is brought to its end by {@link complete}. */
    turn(kind: WayBack["kind"], why: string): Promise<void>;
    /** The settings of the last good release. */
    putBack(update: Update): Promise<string>;
    /** Undoes hop after hop, each with its database, until the last good Harbor is there. */
    rollback(update: Update): Promise<void>;
    /** Writes down that the last good release is there again. */
    returned(): Promise<void>;
}

export type Update = (detail: string) => void;

/** `upgrade`: the Harbor of before with its database; `settings`: the settings of before. */
export interface WayBack {
    readonly kind: "upgrade" | "settings";
    readonly good: GoodRelease;
}

/** What came out, for the report. */
export interface Findings {
    ahead?: Ahead;
    backup?: string;
}

/** Nothing that works is changed by them: what was left is completed, and what is ahead is looked at. */
export function firstSteps(doors: ReleaseDoors, findings: Findings): Step[] {
    return [
        {
            id: "complete",
            title: "complete what an earlier run left",
            plan: "locks, pending operations, an upgrade or a way back that was cut short",
            run: async ({ update }) => {
                const { told, back } = await doors.complete(update);
                if (back !== undefined) {
                    throw new UserError("an earlier release had failed, and its way back is complete now", {
                        details: [back, "nothing new was begun"],
                        next: ["mend what it failed on, and release again"],
                    });
                }
                return told.length === 0 ? "nothing was left" : told.join("; ");
            },
        },
        {
            id: "look",
            title: "see what is ahead",
            plan: "a preview and the plan of the upgrade; what is dangerous, or cannot be undone, is refused",
            run: async ({ update }) => {
                findings.ahead = await doors.look(update);
                return describeAhead(findings.ahead);
            },
        },
    ];
}

/** A backup, the settings, the upgrade; each verified. */
export function changeSteps(doors: ReleaseDoors, findings: Findings, ahead: Ahead): Step[] {
    const { from, to, changes, backups } = ahead;
    const noUpgrade = (): string | undefined =>
        from === undefined || from === to ? `Harbor ${to} is installed` : undefined;
    const verified = async (step: string, update: Update): Promise<string> => {
        await doors.verify(step, update);
        await doors.keep();
        return "written down as the release that a later one goes back to";
    };
    return [
        {
            id: "backup",
            title: "back up",
            plan: "one consistent set, before anything is changed",
            skip: () => {
                if (from === undefined) return "there is nothing yet";
                if (changes === undefined) return "the settings change nothing";
                return backups ? undefined : "the stack has no backups (backup.kind is none)";
            },
            run: async ({ update }) => {
                findings.backup = await doors.backup(update);
                return findings.backup;
            },
        },
        {
            id: "up",
            title: "bring the settings up",
            plan: "the engine's up, with the Harbor that is installed",
            skip: () => (changes === undefined ? "nothing would change" : undefined),
            run: ({ update, signal }) => doors.up(update, signal),
        },
        {
            id: "verify",
            title: "verify",
            plan: "from the certificate to a pushed and pulled image",
            run: ({ update }) => verified("verify", update),
        },
        {
            id: "upgrade",
            title: "upgrade",
            plan: "each hop with a verified backup; one that fails is rolled back with its database",
            skip: noUpgrade,
            run: async ({ update }) => {
                await doors.upgrade(update);
                return `Harbor ${to}`;
            },
        },
        {
            id: "verify-upgrade",
            title: "verify the upgraded registry",
            plan: "the same once more",
            skip: noUpgrade,
            run: ({ update }) => verified("verify-upgrade", update),
        },
    ];
}

/** Back to the last good release. */
export function backSteps(doors: ReleaseDoors, { kind, good }: WayBack, why: string): Step[] {
    const then = `the release of ${good.at} (Harbor ${good.harbor})`;
    const back: Step =
        kind === "upgrade"
            ? {
                  id: "rollback",
                  title: "roll the upgrade back",
                  plan: `${then}, with its database`,
                  run: async ({ update }) => {
                      await doors.turn(kind, why);
                      await doors.rollback(update);
                      return "what was pushed after the upgrade is lost";
                  },
              }
            : {
                  id: "put-back",
                  title: "put the settings of before back",
                  plan: then,
                  run: async ({ update }) => {
                      // First: a way back that may not be gone must not be on record, or no later run gets past it.
                      await doors.mayPutBack(update);
                      await doors.turn(kind, why);
                      return doors.putBack(update);
                  },
              };
    return [
        back,
        {
            id: "verify-back",
            title: "verify what is back",
            plan: "the same checks",
            run: async ({ update }) => {
                await doors.verify("verify-back", update);
                await doors.returned();
                return undefined;
            },
        },
    ];
}

/** As a person says it. Pure. */
export function describeAhead({ from, to, changes }: Ahead): string {
    if (from === undefined) return `the first release, Harbor ${to}`;
    const parts = [
        ...(changes === undefined ? [] : [`settings: ${changes}`]),
        ...(from === to ? [] : [`Harbor ${from} to ${to}`]),
    ];
    return parts.length === 0 ? `nothing changes, Harbor ${to}` : parts.join("; ");
}

/** The one error of a release that failed and was put back. Pure. */
export function putBackError({ good }: WayBack, error: unknown): UserError {
    return outcomeOf(`the release failed, and that of ${good.at} (Harbor ${good.harbor}) is back, verified`, error);
}
