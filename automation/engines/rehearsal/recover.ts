import { ExitCode, UserError } from "../../../lib/errors";
import { readFileIfPresent } from "../../../lib/files";
import { heldBy, lockHolder, withLock, type LockHolder } from "../../../lib/lock";
import { isSameProcess } from "../../../lib/processes";
import type { State } from "./state";

/**
 * Takes a dead process's lock away, and looks at what it was doing: the next update does that again by itself.
 * @returns what was found and done @throws UserError (exit code 3) while the engine, or the helm that it began, lives
 */
export async function recoverRehearsal(lock: string, stack: string, open: () => Promise<State>): Promise<string[]> {
    const living = await lockHolder(lock);
    if (living !== undefined) {
        const { message, details, next } = heldBy(lock, living);
        throw new UserError(message, { details, next, exitCode: ExitCode.refused });
    }
    const left = await readFileIfPresent(lock);
    const told = left === undefined ? [] : [describeDead(left)];
    await withLock(lock, { purpose: `recover of stack ${stack}` }, async () => {
        for (const { name, pending } of (await open()).records) {
            if (pending === undefined) continue;
            const { process: helper, op, since } = pending;
            if (helper !== undefined && isSameProcess(helper.pid, helper.start)) {
                throw new UserError(`process ${String(helper.pid)} still works on ${name}, since ${since}`, {
                    next: [`wait until it ends, or end it with: kill ${String(helper.pid)}`],
                    exitCode: ExitCode.refused,
                });
            }
            told.push(`the ${op} of ${name} (since ${since}) has no end on record: the next up does it again`);
        }
    });
    return told;
}

function describeDead(text: string): string {
    const { purpose, pid, since } = JSON.parse(text) as LockHolder;
    return `the lock of "${purpose}" was taken away: its process ${String(pid)}, since ${since}, is dead`;
}
