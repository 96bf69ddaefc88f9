import { z } from "zod";
import { defaultHarborVersion, harborReleases } from "../catalogue";
import { count, secret } from "./fields";

const replicas = count(50);

export const harbor = z.strictObject({
    version: z
        .enum(harborReleases.map((release) => release.harbor))
        .default(defaultHarborVersion)
        .describe("a release of the catalogue; its chart follows"),
    encryptionKey: secret
        .optional()
        .describe(
            "secret, of 16 characters: what Harbor encrypts credentials in its database with; only for a registry that takes " +
                "over another one's content (docs/migrate.md), and before it has any; default: made once",
        ),
    externalUrl: z.string().optional().describe("what clients type; default: what the exposure gives"),
    replicas: z
        .strictObject({
            portal: replicas.default(1).describe("pods"),
            core: replicas.default(1).describe("pods"),
            jobservice: replicas.default(1).describe("pods"),
            registry: replicas.default(1).describe("pods"),
            trivy: replicas.default(1).describe("pods"),
        })
        .prefault({})
        .describe("pods of each component"),
    trivy: z.boolean().default(true).describe("vulnerability scanning"),
    metrics: z.boolean().default(false).describe("metrics of all components, and the exporter"),
    serviceMonitors: z
        .boolean()
        .default(false)
        .describe("ServiceMonitors for the Prometheus operator; metrics have to be on"),
    internalTls: z
        .boolean()
        .default(false)
        .describe("TLS between Harbor's components by cert-manager, pods restarted when it is renewed"),
    cache: z.boolean().default(false).describe("manifest cache in Redis"),
    updateStrategy: z
        .enum(["RollingUpdate", "Recreate"])
        .optional()
        .describe("default: Recreate with a ReadWriteOnce volume, else RollingUpdate"),
    jobLogs: z
        .enum(["database", "file"])
        .optional()
        .describe("where job logs go; default: file with a ReadWriteMany volume or one replica, else database"),
    values: z.record(z.string(), z.unknown()).default({}).describe("raw values of the chart, merged last"),
});

/** How pods are spread, protected and bounded. */
export const placement = z.strictObject({
    spread: z
        .enum(["none", "preferred", "required"])
        .default("preferred")
        .describe("pods of one component in different zones and on different nodes"),
    disruptionBudgets: z
        .boolean()
        .default(true)
        .describe("a PodDisruptionBudget for each component with more than one pod"),
    resources: z
        .enum(["none", "small", "medium", "large"])
        .default("small")
        .describe("requests and limits of every pod: docs/placement.md has the numbers"),
    priorityClass: z.string().optional().describe("PriorityClass of all pods"),
});

/** The portal's look, from files of the project. */
export const portal = z.strictObject({
    name: z.string().max(40, "must have 40 characters or less").optional().describe("in the title; default: Harbor"),
    logo: z.string().optional().describe("path of an SVG or PNG"),
    favicon: z.string().optional().describe("path of an ICO or PNG"),
});

/** Where Trivy gets its databases. */
export const scanning = z.strictObject({
    databaseMirrors: z
        .array(z.string().min(1))
        .default([])
        .describe("OCI repositories of trivy-db, tried in this order; default: upstream's"),
    javaDatabaseMirrors: z
        .array(z.string().min(1))
        .default([])
        .describe("OCI repositories of trivy-java-db, tried in this order; default: upstream's"),
    offline: z.boolean().default(false).describe("no look-ups of the internet while scanning; the mirrors are needed"),
});
