import { z } from "zod";
import { backup } from "./schema/backup";
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
    cluster: cluster.describe("the cluster that the registry runs on"),
    namespace: name.default("harbor").describe("namespace of the registry"),
    generation: z
        .enum(["current", "seed"])
        .default("current")
        .describe("parts of today or of the course, for database, cache and exposure that name no kind"),
    charts: charts.prefault({}).describe("where charts come from"),
    operators: operators
        .prefault({})
        .describe("operators and controllers; the program installs those that the other settings need"),
    harbor: harbor.prefault({}).describe("Harbor itself"),
    placement: placement.prefault({}).describe("how pods are spread, protected and bounded"),
    portal: portal.prefault({}).describe("the portal's look"),
    scanning: scanning.prefault({}).describe("where Trivy gets its databases"),
    exposure: exposure.prefault({ kind: "clusterIP" }).describe("how clients reach the registry"),
    tls: tls.prefault({ kind: "none" }).describe("the certificate that clients see"),
    database: database.prefault({ kind: "internal" }).describe("Harbor's PostgreSQL"),
    cache: cache.prefault({ kind: "internal" }).describe("Harbor's Redis"),
    storage: storage.prefault({ kind: "volume" }).describe("where images are kept"),
    persistence: persistence.prefault({}).describe("volumes of the components"),
    backup: backup.prefault({ kind: "none" }).describe("backups, and where they go"),
});

/** The settings of a stack, defaults filled in. */
export type Settings = z.output<typeof settingsSchema>;

/** Paths of settings whose values are never shown. */
export const secretSettings: ReadonlySet<string> = new Set([
    "backup.location.accessKey",
    "backup.location.rootPassword",
    "backup.location.secretKey",
    "cache.password",
    "cache.sentinelPassword",
    "database.create.password",
    "database.password",
    "exposure.haproxy.install.privateKey",
    "harbor.encryptionKey",
    "storage.accessKey",
    "storage.password",
    "storage.rootPassword",
    "storage.secretKey",
    "tls.key",
]);
