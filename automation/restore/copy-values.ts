import { parse, stringify } from "yaml";
import type { BucketOutput, StackOutputs } from "../../config/contract";

/** What a copy of the registry has of its own, in place of the registry's. Pure. */

/** Labels and annotations of a copy's namespace: all that is needed to remove it, after a kill too. */
export const copyLabel = "anchorage.dev/copy-of";
export const copyNotes = {
    /** A rehearsal is removed by the next restore or rehearsal, where a killed one left it. */
    rehearsal: "anchorage.dev/rehearsal",
    /** Scratch database on the registry's server; absent: it is in the namespace. */
    database: "anchorage.dev/database",
    /** Its part of the backup bucket. */
    prefix: "anchorage.dev/prefix",
} as const;

/** Below the backup bucket's prefix: a copy's blobs. Never a part of the live registry's bucket. */
export function copyPrefix(id: string): string {
    return `anchorage/copies/${id}/`;
}

export function copyNamespace(
    namespace: string,
    of: string,
    place: { readonly rehearsal: boolean; readonly id: string; readonly database: string | undefined },
): object {
    return {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: {
            name: namespace,
            labels: { "app.kubernetes.io/managed-by": "anchorage", [copyLabel]: of },
            annotations: {
                [copyNotes.rehearsal]: String(place.rehearsal),
                [copyNotes.prefix]: copyPrefix(place.id),
                ...(place.database === undefined ? {} : { [copyNotes.database]: place.database }),
            },
        },
    };
}

/** Name of the scratch database; undefined where the copy's namespace brings its own server. */
export function scratchDatabase({ database }: StackOutputs, id: string): string | undefined {
    if (database === undefined || database.kind === "internal") return undefined;
    return `${database.database}_copy_${id}`.slice(0, 63);
}

/** The stack's outputs as those of the copy. */
export function copyOutputs(outputs: StackOutputs, namespace: string, id: string): StackOutputs {
    const { database, storage, backup } = outputs;
    const scratch = scratchDatabase(outputs, id);
    return {
        ...outputs,
        namespace,
        ...(database === undefined || scratch === undefined
            ? {}
            : { database: { ...database, host: hostFrom(database.host, outputs.namespace), database: scratch } }),
        ...(storage?.kind === "s3" && backup !== undefined
            ? {
                  storage: {
                      ...prefixed(backup.bucket, copyPrefix(id)),
                      kind: "s3",
                      accessKey: storage.accessKey,
                      secretKey: storage.secretKey,
                  },
              }
            : {}),
    };
}

/** A Service of the registry's namespace, as it is found from another one. */
function hostFrom(host: string, namespace: string): string {
    return host.includes(".") || host.includes(":") || host === "localhost" ? host : `${host}.${namespace}.svc`;
}

function prefixed(bucket: BucketOutput, prefix: string): BucketOutput {
    const parts = [bucket.prefix ?? "", prefix.replace(/\/$/, "")].filter((part) => part !== "");
    return { ...bucket, prefix: parts.join("/") };
}

interface Repointed {
    readonly place: StackOutputs;
    /** What its clients type, which its tokens name. */
    readonly url: string;
}

/** A ConfigMap of Harbor's, turned to what the copy has of its own; undefined where there is nothing to turn. */
export function repointed(
    data: Readonly<Record<string, string>>,
    { place, url }: Repointed,
): Readonly<Record<string, string>> | undefined {
    const { database, storage } = place;
    const changed: Record<string, string> = {};
    if (data["EXT_ENDPOINT"] !== undefined) changed["EXT_ENDPOINT"] = url;
    if (database !== undefined && database.kind !== "internal" && data["POSTGRESQL_DATABASE"] !== undefined) {
        changed["POSTGRESQL_HOST"] = database.host;
        changed["POSTGRESQL_DATABASE"] = database.database;
    }
    const configuration = data["config.yml"];
    if (configuration !== undefined && storage?.kind === "s3") {
        const parsed = parse(configuration) as { storage?: { s3?: Record<string, unknown> } } | null;
        if (parsed?.storage?.s3 !== undefined) {
            const { bucket, region, endpoint, prefix } = storage;
            const others = Object.fromEntries(
                Object.entries(parsed.storage.s3).filter(([name]) => name !== "regionendpoint"),
            );
            const s3 = {
                ...others,
                bucket,
                region,
                ...(endpoint === undefined ? {} : { regionendpoint: endpoint }),
                rootdirectory: `/${prefix ?? ""}`,
            };
            changed["config.yml"] = stringify({ ...parsed, storage: { ...parsed.storage, s3 } });
        }
    }
    return Object.keys(changed).length === 0 ? undefined : { ...data, ...changed };
}
