import type { SecretOutput, StackOutputs } from "../../config/contract";
import { UserError } from "../../lib/errors";
import { openDatabaseClient } from "../backup/database";
import { backupKeys, openBackupStore } from "../backup/stores";
import { VeleroObjects } from "../backup/velero-access";
import { readSecret } from "../secrets";
import type { Step } from "../steps";
import type { CopyMode } from "./copy";
import { copyNamespace, copyPrefix, repointed, scratchDatabase } from "./copy-values";
import type { RestoreGround } from "./open-restoration";
import { findCopies, removeCopy } from "./remove-copy";

/** Of killed rehearsals; those that are under way are kept away by the lock. */
export function leftOverStep(ground: RestoreGround): Step {
    return {
        id: "left-over",
        title: "remove what a killed rehearsal left",
        plan: "namespaces that say so, each with its database and its blobs",
        run: async () => {
            const left = (await findCopies(ground)).filter(({ rehearsal }) => rehearsal);
            for (const copy of left) await removeCopy(ground, copy);
            return left.length === 0 ? "nothing" : left.map(({ namespace }) => namespace).join(", ");
        },
    };
}

export function placeStep({ outputs, door }: RestoreGround, { kind, namespace, id }: CopyMode): Step {
    const database = scratchDatabase(outputs, id);
    const rehearsal = kind === "rehearsal";
    const parts = [
        `namespace ${namespace}`,
        ...(database === undefined ? [] : [`database ${database}`]),
        `${copyPrefix(id)} in the backup bucket`,
    ];
    let made = false;
    return {
        id: "place",
        title: "make the place for the copy",
        plan: parts.join(", "),
        run: async () => {
            const objects = new VeleroObjects(outputs, outputs.namespace, door);
            const wanted = copyNamespace(namespace, outputs.namespace, { rehearsal, id, database });
            // Fails where there is one: a copy never goes into what is somebody's.
            await objects.create(`make namespace ${namespace}`, wanted);
            made = true;
            if (database === undefined) return undefined;
            const client = await openDatabaseClient(outputs, door);
            try {
                await client.createDatabase(database);
            } finally {
                await client.close();
            }
            return undefined;
        },
        undo: {
            title: "remove the copy",
            when: rehearsal ? "always" : "failure",
            run: async ({ signal }) => {
                if (!made) return;
                const within = { ...door, signal };
                const backups = await openBackupStore(outputs, within);
                const named = database === undefined ? {} : { database };
                try {
                    const copy = { namespace, rehearsal, prefix: copyPrefix(id), ...named };
                    await removeCopy({ outputs, door: within, backups }, copy);
                } finally {
                    backups.close();
                }
            },
        },
    };
}

/** Nothing of the copy may reach the registry's database or bucket: done while all of it is held. */
export function repointStep(
    { outputs, door }: RestoreGround,
    place: StackOutputs,
    address: () => Promise<string>,
): Step {
    return {
        id: "repoint",
        title: "turn the copy to its own database and content",
        plan: "its ConfigMaps and the keys of its bucket, while its Deployments are held",
        run: async () => {
            const inside = new VeleroObjects(place, place.namespace, door);
            const { storage, database } = place;
            if (storage?.kind === "s3") {
                const { accessKey, secretKey } = await backupKeys(outputs, door);
                await setSecret(inside, storage.accessKey, accessKey);
                await setSecret(inside, storage.secretKey, secretKey);
            }
            if (database !== undefined && database.kind !== "internal") {
                const { secretName, secretKey } = database.password;
                // One that an operator makes does not come with the objects.
                await setSecret(inside, database.password, await readSecret(outputs, secretName, secretKey, door));
            }
            const url = await address();
            let turned = 0;
            for (const map of await configMaps(inside)) {
                const data = repointed(map.data ?? {}, { place, url });
                if (data === undefined) continue;
                const what = `change ConfigMap ${map.metadata.name}`;
                await inside.kubectl(what, ["replace", "-f", "-"], JSON.stringify({ ...map, data }));
                turned++;
            }
            if (turned > 0) return `${String(turned)} ConfigMaps`;
            throw new UserError("the copy has no ConfigMap of Harbor's", {
                details: ["it would work on the registry's own database and bucket"],
            });
        },
    };
}

interface ConfigMap {
    readonly metadata: { readonly name: string };
    readonly data?: Readonly<Record<string, string>>;
}

async function configMaps(objects: VeleroObjects): Promise<readonly ConfigMap[]> {
    const stdout = await objects.kubectl("read the ConfigMaps", ["get", "configmaps", "-o", "json"]);
    return (JSON.parse(stdout) as { readonly items: readonly ConfigMap[] }).items;
}

/** Through standard input: no value is ever an argument. */
async function setSecret(objects: VeleroObjects, at: SecretOutput, value: string): Promise<void> {
    const { secretName: name, secretKey: key } = at;
    const found = await objects.get<{ data?: Readonly<Record<string, string>> }>("secrets", name);
    const data = { ...found?.data, [key]: Buffer.from(value).toString("base64") };
    const metadata = { name, namespace: objects.namespace };
    const secret = { apiVersion: "v1", kind: "Secret", metadata, ...found, data };
    const how = found === undefined ? "create" : "replace";
    await objects.kubectl(`write Secret ${name}`, [how, "-f", "-"], JSON.stringify(secret));
}
