import { compare } from "semver";
import { ExitCode, UserError } from "../../lib/errors";
import type { SetToRestore } from "./restoration";

/** What is known before anything is touched. */
export interface RestoreFacts {
    readonly set: Pick<SetToRestore, "name" | "harborVersion" | "keyFingerprint" | "dump">;
    /** Whether the set's manifest says that it was written to its end. */
    readonly complete: boolean;
    /** A sentence for each part that is missing, or is another one. */
    readonly broken: readonly string[];
    /** The stack's Harbor. */
    readonly harborVersion: string;
    /** Of the key in the stack's Secret; absent: there is no such Secret, the backup brings it. */
    readonly keyFingerprint?: string;
    /** Of the PostgreSQL that is there; absent: there is none yet, or it is down. */
    readonly serverVersion?: string;
    readonly location: { readonly phase: string; readonly message?: string };
    /** Velero's backups and restores under way. */
    readonly running: readonly string[];
    /** Why the lock cannot be taken: who has it. */
    readonly locked?: string;
}

/** Why a restore would do harm, or could not end well; nothing: it may begin. Pure. */
export function refusals(facts: RestoreFacts): readonly string[] {
    const { set, location } = facts;
    return [
        ...(facts.complete ? [] : [`the backup is incomplete: it failed, was killed, or is under way`]),
        ...facts.broken,
        ...(facts.keyFingerprint === undefined || facts.keyFingerprint === set.keyFingerprint
            ? []
            : ["the stack's secretKey is another one than the backup's: no credential in the database could be read"]),
        ...(compare(facts.harborVersion, set.harborVersion) >= 0
            ? []
            : [
                  `the stack's Harbor is ${facts.harborVersion}, and the backup's is ${set.harborVersion}: its database ` +
                      "does not go back",
              ]),
        ...(facts.serverVersion === undefined ||
        postgresMajor(facts.serverVersion) >= postgresMajor(set.dump.serverVersion)
            ? []
            : [`PostgreSQL ${facts.serverVersion} is older than ${set.dump.serverVersion}, which wrote the dump`]),
        ...(location.phase === "Available"
            ? []
            : [
                  `Velero cannot use the bucket: the BackupStorageLocation is ${location.phase}` +
                      (location.message === undefined ? "" : ` (${location.message})`),
              ]),
        ...(facts.running.length === 0 ? [] : [`Velero is at work: ${facts.running.join(", ")}`]),
        ...(facts.locked === undefined ? [] : [facts.locked]),
    ];
}

/** @throws UserError with all reasons at once, exit code 3 */
export function requireRestorable(facts: RestoreFacts): void {
    const reasons = refusals(facts);
    if (reasons.length === 0) return;
    throw new UserError(`backup ${facts.set.name} is not restored: nothing was touched`, {
        details: reasons,
        next: ["npx anchorage backup list", `npx anchorage backup verify ${facts.set.name}`],
        exitCode: ExitCode.refused,
    });
}

/** `17.10`, `18beta1` */
function postgresMajor(version: string): number {
    const [, text = "0"] = /^(\d+)/.exec(version) ?? [];
    return Number(text);
}
