import { compare } from "semver";
import type { StackOutputs } from "../../config/contract";
import { randomBytes } from "node:crypto";
import { openDatabaseClient } from "../backup/database";
import type { BackupGround } from "../backup/ground";
import { Velero } from "../backup/velero";
import { VeleroObjects } from "../backup/velero-access";
import { askCluster } from "../cluster-access";
import { readSecret } from "../secrets";
import type { MigrationRecord } from "./record";
import { beside, classesOf, classMapName, mapClasses, usedClasses, type ClassMapping } from "./storage-classes";

/** What is known of the two stacks before anything is touched. */
export interface MigrationFacts {
    readonly source: StackOutputs;
    readonly target: StackOutputs;
    /** Whether both are the same namespace of the same cluster. */
    readonly same: boolean;
    /** Whether what the source writes into its backup bucket is what the target reads. */
    readonly shared: boolean;
    readonly sameKey: boolean;
    /** Artifacts in the target's database. */
    readonly artifacts: number;
    /** A migration into the target that came to no end. */
    readonly record?: MigrationRecord;
    readonly volumes: "none" | "files" | "snapshots";
    readonly classes: ClassMapping;
    /** Why the target's location cannot be used. */
    readonly location?: string;
}

/** @param given by --storage-class */
export async function gatherMigrationFacts(
    source: BackupGround,
    target: BackupGround,
    given: Readonly<Record<string, string>>,
    record: MigrationRecord | undefined,
): Promise<MigrationFacts> {
    const [ids, keys, shared, artifacts, used, classes, theirs, location] = await Promise.all([
        Promise.all([source, target].map(namespaceId)),
        Promise.all([source, target].map(encryptionKey)),
        sharesBucket(source, target),
        artifactsOf(target),
        usedClasses(source.outputs, source.door),
        classesOf(target.outputs, target.door),
        foreignClassMap(target),
        new Velero(target.outputs, target.door).seenLocation(),
    ]);
    const wanted = mapClasses(used, classes, given);
    const left = beside(wanted.mapping, theirs);
    return {
        source: source.outputs,
        target: target.outputs,
        same: ids[0] === ids[1],
        shared,
        sameKey: keys[0] === keys[1],
        artifacts,
        ...(record === undefined ? {} : { record }),
        volumes: source.outputs.backup?.volumes ?? "none",
        classes: { mapping: left.mapping, problems: [...wanted.problems, ...left.problems] },
        ...(location.phase === "Available" ? {} : { location: location.message ?? location.phase }),
    };
}

export interface MigrationNames {
    readonly from: string;
    readonly to: string;
}

/** Why a registry cannot be moved, each with what to do; nothing: it may begin. Pure. */
export function migrationRefusals(facts: MigrationFacts, { from, to }: MigrationNames): readonly string[] {
    const { source, target, record } = facts;
    if (facts.same) return [`stack ${to} is stack ${from}: both are namespace ${source.namespace} of the same cluster`];
    const versions = [source.release.harborVersion, target.release.harborVersion] as const;
    const other = record !== undefined && record.source !== from;
    return [
        ...(facts.shared
            ? []
            : [
                  `the two stacks do not share their backup bucket: set backup.location of stack ${to} to the bucket, endpoint and ` +
                      `prefix of stack ${from}, then npx anchorage up --stack ${to}`,
              ]),
        ...(facts.sameKey
            ? []
            : [
                  `stack ${to} has another encryption key, with which no credential in the database could be read: give it that ` +
                      `of stack ${from} as harbor.encryptionKey (docs/migrate.md has the command), then npx anchorage up --stack ${to}`,
              ]),
        ...(compare(versions[1], versions[0]) >= 0
            ? []
            : [`Harbor is ${versions[1]} in stack ${to} and ${versions[0]} in ${from}: its database does not go back`]),
        ...(sameBucket(source, target)
            ? [
                  `both registries keep their images in bucket ${bucketName(target)}: garbage collection of the one would delete the ` +
                      `other's; give stack ${to} a bucket of its own (storage.bucket)`,
              ]
            : []),
        ...(sameDatabase(source, target)
            ? [`both registries have database ${source.database?.database ?? ""} on ${source.database?.host ?? ""}`]
            : []),
        ...(source.storage?.kind === "s3" && target.storage?.kind !== "s3"
            ? [
                  `the images of stack ${from} are in a bucket, and those of stack ${to} are not: set its storage.kind to s3`,
              ]
            : []),
        ...(source.storage?.kind !== "s3" && facts.volumes === "snapshots"
            ? [
                  "the images are on a volume, and its snapshots stay in the source's storage: set backup.volumes to files in both " +
                      "stacks, then npx anchorage up",
              ]
            : []),
        ...(other ? [`a migration of stack ${record.source} into stack ${to} came to no end: end that one first`] : []),
        ...(facts.artifacts === 0 || record !== undefined
            ? []
            : [
                  `stack ${to} has ${String(facts.artifacts)} images already, which would be lost: --overwrite if nobody needs them`,
              ]),
        ...(facts.location === undefined ? [] : [`Velero of stack ${to} cannot use the bucket: ${facts.location}`]),
        ...facts.classes.problems,
    ];
}

