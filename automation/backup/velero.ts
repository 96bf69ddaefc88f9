import type { BackupOutput, StackOutputs } from "../../config/contract";
import { messageOf, UserError } from "../../lib/errors";
import { waitFor } from "../../lib/wait";
import type { ClusterDoor } from "../cluster-access";
import { askServer, downloadFile, lookEvery, VeleroObjects, type VeleroFile } from "./velero-access";
import {
    backupObject,
    hasEnded,
    readBackup,
    readLocation,
    readOnlyNote,
    readRestore,
    restoreObject,
    veleroApi,
    type BackupObject,
    type BackupSpec,
    type LocationObject,
    type RestoreObject,
    type RestoreSpec,
    type VeleroBackup,
    type VeleroLocation,
    type VeleroRestore,
} from "./velero-objects";
import { failureOf, type VeleroResults } from "./velero-results";

export type { BackupSpec, RestoreSpec, VeleroBackup, VeleroLocation, VeleroRestore } from "./velero-objects";

export interface VeleroWait {
    /** Milliseconds until it is given up; what runs goes on. @default 1 hour */
    readonly timeoutMs?: number;
    /** Told each new phase, with how many objects are done: `InProgress, 40 objects`. */
    readonly onProgress?: (detail: string) => void;
}

/** Milliseconds without progress after which the server is asked whether it is there. */
const suspiciousAfter = 20_000;

/** The stack's Velero, by its objects in the cluster. Every method throws a UserError that says why. */
export class Velero {
    private readonly output: BackupOutput;
    private readonly objects: VeleroObjects;

    /** @throws UserError where the stack has no backup */
    constructor(outputs: StackOutputs, door: ClusterDoor) {
        if (outputs.backup === undefined) {
            throw new UserError("the stack has no Velero", {
                next: ["set backup.kind to velero, then: npx anchorage up (docs/backup-velero.md)"],
            });
        }
        this.output = outputs.backup;
        this.objects = new VeleroObjects(outputs, outputs.backup.namespace, door);
    }

    /** Version of the server that answers. @throws UserError where none does within 15 s */
    async server(): Promise<string> {
        return askServer(this.objects);
    }

    /** State of the BackupStorageLocation. @throws UserError where there is none */
    async location(): Promise<VeleroLocation> {
        const { location } = this.output;
        const found = await this.objects.get<LocationObject>("backupstoragelocations.velero.io", location);
        if (found !== undefined) return readLocation(found);
        throw new UserError(`there is no BackupStorageLocation ${location}`, { next: ["npx anchorage up makes it"] });
    }

    /**
     * The location as Velero saw it, which looks soon after its start. One that is Unavailable is waited for until it has
     * looked once more: it writes its keys anew for each use, and finds none where it reads them meanwhile.
     * @param firstMs milliseconds for the first look
     * @param againMs milliseconds for the second one, which comes after a minute where nothing else is set
     * @throws UserError where it does not look
     */
    async seenLocation(firstMs = 60_000, againMs = 75_000): Promise<VeleroLocation> {
        const { signal } = this.objects;
        const what = `the BackupStorageLocation ${this.output.location} to be looked at`;
        const once = async (): Promise<VeleroLocation | undefined> => {
            const now = await this.location();
            return now.phase === "New" ? undefined : now;
        };
        const first = await waitFor(once, { what, timeoutMs: firstMs, intervalMs: lookEvery, signal });
        if (first.phase === "Available") return first;
        const until = Date.now() + againMs;
        const again = async (): Promise<VeleroLocation | undefined> => {
            const now = await this.location();
            const looked = now.phase === "Available" || now.lastValidated !== first.lastValidated;
            return looked || Date.now() >= until ? now : undefined;
        };
        return waitFor(again, { what, timeoutMs: 2 * againMs, intervalMs: 1_000, signal });
    }

    /** Waits until the location is Available. @throws UserError with Velero's own reason where it is not */
    async requireLocation(firstMs?: number, againMs?: number): Promise<VeleroLocation> {
        const found = await this.seenLocation(firstMs, againMs);
        if (found.phase === "Available") return found;
        throw new UserError(`Velero cannot use the bucket: the BackupStorageLocation is ${found.phase}`, {
            details: found.message === undefined ? [] : [found.message],
            next: [this.objects.command(`describe backupstoragelocation ${this.output.location}`)],
        });
    }

