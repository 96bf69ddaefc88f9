import { z } from "zod";
import { count, host, name, port, secret, size } from "./fields";

/** Stands in the chart's ConfigMaps as it is, so it holds nothing that would have to be quoted there. */
const role = z
    .string()
    .regex(/^[A-Za-z_][-A-Za-z0-9_.@]{0,62}$/, "must be a role's name: letters, digits, and any of _ - . @");

const connections = {
    maxOpenConnections: z
        .int("must be a whole number")
        .min(10, "must be 10 or more")
        .optional()
        .describe(
            "connections of each core and exporter pod; default: 80 % of maxConnections over these pods, at most 900",
        ),
};

/** A PostgreSQL cluster of an operator. */
const cluster = {
    instances: count(9).default(2).describe("PostgreSQL servers: one primary, the others replicas"),
    size: size.default("10Gi").describe("volume of each server"),
    storageClass: z.string().optional().describe("default: the cluster's"),
    maxConnections: count(10_000).default(400).describe("max_connections of the servers"),
    ...connections,
};

export const database = z.discriminatedUnion("kind", [
    z.strictObject({
        kind: z.literal("internal").describe("the chart's own, one pod"),
        ...connections,
    }),
    z.strictObject({
        kind: z.literal("cloudnative-pg").describe("a cluster of the CloudNativePG operator"),
        version: z.enum(["15", "16", "17", "18"]).default("17").describe("PostgreSQL's major version"),
        ...cluster,
    }),
    z.strictObject({
        kind: z.literal("zalando").describe("a cluster of Zalando's postgres-operator"),
        team: z
            .string()
            .regex(
                /^[a-z]([-a-z0-9]{0,28}[a-z0-9])?$/,
                "must have 30 characters or less: a lower-case letter, then letters, digits, hyphens",
            )
            .default("harbor")
            .describe("teamId, and the prefix of the cluster's name"),
        version: z.enum(["15", "16", "17", "18"]).default("17").describe("PostgreSQL's major version"),
        ...cluster,
    }),
    z.strictObject({
        kind: z.literal("external").describe("a server that exists"),
        host: host.describe("name or address of the server"),
        port: port.default(5432).describe("of the server"),
        user: role.default("harbor").describe("owner of the database"),
        database: z
            .string()
            .regex(/^[a-z_][a-z0-9_]{0,62}$/, "must be a database's name: lower-case letters, digits, underscores")
            .default("registry")
            .describe("Harbor's database"),
        sslmode: z
            .enum(["disable", "require", "verify-ca", "verify-full"])
            .default("require")
            .describe("of every connection"),
        ca: z
            .string()
            .min(1, "must not be empty")
            .optional()
            .describe(
                "CA of its certificate, for verify-ca and verify-full: PEM, or the path of such a file; default: the public ones",
            ),
        password: secret.optional().describe("secret: pulumi config set --secret --path database.password"),
        existingSecret: name.optional().describe("Secret in the namespace with the key password"),
        maxConnections: count(10_000).default(100).describe("max_connections of the server, or what Harbor may use"),
        pooler: z
            .enum(["none", "session", "transaction"])
            .default("none")
            .describe("pgbouncer in front of it; Harbor needs its sessions, so transaction is refused"),
        create: z
            .strictObject({
                user: role.default("postgres").describe("a user that may create databases and roles"),
                password: secret
                    .optional()
                    .describe("secret: pulumi config set --secret --path database.create.password"),
                existingSecret: name.optional().describe("Secret in the namespace with the key password"),
                image: z
                    .string()
                    .min(1, "must not be empty")
                    .optional()
                    .describe("image with psql 15 or newer; default: the catalogue's"),
            })
            .optional()
            .describe(
                "makes the database and its owner by a Job, where they are not there yet; without a password the owner gets one",
            ),
        ...connections,
    }),
]);