function sameBucket({ storage: a }: StackOutputs, { storage: b }: StackOutputs): boolean {
    if (a?.kind !== "s3" || b?.kind !== "s3") return false;
    return a.bucket === b.bucket && a.endpoint === b.endpoint && (a.prefix ?? "") === (b.prefix ?? "");
}

function bucketName({ storage }: StackOutputs): string {
    return storage?.kind === "s3" ? storage.bucket : "";
}

function sameDatabase({ database: a }: StackOutputs, { database: b }: StackOutputs): boolean {
    if (a?.kind !== "external" || b?.kind !== "external") return false;
    return a.host === b.host && a.port === b.port && a.database === b.database;
}

async function namespaceId({ outputs, door }: BackupGround): Promise<string> {
    const args = ["get", "namespace", outputs.namespace, "-o", "jsonpath={.metadata.uid}"];
    return askCluster(outputs, door, `namespace ${outputs.namespace}`, args);
}

async function encryptionKey({ outputs, door }: BackupGround): Promise<string> {
    const { secretName = "", secretKey = "" } = outputs.encryptionKey ?? {};
    return readSecret(outputs, secretName, secretKey, door);
}

/** By an object that the one writes and the other finds: an endpoint may have a name of its own for each cluster. */
async function sharesBucket({ backups: source }: BackupGround, { backups: target }: BackupGround): Promise<boolean> {
    const key = `anchorage/probes/${randomBytes(8).toString("hex")}`;
    const text = randomBytes(16).toString("hex");
    await source.write(key, text);
    try {
        return (await target.readText(key)) === text;
    } finally {
        await source.remove([key]);
    }
}

async function artifactsOf({ outputs, door }: BackupGround): Promise<number> {
    const client = await openDatabaseClient(outputs, door);
    try {
        return (await client.counts()).artifacts;
    } finally {
        await client.close();
    }
}

async function foreignClassMap({
    outputs,
    door,
}: BackupGround): Promise<{ readonly name: string; readonly data: Readonly<Record<string, string>> } | undefined> {
    const objects = new VeleroObjects(outputs, outputs.backup?.namespace ?? "", door);
    const stdout = await objects.kubectl("read Velero's ConfigMaps", [
        ...["get", "configmaps", "-l", "velero.io/change-storage-class=RestoreItemAction", "-o", "json"],
    ]);
    const { items } = JSON.parse(stdout) as {
        items: readonly { metadata: { name: string }; data?: Readonly<Record<string, string>> }[];
    };
    const found = items.find(({ metadata }) => metadata.name !== classMapName);
    return found && { name: found.metadata.name, data: found.data ?? {} };
}
