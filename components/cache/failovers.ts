import type * as pulumi from "@pulumi/pulumi";
import { images } from "../../config/catalogue";
import type { Settings } from "../../config/schema";
import type { ChartValues } from "../chart-values";
import { waitAnnotations, waitFor } from "../custom-object";
import { names, secretKeys } from "../names";
import { resourcesOf } from "../placement-resources";
import { spreadConstraints } from "../spread-constraints";

type Cache = Settings["cache"];
type Placement = Settings["placement"];
type Failover<Kind extends string> = Extract<Cache, { kind: Kind }>;

/** Redis servers with Sentinels as an operator reads them, and what Harbor needs to know of them. */
export interface RedisFailover {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
    /** @param checksum changes with the password; the operator restarts the servers when it does */
    readonly spec: (checksum: pulumi.Input<string>) => ChartValues;
    /** Undefined, not empty, where there are none: the Kubernetes provider would see a change in an empty map each time. */
    readonly annotations: (
        checksum: pulumi.Input<string>,
    ) => Readonly<Record<string, pulumi.Input<string>>> | undefined;
    /** host:port of each Sentinel, or of the Service before them. */
    readonly sentinels: readonly string[];
    /** Labels of the Sentinels' pods, where their operator makes no PodDisruptionBudget for them. */
    readonly unprotectedSentinels?: Readonly<Record<string, string>>;
    /** Whether the operator says nowhere that its servers answer. */
    readonly silent: boolean;
}

/** Name of the master set, which both operators give it. */
export const masterSet = "mymaster";

const sentinelPort = 26_379;

/** Seconds until servers that do not answer are given up: images have to be pulled, volumes made. */
const timeout = 900;

/** Failovers of the two operators. Pure; field names: their CustomResourceDefinitions of the catalogue's versions. */
export function redisFailover(cache: Cache, placement: Placement): RedisFailover | undefined {
    switch (cache.kind) {
        case "redis-ot":
            return otReplication(cache, placement);
        case "redis-spotahome":
            return spotahomeFailover(cache, placement);
        default:
            return undefined;
    }
}

/**
 * A RedisReplication with Sentinels of its own. Not with a RedisSentinel beside it: its controller makes the Sentinels
 * forget the replicas each time that it looks at them, and a master that is lost then is never replaced
 * (OT-CONTAINER-KIT/redis-operator#1883, fixed for these Sentinels alone); nor does it see a master's new address
 * (#1781).
 */
function otReplication(cache: Failover<"redis-ot">, placement: Placement): RedisFailover {
    const name = names.cache;
    const sentinelPods = { app: `${name}-s`, role: "sentinel" };
    // User and group of its images, as in the operator's documentation.
    const podSecurityContext = { runAsUser: 1000, fsGroup: 1000 };
    const everyPod = {
        podSecurityContext,
        ...(placement.priorityClass === undefined ? {} : { priorityClassName: placement.priorityClass }),
    };
    const protectedServers = cache.replicas > 1 && placement.disruptionBudgets;
    const spec: ChartValues = {
        clusterSize: cache.replicas,
        kubernetesConfig: {
            image: images.redisOt,
            imagePullPolicy: "IfNotPresent",
            redisSecret: { name: names.cacheCredentials, key: secretKeys.redis },
            ignoreAnnotations: Object.values(waitAnnotations),
            ...resourcesOf("redis", placement.resources),
        },
        storage: { volumeClaimTemplate: { spec: claim(cache) } },
        ...everyPod,
        ...spreadConstraints(placement.spread, cache.replicas, { app: name, role: "replication" }),
        ...(protectedServers ? { pdb: { enabled: true, maxUnavailable: 1 } } : {}),
        // No password of its own: Harbor cannot log in at a Sentinel (harbor#22538).
        sentinel: {
            size: cache.sentinels,
            image: images.redisOtSentinel,
            imagePullPolicy: "IfNotPresent",
            ...everyPod,
            ...sentinelResources(placement),
            ...spreadConstraints(placement.spread, cache.sentinels, sentinelPods),
        },
    };
    return {
        apiVersion: "redis.redis.opstreelabs.in/v1beta2",
        kind: "RedisReplication",
        name,
        spec: () => spec,
        annotations: (checksum) => ({
            // The operator names a master when servers and Sentinels are ready, and knows them.
            ...waitFor("jsonpath={.status.masterNode}", timeout),
            "anchorage/secrets": checksum,
        }),
        sentinels: Array.from(
            { length: cache.sentinels },
            (_, index) => `${name}-s-${index}.${name}-s-hl:${sentinelPort}`,
        ),
        ...(cache.sentinels > 1 && placement.disruptionBudgets ? { unprotectedSentinels: sentinelPods } : {}),
        silent: false,
    };
}

/** The course's: three servers and three Sentinels behind rfs-redisfailover. Its kind has no status. */
function spotahomeFailover(cache: Failover<"redis-spotahome">, placement: Placement): RedisFailover {
    const name = names.redisFailover;
    const everyPod = {
        image: images.redis,
        imagePullPolicy: "IfNotPresent",
        ...(placement.priorityClass === undefined ? {} : { priorityClassName: placement.priorityClass }),
    };
    const labels = (component: string) => ({
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/name": name,
    });
    return {
        apiVersion: "databases.spotahome.com/v1",
        kind: "RedisFailover",
        name,
        spec: (checksum) => ({
            auth: { secretPath: names.cacheCredentials },
            redis: {
                replicas: cache.replicas,
                ...everyPod,
                podAnnotations: { "anchorage/secrets": checksum },
                storage: { persistentVolumeClaim: { metadata: { name: `${name}-data` }, spec: claim(cache) } },
                ...resourcesOf("redis", placement.resources),
                ...spreadConstraints(placement.spread, cache.replicas, labels("redis")),
            },
            sentinel: {
                replicas: cache.sentinels,
                ...everyPod,
                ...sentinelResources(placement),
                ...spreadConstraints(placement.spread, cache.sentinels, labels("sentinel")),
            },
        }),
        annotations: () => undefined,
        sentinels: [`rfs-${name}:${sentinelPort}`],
        silent: true,
    };
}

function claim({ size, storageClass }: { readonly size: string; readonly storageClass?: string | undefined }) {
    return {
        accessModes: ["ReadWriteOnce"],
        resources: { requests: { storage: size } },
        ...(storageClass === undefined ? {} : { storageClassName: storageClass }),
    };
}

/** A Sentinel holds no data, whatever the size of the registry. */
function sentinelResources({ resources }: Placement): ChartValues {
    if (resources === "none") return {};
    return { resources: { requests: { cpu: "20m", memory: "32Mi" }, limits: { memory: "128Mi" } } };
}
