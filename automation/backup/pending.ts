import { z } from "zod";
import { ExitCode, UserError } from "../../lib/errors";

/** What a command has switched in a Harbor and has to put back; kept in the cluster before it is switched. Pure. */

const schema = z.object({
    /** As in "backup of stack public". */
    by: z.string(),
    /** Harbor is read-only because of it. */
    readOnly: z.boolean().default(false),
    /** Queues of jobs that it paused; those that somebody else had paused are not among them. */
    queues: z.array(z.string()).default([]),
    /** Whether it holds Harbor's Deployments (`spec.paused`), as a restore does. */
    workloads: z.boolean().default(false),
    /** Name of the backup that is being restored, where Deployments are held for one. */
    set: z.string().optional(),
});

export type Pending = Readonly<z.infer<typeof schema>>;

export function nothingPending({ readOnly, queues, workloads }: Omit<Pending, "by">): boolean {
    return !readOnly && queues.length === 0 && !workloads;
}

/** @returns undefined for nothing, and for what no version of this program wrote */
export function readPending(text: string | undefined): Pending | undefined {
    if (text === undefined || text === "") return undefined;
    try {
        const pending = schema.parse(JSON.parse(text));
        return nothingPending(pending) ? undefined : pending;
    } catch {
        return undefined;
    }
}

/** For whoever cannot work while Harbor is held, and does not restore. */
export function heldForRestore({ by, set }: Pending): UserError {
    const migrating = by.startsWith("migration");
    const what = migrating ? "migration" : "restore";
    const again = migrating ? "the same npx anchorage migrate" : `npx anchorage restore --from ${set ?? "NAME"}`;
    return new UserError(`a ${what} came to no end: Harbor is held until one does`, {
        details: [`${by}${set === undefined ? "" : `, of backup ${set}`}: half of a backup is never served`],
        next: [`${again} goes on with it`],
        exitCode: ExitCode.refused,
    });
}

/** `read-only mode, 12 paused queues`, in the words of a message. */
export function describePending({ readOnly, queues, workloads }: Pending): string {
    return [
        ...(readOnly ? ["read-only mode"] : []),
        ...(queues.length === 0 ? [] : [`${String(queues.length)} paused ${queues.length === 1 ? "queue" : "queues"}`]),
        ...(workloads ? ["held Deployments"] : []),
    ].join(", ");
}
