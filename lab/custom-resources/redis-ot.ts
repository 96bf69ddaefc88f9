import type { Definition, Schema } from "./definition";

/**
 * RedisReplication and RedisSentinel of the OT-CONTAINER-KIT operator 0.26, written by us: its module cannot be had from
 * Go's proxy. They allow the fields that a stack may set, with the names and types of the operator's API v1beta2, and
 * are narrower than its own: a field that is refused here may be one of the operator's all the same.
 */

const text: Schema = { type: "string" };
const flag: Schema = { type: "boolean" };
const number: Schema = { type: "integer", format: "int32" };
const texts: Schema = { type: "object", additionalProperties: text };
/** Fields of Kubernetes' own kinds, taken as they come. */
const open: Schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
const several = (items: Schema): Schema => ({ type: "array", items });
const fields = (properties: Readonly<Record<string, Schema>>, ...required: readonly string[]): Schema => ({
    type: "object",
    properties,
    ...(required.length === 0 ? {} : { required }),
});

/** `key: 1` or `key: 100Mi`. */
const quantities: Schema = {
    type: "object",
    additionalProperties: { anyOf: [{ type: "integer" }, { type: "string" }], "x-kubernetes-int-or-string": true },
};
const resources = fields({ limits: quantities, requests: quantities });

const kubernetesConfig = fields(
    {
        image: text,
        imagePullPolicy: text,
        imagePullSecrets: several(fields({ name: text })),
        ignoreAnnotations: several(text),
        minReadySeconds: number,
        persistentVolumeClaimRetentionPolicy: fields({ whenDeleted: text, whenScaled: text }),
        redisSecret: fields({ name: text, key: text }),
        resources,
        service: open,
        updateStrategy: open,
    },
    "image",
);

const secretKey = fields({ secretKeyRef: fields({ name: text, key: text, optional: flag }, "key") });

const claim = fields({
    metadata: open,
    spec: fields({ accessModes: several(text), resources, storageClassName: text, volumeMode: text }),
});

/** Where pods run, and as whom. */
const placement: Readonly<Record<string, Schema>> = {
    affinity: open,
    nodeSelector: texts,
    podSecurityContext: open,
    priorityClassName: text,
    securityContext: open,
    serviceAccountName: text,
    terminationGracePeriodSeconds: { type: "integer", format: "int64" },
    tolerations: several(open),
    topologySpreadConstraints: several(open),
};

/** Of Sentinels. Numbers and truth values are texts here. */
const sentinelConfig: Readonly<Record<string, Schema>> = {
    additionalSentinelConfig: text,
    announceHostnames: text,
    downAfterMilliseconds: text,
    failoverTimeout: text,
    parallelSyncs: text,
    quorum: text,
    resolveHostnames: text,
};

/** Of both kinds. */
const pods: Readonly<Record<string, Schema>> = {
    ...placement,
    env: several(open),
    kubernetesConfig,
    livenessProbe: open,
    pdb: fields({ enabled: flag, minAvailable: number, maxUnavailable: number }),
    readinessProbe: open,
    redisExporter: fields(
        { enabled: flag, image: text, imagePullPolicy: text, port: { type: "integer" }, resources },
        "image",
    ),
    TLS: fields({ ca: text, cert: text, key: text, secret: open }, "secret"),
};

/** Sentinels that a replication brings along. */
const ownSentinels = fields(
    {
        ...placement,
        ...sentinelConfig,
        ignoreAnnotations: several(text),
        image: text,
        imagePullPolicy: text,
        imagePullSecrets: several(fields({ name: text })),
        minReadySeconds: number,
        redisSecret: fields({ name: text, key: text }),
        resources,
        service: open,
        size: number,
        updateStrategy: open,
    },
    "image",
    "size",
);

const replication = fields(
    {
        ...pods,
        sentinel: ownSentinels,
        clusterSize: number,
        podManagementPolicy: text,
        redisConfig: fields({
            additionalRedisConfig: text,
            dynamicConfig: several(text),
            maxMemoryPercentOfLimit: { type: "integer" },
        }),
        storage: fields({ keepAfterDelete: flag, volumeClaimTemplate: claim }),
    },
    "clusterSize",
    "kubernetesConfig",
);

const sentinel = fields(
    {
        ...pods,
        clusterSize: { ...number, minimum: 1 },
        redisSentinelConfig: fields(
            {
                ...sentinelConfig,
                masterGroupName: text,
                redisPort: text,
                redisReplicationName: text,
                redisReplicationPassword: secretKey,
            },
            "redisReplicationName",
        ),
    },
    "clusterSize",
    "kubernetesConfig",
);

export const redisOperatorDefinitions: readonly Definition[] = [
    definition("RedisReplication", "redisreplications", replication, {
        connectionInfo: fields({ host: text, masterName: text, port: { type: "integer" } }),
        masterNode: text,
    }),
    definition("RedisSentinel", "redissentinels", sentinel, {}),
];

function definition(kind: string, plural: string, spec: Schema, status: Readonly<Record<string, Schema>>): Definition {
    const group = "redis.redis.opstreelabs.in";
    const names = { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` };
    const schema = fields(
        { apiVersion: text, kind: text, metadata: { type: "object" }, spec, status: fields(status) },
        "spec",
    );
    return {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: `${plural}.${group}` },
        spec: {
            group,
            names,
            scope: "Namespaced",
            versions: [
                {
                    name: "v1beta2",
                    served: true,
                    storage: true,
                    subresources: { status: {} },
                    schema: { openAPIV3Schema: schema },
                },
            ],
        },
    };
}
