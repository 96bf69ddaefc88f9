import { alive, patchOf, serviceBeside, type Stage } from "./stage";

const name = "{{ .metadata.name }}";

/** What the Redis operators would do: the Services by which Harbor finds servers and Sentinels. */
export const cacheStages: readonly Stage[] = [
    {
        // Its kind has no status: that the Services are there is all that can be seen.
        name: "redisfailover-services",
        apiVersion: "databases.spotahome.com/v1",
        kind: "RedisFailover",
        definition: "redisfailovers.databases.spotahome.com",
        when: [alive],
        steps: [serviceBeside(`rfs-${name}`, 26_379), serviceBeside(`rfrm-${name}`, 6379)],
    },
    {
        name: "redisreplication-ready",
        apiVersion: "redis.redis.opstreelabs.in/v1beta2",
        kind: "RedisReplication",
        definition: "redisreplications.redis.redis.opstreelabs.in",
        when: [alive, { key: ".status.masterNode", operator: "DoesNotExist" }],
        steps: [
            ...["", "-headless", "-master", "-replica"].map((role) => serviceBeside(`${name}${role}`, 6379)),
            // The Sentinels that it may bring along.
            ...["-s", "-s-hl"].map((role) => serviceBeside(`${name}${role}`, 26_379)),
            patchOf("status", [`masterNode: ${name}-0`]),
        ],
    },
    {
        name: "redissentinel-services",
        apiVersion: "redis.redis.opstreelabs.in/v1beta2",
        kind: "RedisSentinel",
        definition: "redissentinels.redis.redis.opstreelabs.in",
        when: [alive],
        steps: ["", "-headless"].map((role) => serviceBeside(`${name}-sentinel${role}`, 26_379)),
    },
];
