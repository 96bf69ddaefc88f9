import type { DatabaseOutput } from "./contract";
import type { Settings } from "./schema";

/** Who brings the schema of Harbor's database to that of a newer release. */
export type SchemaMigration =
    /** The chart's Job, before any pod is replaced: one that fails leaves the old pods as they are. */
    | { readonly by: "hook" }
    /** Harbor's core, as it starts; and why no Job does. */
    | { readonly by: "core"; readonly why: string };

/**
 * By the settings alone, so that it is the same in each update of a stack. The Job is Helm's pre-upgrade hook
 * (goharbor/harbor-helm, templates/core/core-pre-upgrade-job.yaml, `enableMigrateHelmHook`): core of the new version in mode
 * `migrate`, with the ConfigMap and the Secret of the release that is there. Core migrates at its start all the same,
 * and then finds nothing to do. Pure.
 */
export function schemaMigrationOf(settings: Settings): SchemaMigration {
    const why = whyNoJob(settings);
    if (why !== undefined) return { by: "core", why };
    if (settings.harbor.values[hookKey] === false) return { by: "core", why: `harbor.values.${hookKey} is false` };
    return { by: "hook" };
}

/** The chart's key. */
export const hookKey = "enableMigrateHelmHook";

/** Why a Job before the update cannot reach what it needs; undefined: it can. Pure. */
export function whyNoJob({ database, cache, storage, harbor }: Settings): string | undefined {
    if (database.kind === "internal") {
        return (
            "the database is the chart's own, which is removed with its volume where a rollback goes back to an older " +
            "PostgreSQL, and then is not there before the release is"
        );
    }
    const bundle =
        (database.kind === "external" ? database.ca : undefined) ??
        ("caSecret" in storage ? storage.caSecret : undefined) ??
        harbor.values["caBundleSecretName"];
    if (bundle === undefined) return undefined;
    // It mounts no caBundleSecretName and passes over the image's entrypoint, which would take the bundle in.
    const checked = [
        ...(database.kind === "external" && database.sslmode.startsWith("verify") ? ["the database's"] : []),
        // Core in any mode asks Redis for a sign of life first (src/core/main.go).
        ...(cache.kind === "external" && cache.tls ? ["the cache's"] : []),
    ];
    return checked.length === 0
        ? undefined
        : `the chart's Job does not have the CA bundle by which ${checked.join(" and ")} certificate is checked`;
}

/**
 * A sentence where an update takes Harbor to another host of its database: the Job has the ConfigMap of the release that is
 * there, and so asks the old host. Pure.
 * @param installed what the last update left; undefined: nothing, or an older program's outputs do not say
 */
export function jobAsksOldHost(installed: DatabaseOutput | undefined, settings: Settings): string | undefined {
    const { database } = settings;
    if (installed?.kind !== "external" || database.kind !== "external" || installed.host === database.host)
        return undefined;
    if (schemaMigrationOf(settings).by === "core") return undefined;
    return (
        `the database moves from ${installed.host} to ${database.host}, and the chart's Job that migrates its schema asks ` +
        `${installed.host} once more: where that no longer answers set harbor.values.${hookKey} to false for this update`
    );
}
