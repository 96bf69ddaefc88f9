import type { Settings } from "../config/schema";
import { masterSet, redisFailover } from "./cache/failovers";
import type { ChartValues } from "./chart-values";
import { names } from "./names";

/** The chart's `redis`. Pure; user and password are named by their Secret. */
export function cacheValues({ cache, placement }: Settings): ChartValues {
    const external = externalValues(cache, placement);
    return { redis: external === undefined ? { type: "internal" } : { type: "external", external } };
}

function externalValues(cache: Settings["cache"], placement: Settings["placement"]): ChartValues | undefined {
    switch (cache.kind) {
        case "internal":
            return undefined;
        case "external":
            return {
                addr: `${cache.host}:${cache.port}`,
                ...secretOf(cache),
                // Said only where it is asked for: charts before 1.17 do not know the key.
                ...(cache.tls ? { tlsOptions: { enable: true } } : {}),
            };
        case "external-sentinel":
            return { addr: cache.sentinels.join(","), sentinelMasterSet: cache.master, ...secretOf(cache) };
        default: {
            const { sentinels } = redisFailover(cache, placement) ?? { sentinels: [] };
            return {
                addr: sentinels.join(","),
                sentinelMasterSet: masterSet,
                existingSecret: names.cacheCredentials,
            };
        }
    }
}

/** The Secret with the password of servers that exist: one that exists, the program's, or none. */
function secretOf({ password, existingSecret }: Extract<Settings["cache"], { password?: unknown }>): ChartValues {
    const name = password === undefined ? existingSecret : names.cacheCredentials;
    return name === undefined ? {} : { existingSecret: name };
}
