import { findHarborRelease } from "../catalogue";
import { missingBefore } from "../chart-keys";
import type { Settings } from "../schema";

type Cache = Settings["cache"];
type Existing = Extract<Cache, { kind: "external" | "external-sentinel" }>;

/** What Harbor and its chart cannot do with a Redis. */
export function checkCache({ cache, harbor }: Settings): string[] {
    switch (cache.kind) {
        case "internal":
            return [];
        case "redis-ot":
        case "redis-spotahome":
            return checkFailover(cache);
        default:
            return [...checkTopology(cache, harbor.version), ...checkLogin(cache, harbor.version)];
    }
}

function checkFailover(cache: Extract<Cache, { kind: "redis-ot" | "redis-spotahome" }>): string[] {
    const { kind, replicas, sentinels } = cache;
    return [
        ...(sentinels % 2 === 0
            ? [
                  `cache.sentinels is ${sentinels}: an even number bears no more losses than one Sentinel less; ` +
                      `set ${sentinels - 1} or ${sentinels + 1}`,
              ]
            : []),
        // It counts servers where it means Sentinels (spotahome/redis-operator#556, #589).
        ...(kind === "redis-spotahome" && replicas > sentinels
            ? [
                  `cache.replicas is ${replicas}, but cache.sentinels is ${sentinels}: with more servers than Sentinels ` +
                      `this operator's are never ready; set cache.replicas to ${sentinels} or less`,
              ]
            : []),
    ];
}

function checkTopology(cache: Existing, version: string): string[] {
    if (cache.kind === "external") {
        const since = missingBefore(version, "redis.external.tlsOptions.enable");
        return [
            ...(cache.mode === "cluster"
                ? [
                      'cache.mode is "cluster", but Harbor does not follow a Redis Cluster to the server that has a key: ' +
                          "use one server, or Sentinels with cache.kind external-sentinel",
                  ]
                : []),
            ...(cache.tls && since !== undefined
                ? [
                      `cache.tls is true, but harbor.version is "${version}", and TLS to Redis came with chart ${since}: ` +
                          "set cache.tls to false, or take a newer Harbor",
                  ]
                : []),
        ];
    }
    return [
        ...(cache.tls
            ? [
                  "cache.tls is true with Sentinels: the chart would lose the master set for the registry, which would " +
                      "take a Sentinel for a server (charts up to 1.19.2); set cache.tls to false",
              ]
            : []),
        ...(cache.sentinelPassword !== undefined
            ? [
                  "cache.sentinelPassword is set, but Harbor cannot log in at a Sentinel (harbor#22538): leave it out, and " +
                      "let the Sentinels ask for no password, behind a NetworkPolicy",
              ]
            : []),
    ];
}

/** The chart has no password of its own for servers that exist, and before 1.18 no user. */
function checkLogin({ user, password, existingSecret }: Existing, version: string): string[] {
    const chart = Number(findHarborRelease(version)?.chart.split(".")[1]);
    return [
        ...(password !== undefined && existingSecret !== undefined
            ? [`cache.existingSecret is "${existingSecret}", and cache.password is set as well: set one of them`]
            : []),
        ...(user !== undefined && password === undefined
            ? [
                  `cache.user is "${user}" without a password: set cache.password as a secret, or leave it out and put ` +
                      "the name into cache.existingSecret with the key REDIS_USERNAME",
              ]
            : []),
        ...(user !== undefined && chart < 18
            ? [`cache.user is "${user}", but charts before 1.18 (Harbor 2.14) know no ACL user: leave it out`]
            : []),
        // Since 1.19 the chart writes it into URLs as it has to stand there.
        ...(password !== undefined && chart < 19 && !/^[-\w.~]*$/.test(password)
            ? [
                  "cache.password has characters that charts before 1.19 (Harbor 2.15) write into a URL as they are: " +
                      "take letters, digits, and any of - _ . ~",
              ]
            : []),
    ];
}
