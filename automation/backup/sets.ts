import { ExitCode, UserError } from "../../lib/errors";
import type { ObjectStore } from "../objects/store";
import {
    readManifest,
    setNamePattern,
    setNameRule,
    type BackupManifest,
    type CompleteManifest,
    type ManifestReading,
} from "./manifest";

/** The backup sets of a bucket, by their manifests. */

const setsPrefix = "anchorage/sets/";

/** Keys of a set's own objects, below the bucket's prefix. */
export function setKeys(name: string): {
    readonly folder: string;
    readonly manifest: string;
    readonly database: string;
} {
    const folder = `${setsPrefix}${requireSetName(name)}/`;
    return { folder, manifest: `${folder}manifest.json`, database: `${folder}database.dump` };
}

/** @throws UserError (exit code 2) for what cannot be the name of a set */
export function requireSetName(name: string): string {
    if (setNamePattern.test(name)) return name;
    throw new UserError(`${JSON.stringify(name)} is no name of a backup`, {
        details: [`a name has ${setNameRule}`],
        exitCode: ExitCode.usage,
    });
}

export interface SetList {
    /** The oldest first. */
    readonly sets: readonly BackupManifest[];
    /** Folders among them that are no set, each with why. */
    readonly foreign: readonly { readonly name: string; readonly problem: string }[];
}

/** All sets, complete or not. What is no set is no reason to hide the others. */
export async function listSets(store: ObjectStore): Promise<SetList> {
    const names = await store.folders(setsPrefix);
    const read = await Promise.all(names.map(async (name) => ({ name, ...(await tryRead(store, name)) })));
    const sets = read.flatMap((one) => ("manifest" in one ? [one.manifest] : []));
    return {
        sets: sets.sort((a, b) => Date.parse(a.beganAt) - Date.parse(b.beganAt) || (a.name < b.name ? -1 : 1)),
        foreign: read.flatMap((one) => ("problem" in one ? [{ name: one.name, problem: one.problem }] : [])),
    };
}

/** @returns undefined where there is no such set @throws UserError where its manifest cannot be read */
export async function findSet(store: ObjectStore, name: string): Promise<BackupManifest | undefined> {
    const { manifest: key } = setKeys(name);
    const text = await store.readText(key);
    if (text === undefined) return undefined;
    const reading = readManifest(text, name);
    if ("manifest" in reading) return reading.manifest;
    throw new UserError(`backup ${name} cannot be used: ${reading.problem}`, {
        details: [`${key} in ${store.where}`],
        next: ["npx anchorage backup list shows the others", `npx anchorage backup delete ${name} removes it`],
    });
}

/** @throws UserError where there is none of that name */
export async function requireSet(store: ObjectStore, name: string): Promise<BackupManifest> {
    const found = await findSet(store, name);
    if (found !== undefined) return found;
    const { sets } = await listSets(store);
    const names = sets.map((set) => set.name);
    throw new UserError(`there is no backup ${name} in ${store.where}`, {
        details: [names.length === 0 ? "there is none at all" : `there is: ${names.slice(-10).reverse().join(", ")}`],
        next: names.length === 0 ? ["npx anchorage backup makes one"] : ["npx anchorage backup list shows all"],
    });
}

/** @throws UserError (exit code 3) where the set is incomplete, too */
export async function requireComplete(store: ObjectStore, name: string): Promise<CompleteManifest> {
    const set = await requireSet(store, name);
    if (set.state === "complete") return set;
    throw new UserError(`backup ${name} is incomplete`, {
        details: [set.why],
        next: ["npx anchorage backup list shows which ones are complete"],
        exitCode: ExitCode.refused,
    });
}

/** The newest complete set; undefined where there is none. */
export function newestComplete(sets: readonly BackupManifest[]): CompleteManifest | undefined {
    return sets.filter((set) => set.state === "complete").at(-1);
}

/** One object is replaced as a whole: a reader sees the old manifest or the new one. */
export async function writeManifest(store: ObjectStore, manifest: BackupManifest): Promise<void> {
    await store.write(setKeys(manifest.name).manifest, `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** The set is no longer to be used. @param why a sentence */
export async function markIncomplete(store: ObjectStore, set: BackupManifest, why: string): Promise<void> {
    const { version, name, stack, kind, beganAt, harbor, chart, anchorage } = set;
    const { namespace, release, registryUrl, secretKeyFingerprint, velero } = set;
    await writeManifest(store, {
        ...{ version, name, stack, kind, beganAt, harbor, chart, anchorage },
        ...{ namespace, release, registryUrl, secretKeyFingerprint },
        state: "incomplete",
        why,
        velero: { backupName: velero.backupName },
    });
}

/**
 * Removes all of a set but the blobs that it shares with others. The manifest goes last, and is that of an incomplete
 * set before: what a killed command leaves is seen, and never restored. @returns how many objects
 */
export async function removeSet(store: ObjectStore, name: string): Promise<number> {
    const { folder, manifest } = setKeys(name);
    const text = await store.readText(manifest);
    const reading = text === undefined ? undefined : readManifest(text, name);
    if (reading !== undefined && "manifest" in reading && reading.manifest.state === "complete") {
        await markIncomplete(store, reading.manifest, "it was being deleted");
    }
    await store.abandonUploads(folder);
    const others = async function* (): AsyncIterable<string> {
        for await (const { key } of store.list(folder)) if (key !== manifest) yield key;
    };
    return (await store.remove(others())) + (await store.remove([manifest]));
}

async function tryRead(store: ObjectStore, name: string): Promise<ManifestReading> {
    if (!setNamePattern.test(name)) return { problem: "its name is none of a backup" };
    const text = await store.readText(setKeys(name).manifest);
    return text === undefined ? { problem: "it has no manifest.json" } : readManifest(text, name);
}
