import { z } from "zod";
import { cache } from "./schema/cache";
import { charts, cluster } from "./schema/cluster";
import { database } from "./schema/database";
import { exposure, tls } from "./schema/exposure";
import { name } from "./schema/fields";
import { harbor, placement, portal, scanning } from "./schema/harbor";
import { operators } from "./schema/operators";
import { persistence, storage } from "./schema/storage";

/**
 * The shape of the settings: keys, types, defaults, descriptions. README's table is made from it. What two
 * settings have to do with each other is in checks/.
 */
export const settingsSchema = z.strictObject({
    cluster,
    namespace: name.default("harbor").describe("namespace of the registry"),
    generation: z
        .enum(["current", "seed"])
        .default("current")
        .describe("parts of today or of the course, for database, cache and exposure that name no kind"),
    charts: charts.prefault({}),
    operators: operators.prefault({}),
    harbor: harbor.prefault({}),
    placement: placement.prefault({}),
    portal: portal.prefault({}),
    scanning: scanning.prefault({}),
    exposure: exposure.prefault({ kind: "clusterIP" }),
    tls: tls.prefault({ kind: "none" }),
    database: database.prefault({ kind: "internal" }),
    cache: cache.prefault({ kind: "internal" }),
    storage: storage.prefault({ kind: "volume" }),
    persistence: persistence.prefault({}),
});

/** The settings of a stack, defaults filled in. */
export type Settings = z.output<typeof settingsSchema>;

/** Paths of settings whose values are never shown. */
export const secretSettings: ReadonlySet<string> = new Set([
    "cache.password",
    "cache.sentinelPassword",
    "database.create.password",
    "database.password",
    "exposure.haproxy.install.privateKey",
    "storage.accessKey",
    "storage.password",
    "storage.rootPassword",
    "storage.secretKey",
    "tls.key",
]);
