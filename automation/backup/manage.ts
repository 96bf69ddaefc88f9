import type { Context, StackOptions } from "../context";
import { count, duration } from "../render/style";
import { requireConsent } from "../up";
import { onBackupGround, openHarbor } from "./ground";
import { StackHold } from "./hold";
import type { BackupManifest } from "./manifest";
import { describePending, heldForRestore } from "./pending";
import { deleteSet, findExpired, pruneSets, pruneUnneeded } from "./pruning";
import { Quiesce } from "./quiesce";
import { listSets, newestComplete, removeSet, requireSet } from "./sets";
import { Velero } from "./velero";
import { mebibytes } from "./words";

export { verifyBackup } from "./verifying";

/** What is done with backup sets that are there: `backup list|show|verify|delete|prune|unlock`. */

export interface SetOptions extends StackOptions {
    /** Of the set. */
    readonly name: string;
}

export async function listBackups(options: StackOptions, context: Context): Promise<void> {
    await onBackupGround(options, context, async ({ backups }) => {
        const { reporter } = context;
        const { sets, foreign } = await listSets(backups);
        reporter.event({ kind: "result", verb: "backup list", stack: options.stack, sets, foreign });
        if (sets.length === 0) reporter.line(`there is no backup in ${backups.where}: npx anchorage backup makes one`);
        const width = Math.max(0, ...sets.map(({ name }) => name.length));
        for (const set of sets) reporter.line(`${set.name.padEnd(width)}  ${set.beganAt.slice(0, 19)}Z  ${rowOf(set)}`);
        for (const { name, problem } of foreign) reporter.warn(`${name} is no backup: ${problem}`);
    });
}

/** Pure. */
export function rowOf(set: BackupManifest): string {
    if (set.state === "incomplete") return `incomplete: ${set.why}`;
    const { stack, kind, database, blobs, counts, harbor } = set;
    const images = blobs.kind === "objects" ? `images ${mebibytes(blobs.bytes)}` : "images in volumes";
    return [
        `complete, stack ${stack}, ${kind}, Harbor ${harbor}, ${count(counts.artifacts, "artifact")}`,
        `database ${mebibytes(database.bytes)}`,
        images,
    ].join(", ");
}

export async function showBackup(options: SetOptions, context: Context): Promise<void> {
    await onBackupGround(options, context, async ({ backups }) => {
        const { reporter } = context;
        const set = await requireSet(backups, options.name);
        reporter.event({ kind: "result", verb: "backup show", stack: options.stack, manifest: set });
        for (const [name, value] of linesOf(set)) reporter.line(`${name.padEnd(13)} ${value}`);
    });
}

/** Pure. */
export function linesOf(set: BackupManifest): readonly (readonly [string, string])[] {
    const common = [
        ["backup", set.name],
        ["state", set.state === "complete" ? "complete" : `incomplete: ${set.why}`],
        ["stack", `${set.stack}, namespace ${set.namespace}, ${set.registryUrl}`],
        ["began", set.beganAt],
        ["versions", `Harbor ${set.harbor}, chart ${set.chart}, anchorage ${set.anchorage}`],
    ] as const;
    if (set.state === "incomplete") return common;
    const { velero, database, blobs, counts, quietWindow, schedules } = set;
    return [
        ...common,
        ["ended", set.endedAt],
        ["quiet window", `${duration(quietWindow.ms)} from ${quietWindow.beganAt}`],
        ["objects", `${String(velero.items)} in Velero's backup ${velero.backupName}, volumes: ${velero.volumes}`],
        ["database", `PostgreSQL ${database.serverVersion} (${database.kind}), ${mebibytes(database.bytes)}`],
        [
            "images",
            blobs.kind === "objects"
                ? `${count(blobs.count, "object")}, ${mebibytes(blobs.bytes)}`
                : "on volumes, in Velero's backup",
        ],
        [
            "holds",
            `${count(counts.projects, "project")}, ${String(counts.repositories)} repositories, ${count(counts.artifacts, "artifact")}`,
        ],
        ["schedules", schedules.map(({ vendor_type, cron }) => `${vendor_type} at ${cron}`).join("; ") || "none"],
    ];
}