    /**
     * ReadOnly: Velero neither writes nor deletes there. The location is validated anew.
     * @param by who makes it ReadOnly, kept with it until it is put back
     */
    async setAccessMode(accessMode: VeleroLocation["accessMode"], by?: string): Promise<void> {
        // null takes the note away.
        const patch = { metadata: { annotations: { [readOnlyNote]: by ?? null } }, spec: { accessMode } };
        await this.objects.kubectl("change the BackupStorageLocation", [
            ...["patch", "backupstoragelocations.velero.io", this.output.location, "--type", "merge"],
            ...["--patch", JSON.stringify(patch)],
        ]);
    }

    /** Puts back what a killed command left ReadOnly; hold the lock. @returns which command that was */
    async putBackAccessMode(): Promise<string | undefined> {
        const { readOnlyBy } = await this.location();
        if (readOnlyBy !== undefined) await this.setAccessMode("ReadWrite");
        return readOnlyBy;
    }

    /** Names of the Backups and Restores that have not ended: `backup/one`. */
    async running(): Promise<string[]> {
        const stdout = await this.objects.kubectl("read Velero's backups", [
            ...["get", "backups.velero.io,restores.velero.io", "-o", "json"],
        ]);
        const { items } = JSON.parse(stdout) as { readonly items: readonly (BackupObject & { kind: string })[] };
        return items
            .filter(({ status }) => status?.phase !== "Deleting" && !hasEnded(status?.phase ?? "New"))
            .map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`);
    }

    /** All Backups that Velero knows, by name. */
    async backups(): Promise<VeleroBackup[]> {
        const stdout = await this.objects.kubectl("read Velero's backups", ["get", "backups.velero.io", "-o", "json"]);
        return (JSON.parse(stdout) as { readonly items: readonly BackupObject[] }).items.map(readBackup);
    }

    async findBackup(name: string): Promise<VeleroBackup | undefined> {
        const found = await this.objects.get<BackupObject>("backups.velero.io", name);
        return found && readBackup(found);
    }

    /** Creates a Backup and waits for its end. @throws UserError on any end but Completed, and where no server works on it */
    async backup(spec: BackupSpec, wait: VeleroWait = {}): Promise<VeleroBackup> {
        await this.objects.create(`create Velero's backup ${spec.name}`, backupObject(spec, this.output));
        return this.waitBackup(spec.name, wait);
    }

    /** @throws UserError as {@link Velero.backup} */
    async waitBackup(name: string, wait: VeleroWait = {}): Promise<VeleroBackup> {
        const ended = await this.untilEnded("backup", wait, async () => {
            const found = await this.findBackup(name);
            if (found === undefined) throw new UserError(`Velero's backup ${name} is gone`);
            return found;
        });
        if (ended.phase === "Completed") return ended;
        const results = ended.phase === "FailedValidation" ? undefined : await this.results("BackupResults", name);
        throw failureOf("backup", ended, results, [this.objects.command(`describe backups.velero.io ${name}`)]);
    }

    /** Waits until Velero has found a Backup in the bucket: another cluster may have made it. */
    async awaitSynced(name: string, timeoutMs = 180_000): Promise<VeleroBackup> {
        return waitFor(() => this.findBackup(name), {
            what: `Velero to find the backup ${name} in the bucket`,
            timeoutMs,
            intervalMs: lookEvery,
            signal: this.objects.signal,
        });
    }

