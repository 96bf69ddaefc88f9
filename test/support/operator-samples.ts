import type { Operator } from "../../lab/operators/facts";

/** A custom resource, and what its operator would answer. */
export interface Sample {
    /** The kind as kubectl takes it. */
    readonly resource: string;
    readonly object: {
        readonly apiVersion: string;
        readonly kind: string;
        readonly metadata: { readonly name: string };
        readonly spec: Readonly<Record<string, unknown>>;
    };
    /** As in `kubectl wait --for`; absent where the kind has no status. */
    readonly ready?: string;
    /** Objects that are made beside it: secret/name. */
    readonly made: readonly string[];
    /** Fields that the kind does not have. */
    readonly wrong: Readonly<Record<string, unknown>>;
}

const gatewayApi = "gateway.networking.k8s.io";

/** What Envoy Gateway and Traefik both serve; the class of the whole cluster has a name of its own for each. */
function gatewaySamples(operator: "envoy-gateway" | "traefik", controllerName: string): Sample[] {
    const apiVersion = `${gatewayApi}/v1`;
    const name = `sample-${operator}`;
    return [
        {
            resource: `gatewayclasses.${gatewayApi}`,
            object: { apiVersion, kind: "GatewayClass", metadata: { name }, spec: { controllerName } },
            ready: "condition=Accepted",
            made: [],
            wrong: { controler: controllerName },
        },
        {
            resource: `gateways.${gatewayApi}`,
            object: {
                apiVersion,
                kind: "Gateway",
                metadata: { name },
                spec: { gatewayClassName: name, listeners: [{ name: "http", port: 80, protocol: "HTTP" }] },
            },
            ready: "condition=Programmed",
            made: [],
            wrong: { listeners: [{ name: "http", port: 80, protocol: "HTTP", host: "registry.example.com" }] },
        },
        {
            resource: `httproutes.${gatewayApi}`,
            object: {
                apiVersion,
                kind: "HTTPRoute",
                metadata: { name },
                spec: { parentRefs: [{ name }], rules: [{ backendRefs: [{ name: "harbor", port: 80 }] }] },
            },
            ready: 'jsonpath={.status.parents[0].conditions[?(@.type=="Accepted")].status}=True',
            made: [],
            wrong: { rules: [{ timeouts: { response: "1h" } }] },
        },
    ];
}

const issuerRef = { name: "sample" };

