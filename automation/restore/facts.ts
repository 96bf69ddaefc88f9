import type { StackOutputs } from "../../config/contract";
import { UserError } from "../../lib/errors";
import { openDatabaseClient } from "../backup/database";
import { fingerprintOf, type CompleteManifest } from "../backup/manifest";
import { setKeys } from "../backup/sets";
import type { Velero } from "../backup/velero";
import type { ClusterDoor } from "../cluster-access";
import type { ObjectStore } from "../objects/store";
import { findSecret } from "../secrets";
import type { RestoreFacts } from "./refusals";
import { setOf } from "./restoration";

export interface FactDoors {
    readonly outputs: StackOutputs;
    readonly door: ClusterDoor;
    readonly backups: ObjectStore;
    readonly velero: Pick<Velero, "seenLocation" | "running" | "findBackup">;
    /** Why the lock cannot be taken. */
    readonly locked?: string;
}

/** Looks at everything that a restore could founder on, and changes nothing. */
export async function gatherFacts(manifest: CompleteManifest, doors: FactDoors): Promise<RestoreFacts> {
    const { outputs, door, velero, locked } = doors;
    const [broken, keyFingerprint, serverVersion, location, running] = await Promise.all([
        brokenParts(manifest, doors),
        stackFingerprint(outputs, door),
        serverVersionOf(outputs, door),
        velero.seenLocation(),
        velero.running(),
    ]);
    return {
        set: setOf(manifest),
        complete: true,
        broken,
        harborVersion: outputs.release.harborVersion,
        ...(keyFingerprint === undefined ? {} : { keyFingerprint }),
        ...(serverVersion === undefined ? {} : { serverVersion }),
        location,
        running,
        ...(locked === undefined ? {} : { locked }),
    };
}

/** Each part is there, and as large as it was. The digests are compared when the parts are read. */
async function brokenParts(manifest: CompleteManifest, { backups, velero }: FactDoors): Promise<readonly string[]> {
    const { name, database, blobs, velero: objects } = manifest;
    const parts = [
        { what: "the dump of the database", key: setKeys(name).database, size: database.bytes },
        ...(blobs.kind === "objects"
            ? [{ what: "the list of the registry's content", key: blobs.inventory.key, size: blobs.inventory.size }]
            : []),
    ];
    const problems = await Promise.all(
        parts.map(async ({ what, key, size }) => {
            const found = await backups.head(key);
            if (found === undefined) return [`${what} is missing: ${key}`];
            if (found.size === size) return [];
            return [`${what} has ${String(found.size)} bytes in place of ${String(size)}: ${key}`];
        }),
    );
    const backup = await velero.findBackup(objects.backupName);
    const veleroKey = `velero/backups/${objects.backupName}/velero-backup.json`;
    if (backup === undefined && (await backups.head(veleroKey)) === undefined) {
        problems.push([`Velero's backup ${objects.backupName} is missing, in the cluster and in the bucket`]);
    }
    if (backup !== undefined && backup.phase !== "Completed") {
        problems.push([`Velero's backup ${backup.name} is ${backup.phase}`]);
    }
    return problems.flat();
}

/** Undefined where the Secret is not there: the backup brings it. */
async function stackFingerprint(outputs: StackOutputs, door: ClusterDoor): Promise<string | undefined> {
    const { encryptionKey } = outputs;
    if (encryptionKey === undefined) return undefined;
    const value = await findSecret(outputs, encryptionKey.secretName, encryptionKey.secretKey, door);
    return value === undefined ? undefined : fingerprintOf(value);
}

/** Undefined where no database answers: it may come with the restore. */
async function serverVersionOf(outputs: StackOutputs, door: ClusterDoor): Promise<string | undefined> {
    const { database } = outputs;
    // Without the Secret of its password nobody can ask: the namespace is not there yet.
    if (database === undefined) return undefined;
    const { secretName, secretKey } = database.password;
    if ((await findSecret(outputs, secretName, secretKey, door)) === undefined) return undefined;
    try {
        const client = await openDatabaseClient(outputs, door, { patienceMs: 5_000 });
        try {
            return await client.version();
        } finally {
            await client.close();
        }
    } catch (error) {
        door.signal.throwIfAborted();
        if (error instanceof UserError) return undefined;
        throw error;
    }
}
