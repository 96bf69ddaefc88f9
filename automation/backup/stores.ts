import type { BackupOutput, StackOutputs } from "../../config/contract";
import { UserError } from "../../lib/errors";
import type { ClusterDoor } from "../cluster-access";
import { openObjectStore, type AccessKeys, type ObjectStore } from "../objects/store";
import { readSecret } from "../secrets";

/** The backup bucket with the keys that Velero has. @throws UserError where the stack has no backup */
export async function openBackupStore(outputs: StackOutputs, door: ClusterDoor): Promise<ObjectStore> {
    const { bucket } = requireBackup(outputs);
    return openObjectStore(bucket, await backupKeys(outputs, door), door.signal);
}

/** The keys of the backup bucket, from Velero's Secret. */
export async function backupKeys(outputs: StackOutputs, door: ClusterDoor): Promise<AccessKeys> {
    const { credentials, namespace } = requireBackup(outputs);
    const { secretName, secretKey } = credentials;
    const keys = parseCredentials(await readSecret(outputs, secretName, secretKey, door, namespace));
    if (keys !== undefined) return keys;
    throw new UserError(`Secret ${namespace}/${secretName} has no keys of the profile "default"`, {
        next: ["npx anchorage up writes it again"],
    });
}

/** The bucket of Harbor's registry; undefined where its content is in none. */
export async function openContentStore(outputs: StackOutputs, door: ClusterDoor): Promise<ObjectStore | undefined> {
    const { storage } = outputs;
    if (storage?.kind !== "s3") return undefined;
    const [accessKey, secretKey] = await Promise.all(
        [storage.accessKey, storage.secretKey].map((at) => readSecret(outputs, at.secretName, at.secretKey, door)),
    );
    const { ca, skipVerify = false } = storage;
    return openObjectStore(storage, { accessKey: accessKey ?? "", secretKey: secretKey ?? "" }, door.signal, {
        skipVerify,
        ...(ca === undefined ? {} : { ca: await readSecret(outputs, ca.secretName, ca.secretKey, door) }),
    });
}

export function requireBackup({ backup }: StackOutputs): BackupOutput {
    if (backup !== undefined) return backup;
    throw new UserError("the stack has no backup", {
        next: ["set backup.kind to velero, then: npx anchorage up (docs/backup-velero.md)"],
    });
}

/** Of an AWS credentials file, the keys of the profile `default`. Pure. */
export function parseCredentials(file: string): AccessKeys | undefined {
    let profile = "";
    const values = new Map<string, string>();
    for (const line of file.split("\n")) {
        const [, section] = /^\s*\[\s*(\S+)\s*\]/.exec(line) ?? [];
        if (section !== undefined) profile = section;
        const [, name, value] = /^\s*([a-z_]+)\s*=\s*(\S+)\s*$/.exec(line) ?? [];
        if (profile === "default" && name !== undefined && value !== undefined) values.set(name, value);
    }
    const accessKey = values.get("aws_access_key_id");
    const secretKey = values.get("aws_secret_access_key");
    return accessKey === undefined || secretKey === undefined ? undefined : { accessKey, secretKey };
}