export const samples: Readonly<Record<Operator, readonly Sample[]>> = {
    "cert-manager": [
        {
            resource: "issuers.cert-manager.io",
            object: {
                apiVersion: "cert-manager.io/v1",
                kind: "Issuer",
                metadata: { name: "sample" },
                spec: { selfSigned: {} },
            },
            ready: "condition=Ready",
            made: [],
            wrong: { selfsigned: {} },
        },
        {
            resource: "certificates.cert-manager.io",
            object: {
                apiVersion: "cert-manager.io/v1",
                kind: "Certificate",
                metadata: { name: "sample" },
                spec: {
                    secretName: "sample-tls",
                    dnsNames: ["registry.example.com", "notary.example.com"],
                    ipAddresses: ["192.0.2.1"],
                    issuerRef,
                },
            },
            ready: "condition=Ready",
            made: ["secret/sample-tls"],
            wrong: { dnsName: "registry.example.com" },
        },
        {
            resource: "certificates.cert-manager.io",
            object: {
                apiVersion: "cert-manager.io/v1",
                kind: "Certificate",
                metadata: { name: "sample-ca" },
                spec: { secretName: "sample-ca", isCA: true, commonName: "Sample CA", issuerRef },
            },
            ready: "condition=Ready",
            made: ["secret/sample-ca"],
            wrong: { isCa: true },
        },
    ],
    "ingress-nginx": [],
    "envoy-gateway": gatewaySamples("envoy-gateway", "gateway.envoyproxy.io/gatewayclass-controller"),
    traefik: gatewaySamples("traefik", "traefik.io/gateway-controller"),
    "cloudnative-pg": [
        {
            resource: "clusters.postgresql.cnpg.io",
            object: {
                apiVersion: "postgresql.cnpg.io/v1",
                kind: "Cluster",
                metadata: { name: "sample" },
                spec: {
                    instances: 2,
                    storage: { size: "1Gi" },
                    bootstrap: { initdb: { database: "registry", owner: "harbor" } },
                },
            },
            ready: "condition=Ready",
            made: ["service/sample-rw", "service/sample-ro", "service/sample-r", "secret/sample-app"],
            wrong: { storage: { size: "1Gi", class: "fast" } },
        },
    ],
    zalando: [
        {
            resource: "postgresqls.acid.zalan.do",
            object: {
                apiVersion: "acid.zalan.do/v1",
                kind: "postgresql",
                metadata: { name: "sample-postgresql" },
                spec: {
                    teamId: "sample",
                    numberOfInstances: 2,
                    volume: { size: "1Gi" },
                    postgresql: { version: "18" },
                    users: { harbor_owner: [] },
                    databases: { registry: "harbor_owner" },
                },
            },
            ready: "jsonpath={.status.PostgresClusterStatus}=Running",
            made: [
                "service/sample-postgresql",
                "service/sample-postgresql-repl",
                "secret/harbor-owner.sample-postgresql.credentials.postgresql.acid.zalan.do",
            ],
            // Of its first major version.
            wrong: { pod_priority_class_name: "high" },
        },
    ],
    "redis-ot": [
        {
            resource: "redisreplications.redis.redis.opstreelabs.in",
            object: {
                apiVersion: "redis.redis.opstreelabs.in/v1beta2",
                kind: "RedisReplication",
                metadata: { name: "sample" },
                spec: {
                    clusterSize: 3,
                    kubernetesConfig: { image: "redis", redisSecret: { name: "redis", key: "password" } },
                    sentinel: { image: "redis-sentinel", size: 3 },
                },
            },
            ready: "jsonpath={.status.masterNode}=sample-0",
            made: ["service/sample", "service/sample-headless", "service/sample-s-hl"],
            wrong: { kubernetesConfig: { image: "redis", redisSecret: { secretName: "redis" } } },
        },
        {
            resource: "redissentinels.redis.redis.opstreelabs.in",
            object: {
                apiVersion: "redis.redis.opstreelabs.in/v1beta2",
                kind: "RedisSentinel",
                metadata: { name: "sample" },
                spec: {
                    clusterSize: 3,
                    kubernetesConfig: { image: "redis-sentinel" },
                    redisSentinelConfig: { redisReplicationName: "sample" },
                },
            },
            made: ["service/sample-sentinel", "service/sample-sentinel-headless"],
            wrong: { sentinelConfig: {} },
        },
    ],
    "redis-spotahome": [
        {
            resource: "redisfailovers.databases.spotahome.com",
            object: {
                apiVersion: "databases.spotahome.com/v1",
                kind: "RedisFailover",
                metadata: { name: "redisfailover" },
                spec: { redis: { replicas: 3 }, sentinel: { replicas: 3 }, auth: { secretPath: "redis" } },
            },
            made: ["service/rfs-redisfailover"],
            wrong: { auth: { secretName: "redis" } },
        },
    ],
    velero: [
        {
            resource: "backupstoragelocations.velero.io",
            object: {
                apiVersion: "velero.io/v1",
                kind: "BackupStorageLocation",
                metadata: { name: "sample" },
                spec: {
                    provider: "aws",
                    objectStorage: { bucket: "backups", prefix: "velero" },
                    credential: { name: "sample", key: "cloud" },
                    config: { region: "us-east-1", checksumAlgorithm: "" },
                },
            },
            made: [],
            wrong: { bucket: "backups" },
        },
        {
            resource: "schedules.velero.io",
            object: {
                apiVersion: "velero.io/v1",
                kind: "Schedule",
                metadata: { name: "sample" },
                spec: {
                    schedule: "0 3 * * *",

                    template: { ttl: "168h", storageLocation: "sample" },
                },
            },
            made: [],
            wrong: { cron: "0 3 * * *" },
        },
    ],
};
