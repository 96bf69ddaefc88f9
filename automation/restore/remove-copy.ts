import type { StackOutputs } from "../../config/contract";
import { ExitCode, UserError } from "../../lib/errors";
import { waitFor } from "../../lib/wait";
import { openDatabaseClient } from "../backup/database";
import { VeleroObjects } from "../backup/velero-access";
import type { ClusterDoor } from "../cluster-access";
import type { ObjectStore } from "../objects/store";
import { copyLabel, copyNotes } from "./copy-values";

/** A copy of the registry, as its namespace tells of it. */
export interface Copy {
    readonly namespace: string;
    readonly rehearsal: boolean;
    readonly database?: string;
    readonly prefix?: string;
}

interface CopyGround {
    readonly outputs: StackOutputs;
    readonly door: ClusterDoor;
    readonly backups: ObjectStore;
}

/** All copies of the stack's registry. */
export async function findCopies({ outputs, door }: Omit<CopyGround, "backups">): Promise<readonly Copy[]> {
    const objects = new VeleroObjects(outputs, outputs.namespace, door);
    const args = ["get", "namespaces", "-l", `${copyLabel}=${outputs.namespace}`, "-o", "json"];
    const { items } = JSON.parse(await objects.kubectl("read the namespaces", args)) as {
        readonly items: readonly {
            readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
        }[];
    };
    return items.map(({ metadata: { name, annotations = {} } }) => {
        const { [copyNotes.database]: database, [copyNotes.prefix]: prefix } = annotations;
        return {
            namespace: name,
            rehearsal: annotations[copyNotes.rehearsal] === "true",
            ...(database === undefined ? {} : { database }),
            ...(prefix === undefined ? {} : { prefix }),
        };
    });
}

/**
 * Removes a copy with its database and its blobs. The namespace goes last, since it is the record of the others: whatever
 * fails, the next try finds it. Nothing of the registry, and nothing of a backup, is touched.
 */
export async function removeCopy(ground: CopyGround, copy: Copy): Promise<void> {
    const { outputs, door, backups } = ground;
    const { namespace, database, prefix } = copy;
    if (namespace === outputs.namespace) throw new Error("a copy in the registry's own namespace");
    const inside = new VeleroObjects(outputs, namespace, door);
    // Nobody writes there any more, and no connection is in the way of dropping the database.
    await inside.kubectl(`end what runs in namespace ${namespace}`, [
        ...["delete", "deployments,statefulsets,replicasets,pods", "--all", "--wait=false"],
    ]);
    if (prefix !== undefined) {
        if (!/^anchorage\/copies\/[a-z0-9-]+\/$/.test(prefix)) {
            throw new UserError(`namespace ${namespace} names ${prefix} as its part of the bucket, which is none`, {
                exitCode: ExitCode.refused,
            });
        }
        await backups.abandonUploads(prefix);
        await backups.remove(keysOf(backups, prefix));
    }
    if (database !== undefined) {
        const client = await openDatabaseClient(outputs, door);
        try {
            await client.dropDatabase(database);
        } finally {
            await client.close();
        }
    }
    await inside.kubectl(`delete namespace ${namespace}`, [
        ...["delete", "namespace", namespace, "--ignore-not-found", "--wait=false"],
    ]);
    await waitFor(
        async () => {
            const args = ["get", "namespace", namespace, "--ignore-not-found", "-o", "name"];
            return (await inside.kubectl("read the namespaces", args)).trim() === "" ? true : undefined;
        },
        {
            what: `namespace ${namespace} to be gone`,
            timeoutMs: 300_000,
            intervalMs: 250,
            signal: door.signal,
        },
    );
}

async function* keysOf(store: ObjectStore, prefix: string): AsyncIterable<string> {
    for await (const { key } of store.list(prefix)) yield key;
}