export async function deleteBackup(options: SetOptions & { readonly yes: boolean }, context: Context): Promise<void> {
    await onBackupGround(options, context, async ({ outputs, door, backups }) => {
        const { reporter, signal } = context;
        const { sets, foreign } = await listSets(backups);
        const set = sets.find(({ name }) => name === options.name);
        // A folder that is no set can be removed, too: nothing else would do it.
        if (set === undefined && !foreign.some(({ name }) => name === options.name)) {
            await requireSet(backups, options.name);
        }
        requireConsent("backup delete", options.yes, context);
        const last = set !== undefined && newestComplete(sets) === set ? ", the newest complete one" : "";
        if (!options.yes && !(await context.confirm(`delete backup ${options.name}${last}?`))) return;
        await holding(options, { outputs, door }, "backup delete", async () => {
            await reporter.step(`delete backup ${options.name}`, async (update) => {
                const velero = new Velero(outputs, door);
                if (set === undefined) await removeSet(backups, options.name);
                else await deleteSet(set, { velero, backups, onProgress: update });
            });
            const left = sets.filter((one) => one !== set);
            const blobs = await reporter.step("delete blobs that no backup needs", (update) =>
                pruneUnneeded(left, { backups, signal, onProgress: update }),
            );
            reporter.event({ kind: "result", verb: "backup delete", stack: options.stack, name: options.name, blobs });
            reporter.line(`deleted ${options.name}, and ${count(blobs.objects, "blob")} (${mebibytes(blobs.bytes)})`);
        });
    });
}

export interface PruneBackupsOptions extends StackOptions {
    /** Says what would be deleted, deletes nothing. */
    readonly plan: boolean;
}

export async function pruneBackups(options: PruneBackupsOptions, context: Context): Promise<void> {
    await onBackupGround(options, context, async ({ outputs, door, backups }) => {
        const { reporter, signal } = context;
        const { stack, plan } = options;
        const tell = (sets: readonly { readonly name: string; readonly why: string }[], blobs: object): void => {
            for (const { name, why } of sets) reporter.line(`${plan ? "would delete" : "deleted"} ${name}: ${why}`);
            if (sets.length === 0) reporter.line("every backup is kept");
            reporter.event({ kind: "result", verb: "backup prune", stack, plan, sets, blobs });
        };
        if (plan) {
            const { expired } = await findExpired({ outputs, stack, backups });
            tell(
                expired.map(({ set, why }) => ({ name: set.name, why })),
                {},
            );
            return;
        }
        await holding(options, { outputs, door }, "backup prune", async () => {
            const velero = new Velero(outputs, door);
            const { sets, blobs } = await reporter.step("delete what is no longer kept", (update) =>
                pruneSets({ outputs, stack, backups, velero, signal, onProgress: update }),
            );
            tell(sets, blobs);
            reporter.line(`${count(blobs.objects, "blob")} that no backup needs (${mebibytes(blobs.bytes)})`);
        });
    });
}

/** Puts back what a killed command left switched. @throws UserError (exit code 3) while a command works there */
export async function unlockBackups(options: StackOptions, context: Context): Promise<void> {
    await onBackupGround(options, context, async ({ outputs, door }) => {
        const { reporter, signal } = context;
        const hold = await StackHold.take(outputs, door, `backup unlock of stack ${options.stack}`);
        try {
            const { left } = hold;
            if (left?.workloads === true) throw heldForRestore(left);
            const readOnlyBy = await new Velero(outputs, door).putBackAccessMode();
            const told = [
                ...(left === undefined ? [] : [`${describePending(left)}, of ${left.by}`]),
                ...(readOnlyBy === undefined ? [] : [`ReadOnly BackupStorageLocation, of a ${readOnlyBy}`]),
            ].join("; ");
            if (left !== undefined) {
                await reporter.step("put back what is left", async (update) => {
                    const harbor = await openHarbor(outputs, door, update);
                    try {
                        await new Quiesce(harbor.client, hold.record, left, hold.fence).putBack({ signal });
                    } finally {
                        await harbor.close();
                    }
                });
            }
            reporter.event({ kind: "result", verb: "backup unlock", stack: options.stack, left: left ?? null });
            reporter.line(told === "" ? "nothing is left to be put back" : `put back: ${told}`);
        } finally {
            await hold.release();
        }
    });
}

async function holding(
    { stack }: StackOptions,
    {
        outputs,
        door,
    }: { readonly outputs: Parameters<typeof StackHold.take>[0]; readonly door: Parameters<typeof StackHold.take>[1] },
    what: string,
    work: () => Promise<void>,
): Promise<void> {
    const hold = await StackHold.take(outputs, door, `${what} of stack ${stack}`);
    try {
        await work();
    } finally {
        await hold.release();
    }
}
