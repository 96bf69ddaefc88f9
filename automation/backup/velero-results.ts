import { UserError } from "../../lib/errors";
import type { VeleroBackup, VeleroRestore } from "./velero-objects";

/** Why a Backup or a Restore did not end well, in the words of Velero itself. Pure. */

/** What Velero keeps of a backup or a restore beside its log (pkg/util/results). */
export interface VeleroResults {
    readonly errors?: ResultLines;
    readonly warnings?: ResultLines;
}

interface ResultLines {
    readonly velero?: readonly string[];
    readonly cluster?: readonly string[];
    readonly namespaces?: Readonly<Record<string, readonly string[]>>;
}

/** Part of a line on a kind that came, or went, after Velero's server had last read what kinds there are. */
const unknownKind = "no matches for ";
/** Its period is fixed (pkg/cmd/server/server.go, 1.18: initDiscoveryHelper). */
const learnsLate =
    "try again in five minutes: so often does Velero learn which kinds the cluster has, and one of these is newer";

/** Lines that are told of the many that there may be. */
const most = 10;

/** The errors, or the warnings, as lines; those of a namespace begin with its name. */
export function resultLines(lines: ResultLines | undefined): string[] {
    const { velero = [], cluster = [], namespaces = {} } = lines ?? {};
    const ofNamespaces = Object.entries(namespaces).flatMap(([namespace, texts]) =>
        texts.map((text) => `${namespace}: ${text}`),
    );
    return [...velero, ...cluster, ...ofNamespaces];
}

/** @param results what could be read of Velero's own account, or why it could not be read */
export function failureOf(
    what: "backup" | "restore",
    ended: VeleroBackup | VeleroRestore,
    results: VeleroResults | { readonly unreadable: string } | undefined,
    next: readonly string[],
): UserError {
    const { name, phase, failureReason, validationErrors, errors, warnings } = ended;
    const lines = results === undefined || "unreadable" in results ? [] : resultLines(results.errors);
    const told =
        results !== undefined && "unreadable" in results
            ? [`Velero's own account of it could not be read: ${results.unreadable}`]
            : shortened(lines);
    return new UserError(`Velero's ${what} ${name} ended ${phase}`, {
        details: [
            ...(failureReason === undefined ? [] : [failureReason]),
            ...validationErrors,
            ...(errors + warnings === 0 ? [] : [`errors: ${String(errors)}, warnings: ${String(warnings)}`]),
            ...told,
        ],
        next: [...(lines.some((line) => line.includes(unknownKind)) ? [learnsLate] : []), ...next],
    });
}

function shortened(lines: readonly string[]): string[] {
    const more = lines.length - most;
    return [...lines.slice(0, most), ...(more > 0 ? [`and ${String(more)} more`] : [])];
}