    /**
     * Deletes a Backup with what it has in the bucket; does nothing where there is none. One that runs is waited for
     * first: Velero does not end it. @throws UserError with Velero's reasons where it cannot
     */
    async deleteBackup(name: string, wait: VeleroWait = {}): Promise<void> {
        const { namespace } = this.output;
        const before = await this.findBackup(name);
        if (before !== undefined && !hasEnded(before.phase)) {
            // Gone meanwhile, by somebody else: an end as good as any.
            const gone: VeleroBackup = { ...before, phase: "Completed" };
            await this.untilEnded("backup", wait, async () => (await this.findBackup(name)) ?? gone);
        }
        const found = await this.objects.get<BackupObject>("backups.velero.io", name);
        if (found === undefined) return;
        // Nothing of it is in the bucket, and it may name a location that does not exist.
        if (readBackup(found).phase === "FailedValidation") return this.objects.remove("backups.velero.io", name);
        const request = await this.objects.create(`delete Velero's backup ${name}`, {
            apiVersion: veleroApi,
            kind: "DeleteBackupRequest",
            metadata: {
                generateName: `${name}-`,
                namespace,
                labels: { "velero.io/backup-name": name, "velero.io/backup-uid": found.metadata.uid ?? "" },
            },
            spec: { backupName: name },
        });
        const look = async (): Promise<true | undefined> => {
            if ((await this.objects.get("backups.velero.io", name)) === undefined) return true;
            const asked = await this.objects.get<{ status?: { phase?: string; errors?: readonly string[] } }>(
                "deletebackuprequests.velero.io",
                request,
            );
            const { phase, errors = [] } = asked?.status ?? {};
            if (phase !== "Processed" || errors.length === 0) return undefined;
            throw new UserError(`Velero could not delete its backup ${name}`, {
                details: errors,
                next: [this.objects.command(`describe deletebackuprequests.velero.io ${request}`)],
            });
        };
        await waitFor(look, {
            what: `Velero to delete its backup ${name}`,
            timeoutMs: wait.timeoutMs ?? 10 * 60_000,
            intervalMs: lookEvery,
            signal: this.objects.signal,
        });
    }

    /** Creates a Restore and waits for its end. @throws UserError on any end but Completed */
    async restore(spec: RestoreSpec, wait: VeleroWait = {}): Promise<VeleroRestore> {
        await this.objects.create(`create Velero's restore ${spec.name}`, restoreObject(spec, this.output.namespace));
        return this.waitRestore(spec.name, wait);
    }

    async waitRestore(name: string, wait: VeleroWait = {}): Promise<VeleroRestore> {
        const ended = await this.untilEnded("restore", wait, async () => {
            const found = await this.objects.get<RestoreObject>("restores.velero.io", name);
            if (found === undefined) throw new UserError(`Velero's restore ${name} is gone`);
            return readRestore(found);
        });
        if (ended.phase === "Completed") return ended;
        const results = ended.phase === "FailedValidation" ? undefined : await this.results("RestoreResults", name);
        throw failureOf("restore", ended, results, [this.objects.command(`describe restores.velero.io ${name}`)]);
    }

    /** Forgets a Restore; what it restored stays. */
    async deleteRestore(name: string): Promise<void> {
        await this.objects.remove("restores.velero.io", name);
    }

    /** A file that Velero keeps of a Backup or a Restore, by an address that it signs. @throws UserError where it cannot be had */
    async download(kind: VeleroFile, name: string): Promise<string> {
        return downloadFile(this.objects, kind, name);
    }

    private async results(
        kind: "BackupResults" | "RestoreResults",
        name: string,
    ): Promise<VeleroResults | { readonly unreadable: string }> {
        try {
            return JSON.parse(await this.download(kind, name)) as VeleroResults;
        } catch (error) {
            this.objects.signal.throwIfAborted();
            return { unreadable: messageOf(error) };
        }
    }

    private async untilEnded<T extends VeleroBackup | VeleroRestore>(
        what: "backup" | "restore",
        { timeoutMs = 60 * 60_000, onProgress }: VeleroWait,
        look: () => Promise<T>,
    ): Promise<T> {
        let last: T | undefined;
        let told = "";
        let movedAt = Date.now();
        const ended = async (): Promise<T | undefined> => {
            last = await look();
            const state = `${last.phase}, ${String(last.items)} objects`;
            if (state !== told) {
                told = state;
                movedAt = Date.now();
                onProgress?.(state);
            }
            if (hasEnded(last.phase)) return last;
            if (Date.now() - movedAt > suspiciousAfter) {
                await this.server(); // throws where nobody works on it
                movedAt = Date.now();
            }
            return undefined;
        };
        return waitFor(ended, {
            what: `Velero's ${what} to end`,
            timeoutMs,
            intervalMs: lookEvery,
            signal: this.objects.signal,
            describe: () => `${what} ${last?.name ?? ""} is ${told}`,
        });
    }
}
