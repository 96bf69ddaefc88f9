import type { ClusterDoor } from "../cluster-access";
import { askCluster } from "../cluster-access";
import type { StackOutputs } from "../../config/contract";
import { ExitCode, UserError } from "../../lib/errors";

/** Which StorageClass of the target takes the place of which of the source's. */

export interface StorageClasses {
    readonly names: readonly string[];
    /** The one that claims get which name none. */
    readonly fallback?: string;
}

export interface ClassMapping {
    readonly mapping: Readonly<Record<string, string>>;
    /** Sentences: what cannot be mapped, and what to set. */
    readonly problems: readonly string[];
}

/** `old=new`, as often as given. @throws UserError (exit code 2) */
export function parseClassMap(given: readonly string[]): Readonly<Record<string, string>> {
    return Object.fromEntries(
        given.map((text) => {
            const [from, to, ...rest] = text.split("=");
            if (from !== undefined && from !== "" && to !== undefined && to !== "" && rest.length === 0) {
                return [from, to];
            }
            throw new UserError(`--storage-class ${text} is no pair`, {
                next: ["--storage-class OLD=NEW: a class of the source, and the one of the target in its place"],
                exitCode: ExitCode.usage,
            });
        }),
    );
}

/**
 * Classes that the target has by the same name stay; others become the ones given, or the target's default. Pure.
 * @param used by claims of the source
 */
export function mapClasses(
    used: readonly string[],
    target: StorageClasses,
    given: Readonly<Record<string, string>>,
): ClassMapping {
    const has = new Set(target.names);
    const mapping: Record<string, string> = {};
    const problems = Object.entries(given).flatMap(([from, to]) => {
        if (!has.has(to)) return [`--storage-class ${from}=${to}: the target has no StorageClass ${to}`];
        mapping[from] = to;
        return [];
    });
    for (const name of new Set(used)) {
        if (has.has(name) || given[name] !== undefined) continue;
        if (target.fallback === undefined) {
            problems.push(
                `StorageClass ${name} of the source is not in the target, which has no default one: ` +
                    `set --storage-class ${name}=NEW${target.names.length === 0 ? "" : `, one of ${target.names.join(", ")}`}`,
            );
        } else mapping[name] = target.fallback;
    }
    return { mapping, problems };
}

/** Of the claims in the registry's namespace. */
export async function usedClasses(outputs: StackOutputs, door: ClusterDoor): Promise<readonly string[]> {
    const stdout = await askCluster(outputs, door, "the volume claims", ["get", "pvc", "-o", "json"]);
    const { items } = JSON.parse(stdout) as { items: readonly { spec?: { storageClassName?: string } }[] };
    return [...new Set(items.flatMap(({ spec }) => spec?.storageClassName ?? []))];
}

const defaultNote = "storageclass.kubernetes.io/is-default-class";

export async function classesOf(outputs: StackOutputs, door: ClusterDoor): Promise<StorageClasses> {
    const stdout = await askCluster(outputs, door, "the StorageClasses", ["get", "storageclasses", "-o", "json"]);
    const { items } = JSON.parse(stdout) as {
        items: readonly { metadata: { name: string; annotations?: Readonly<Record<string, string>> } }[];
    };
    const fallback = items.find(({ metadata }) => metadata.annotations?.[defaultNote] === "true")?.metadata.name;
    return { names: items.map(({ metadata }) => metadata.name), ...(fallback === undefined ? {} : { fallback }) };
}

/** How Velero's own plug-in is told (velero.io/docs, "Changing PV/PVC Storage Classes"); it takes one such ConfigMap only. */
export const classLabels = {
    "velero.io/plugin-config": "",
    "velero.io/change-storage-class": "RestoreItemAction",
} as const;

export const classMapName = "anchorage-storage-classes";

export function classMap(namespace: string, mapping: Readonly<Record<string, string>>): object {
    return {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: {
            name: classMapName,
            namespace,
            labels: { "app.kubernetes.io/managed-by": "anchorage", ...classLabels },
        },
        data: mapping,
    };
}

/** What a ConfigMap of somebody else's leaves to be mapped: there may be no second one. Pure. */
export function beside(
    wanted: Readonly<Record<string, string>>,
    theirs: { readonly name: string; readonly data: Readonly<Record<string, string>> } | undefined,
): ClassMapping {
    if (theirs === undefined) return { mapping: wanted, problems: [] };
    const missing = Object.entries(wanted).filter(([from, to]) => theirs.data[from] !== to);
    return {
        mapping: {},
        problems: missing.map(
            ([from, to]) =>
                `ConfigMap ${theirs.name} in the target's Velero does not turn StorageClass ${from} into ${to}, and Velero takes ` +
                "one such ConfigMap only: write it there, or delete that one",
        ),
    };
}
