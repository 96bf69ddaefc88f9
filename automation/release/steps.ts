import { ExitCode, UserError } from "../../lib/errors";
import type { Step } from "../steps";
import type { GoodRelease } from "./record";

/** What there is to do. */
export interface Ahead {
    /** What is installed; undefined: nothing is, this is the first release. */
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
    /** @returns the backup's name */
    backup(update: Update): Promise<string>;
    /** The settings with the version that is installed; on nothing, as they are. */
    up(update: Update, signal: AbortSignal): Promise<string>;
    verify(update: Update): Promise<void>;
    /** Over every hop; one that fails is undone, and thrown. */
    upgrade(update: Update): Promise<void>;
    /** Undoes the last hop, with its database. */
    rollback(update: Update): Promise<void>;
    /** What a failure goes back to; a text says why there is no such thing. @param failed id of the step */
    wayBack(failed: string): Promise<WayBack | string>;
    /** Writes down that what is there now is good. */
    keep(): Promise<void>;
    /** Writes down that it goes back: a kill from now on is brought to its end by {@link complete}. */
    turn(why: string): Promise<void>;
    /** The settings of the last good release. @throws UserError where that would lose data */
    putBack(update: Update): Promise<string>;
    /** Writes down that they are there again. */
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

/** Forward: what was left, a look, a backup, the settings, the upgrade; each verified. */
export function forwardSteps(doors: ReleaseDoors, findings: Findings): Step[] {
    const ahead = (): Ahead => {
        if (findings.ahead === undefined) throw new Error("nobody has looked yet");
        return findings.ahead;
    };
    const noUpgrade = (): string | undefined => {
        const { from, to } = ahead();
        return from === undefined || from === to ? `Harbor ${to} is installed` : undefined;
    };
    const verified = async (update: Update): Promise<string> => {
        await doors.verify(update);
        await doors.keep();
        return "written down as the release that a later one goes back to";
    };
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
        {
            id: "backup",
            title: "back up",
            plan: "one consistent set, before anything is changed",
            skip: () => {
                const { from, changes, backups } = ahead();
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
            skip: () => (ahead().changes === undefined ? "nothing would change" : undefined),
            run: ({ update, signal }) => doors.up(update, signal),
        },
        {
            id: "verify",
            title: "verify",
            plan: "from the certificate to a pushed and pulled image",
            run: ({ update }) => verified(update),
        },
        {
            id: "upgrade",
            title: "upgrade",
            plan: "each hop with a verified backup; one that fails is rolled back with its database",
            skip: noUpgrade,
            run: async ({ update }) => {
                await doors.upgrade(update);
                return `Harbor ${ahead().to}`;
            },
        },
        {
            id: "verify-upgrade",
            title: "verify the upgraded registry",
            plan: "the same once more",
            skip: noUpgrade,
            run: ({ update }) => verified(update),
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
                  plan: `Harbor ${good.harbor} with its database`,
                  run: async ({ update }) => {
                      await doors.rollback(update);
                      return "what was pushed after the upgrade is lost";
                  },
              }
            : {
                  id: "put-back",
                  title: "put the settings of before back",
                  plan: then,
                  run: async ({ update }) => {
                      await doors.turn(why);
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
                await doors.verify(update);
                await (kind === "upgrade" ? doors.keep() : doors.returned());
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
    const { message, details, next } =
        error instanceof UserError ? error : { message: String(error), details: [], next: [] };
    return new UserError(`the release failed, and that of ${good.at} (Harbor ${good.harbor}) is back, verified`, {
        details: [message, ...details],
        next,
        exitCode: ExitCode.failed,
        cause: error,
    });
}
