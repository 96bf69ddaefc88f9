import { z } from "zod";
import { count, host, name, port, secret, size } from "./fields";

/** Redis with Sentinel of an operator. */
const failover = {
    replicas: count(9).default(3).describe("Redis servers: one master, the others replicas"),
    sentinels: count(9).default(3).describe("Sentinels; an odd number"),
    size: size.default("1Gi").describe("volume of each server"),
    storageClass: z.string().optional().describe("default: the cluster's"),
};

const login = {
    password: secret.optional().describe("secret: pulumi config set --secret --path cache.password"),
    existingSecret: name
        .optional()
        .describe("Secret in the namespace with the key REDIS_PASSWORD, and REDIS_USERNAME for an ACL user"),
    user: z.string().min(1, "must not be empty").optional().describe("ACL user, with a password; default: none"),
    tls: z.boolean().default(false).describe("TLS to the servers; not with Sentinels"),
};

export const cache = z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("internal").describe("the chart's own, one pod") }),
    z.strictObject({
        kind: z.literal("redis-ot").describe("replication and Sentinel of the OT-CONTAINER-KIT operator"),
        ...failover,
    }),
    z.strictObject({
        kind: z.literal("redis-spotahome").describe("a RedisFailover of the spotahome operator (unmaintained)"),
        ...failover,
    }),
    z.strictObject({
        kind: z.literal("external").describe("a server that exists"),
        host: host.describe("name or address of the server"),
        port: port.default(6379).describe("of the server"),
        mode: z
            .enum(["standalone", "cluster"])
            .default("standalone")
            .describe("Harbor knows no Redis Cluster, so cluster is refused"),
        ...login,
    }),
    z.strictObject({
        kind: z.literal("external-sentinel").describe("servers behind Sentinels that exist"),
        sentinels: z
            .array(
                z
                    .string()
                    .regex(/^[a-z0-9][-a-z0-9.]*:\d{1,5}$/, "must be host:port, such as sentinel-0.example.com:26379"),
            )
            .min(1, "must name a Sentinel")
            .describe("host:port of each"),
        master: z
            .string()
            .regex(/^[A-Za-z0-9][-\w.]*$/, "must be a name: letters, digits, and any of _ - .")
            .default("mymaster")
            .describe("name of the master set"),
        sentinelPassword: secret
            .optional()
            .describe("Harbor cannot log in at a Sentinel (harbor#22538), so it is refused"),
        ...login,
    }),
]);
