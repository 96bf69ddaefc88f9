import { ExitCode, UserError } from "../../../lib/errors";
import type { Deployment } from "./deployment";
import { loadKind } from "./kinds";
import { protectedError } from "./registration";
import type { ResourceRecord } from "./state";

/**
 * Deletes resources, each after everything that needs it is gone; what does not depend on each other goes at
 * the same time. A resource that cannot be deleted keeps all that it needs.
 */
export async function tearDown(deployment: Deployment, doomed: readonly ResourceRecord[]): Promise<void> {
    const doomedSet = new Set(doomed);
    const running = new Map<ResourceRecord, Promise<boolean>>();
    const remove = (record: ResourceRecord): Promise<boolean> => {
        const begun = running.get(record) ?? removeAfterDependents(record);
        running.set(record, begun);
        return begun;
    };
    const removeAfterDependents = async (record: ResourceRecord): Promise<boolean> => {
        const dependents = deployment.state.records.filter((other) => other !== record && needs(other, record));
        const goingToo = dependents.filter((other) => doomedSet.has(other));
        const gone = await Promise.all(goingToo.map(remove));
        if (gone.includes(false) || deployment.stopped) {
            deployment.skip(record, "delete");
            return false;
        }
        return removeOne(deployment, record, doomedSet);
    };
    await Promise.all(doomed.map(remove));
}

/** Whether `record` must be gone before `other` may go. */
function needs(record: ResourceRecord, other: ResourceRecord): boolean {
    // A replaced resource and its successor have one URN; dependents on record belong to the successor.
    if (other.condemned === true) return false;
    const { urn } = other;
    return record.dependencies.includes(urn) || record.parent === urn || record.provider === urn;
}

async function removeOne(
    deployment: Deployment,
    record: ResourceRecord,
    doomed: ReadonlySet<ResourceRecord>,
): Promise<boolean> {
    const { state } = deployment;
    if (record.protect && record.condemned !== true) {
        deployment.fail(record, "delete", protectedError(record, "deleted"));
        return false;
    }
    const drop = (): void => state.remove(record);
    if (deployment.preview) {
        drop();
        deployment.addChange(record, "delete");
        return true;
    }
    if (!record.custom) {
        drop();
        await state.save();
        deployment.addChange(record, "delete");
        deployment.event(record, "done", "delete", { elapsedMs: 0 });
        return true;
    }
    const goesWithOther = [...doomed].some((other) => other.urn === record.deletedWith);
    const done = await deployment.perform(record, "delete", async () => {
        if (!record.retainOnDelete && !goesWithOther) await deleteLive(deployment, record);
        drop();
    });
    // To remove what was replaced is the end of its replacement, not a change of its own.
    const replaced = record.condemned === true && deployment.changes.some(({ urn }) => urn === record.urn);
    if (done && !replaced) deployment.addChange(record, "delete");
    return done;
}

async function deleteLive(deployment: Deployment, record: ResourceRecord): Promise<void> {
    const kind = loadKind(record.type);
    // One that was begun and never confirmed may exist all the same.
    const id = record.id ?? kind.plannedId?.(record.inputs);
    if (id === undefined) {
        if (kind.delete) {
            deployment.diagnose(
                "warning",
                `${record.name} was begun and not confirmed: look for what it left`,
                record.urn,
            );
        }
        return;
    }
    await kind.delete?.({ ...record, id }, deployment.context(record, "delete", record.pending !== undefined));
}

/** @throws UserError (exit code 3) naming every protected resource, before anything is touched */
export function refuseProtected(records: readonly ResourceRecord[], stack: string): void {
    const kept = records.filter((record) => record.protect);
    if (kept.length === 0) return;
    throw new UserError(`stack ${stack} has protected resources: nothing was deleted`, {
        details: kept.map(({ name, type }) => `${name} (${type})`),
        next: [`anchorage destroy --stack ${stack} --unprotect`],
        exitCode: ExitCode.refused,
    });
}
