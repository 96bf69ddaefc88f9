export type Tree = Readonly<Record<string, unknown>>;

const host = "registry.example.com";
const volume = { kind: "volume" };
const shared = { kind: "volume", accessMode: "ReadWriteMany" };
const balancer = { kind: "loadBalancer", host };
const bucket = { kind: "s3", bucket: "images", existingSecret: "keys" };
const endpoint = "https://s3.example.com";
const rateLimit = { requestsPerSecond: 25 };
const nodes = ["10.0.0.11", "10.0.0.12"];

/** What each choice is compared with. */
export const base: Tree = {
    cluster: { kind: "kubeconfig" },
    exposure: balancer,
    tls: { kind: "none" },
    database: { kind: "internal" },
    cache: { kind: "internal" },
    storage: volume,
};

/** Every choice that the settings have, by the name of its golden file: what it changes of the base. */
export const choices: Readonly<Record<string, Tree>> = {
    "database-cloudnative-pg": { database: { kind: "cloudnative-pg" } },
    "database-zalando": { database: { kind: "zalando" } },
    "database-external": { database: { kind: "external", host: "pg.example.com", existingSecret: "postgres" } },
    "database-external-made": {
        database: { kind: "external", host: "pg.example.com", create: { existingSecret: "postgres-admin" } },
    },
    "cache-redis-ot": { cache: { kind: "redis-ot" } },
    "cache-redis-spotahome": { cache: { kind: "redis-spotahome" } },
    "cache-external": { cache: { kind: "external", host: "redis.example.com", existingSecret: "redis" } },
    "cache-external-sentinel": {
        cache: { kind: "external-sentinel", sentinels: ["a.example.com:26379", "b.example.com:26379"], master: "main" },
    },
    "storage-shared-volume": { storage: shared, harbor: { jobLogs: "file" } },
    "storage-nfs": { storage: { kind: "nfs", server: "nfs.example.com", path: "/mnt/nfs_share" } },
    "storage-aws": { storage: { kind: "aws", bucket: "images" } },
    "storage-minio": { storage: { kind: "minio" } },
    "storage-s3-aws": { storage: bucket },
    ...Object.fromEntries(
        ["minio", "seaweedfs", "garage", "rustfs", "ceph", "versitygw"].map((preset) => [
            `storage-s3-${preset}`,
            { storage: { ...bucket, preset, endpoint } },
        ]),
    ),
    "storage-swift": {
        storage: {
            kind: "swift",
            authUrl: "https://keystone.example.com:5000/v3",
            container: "images",
            username: "registry",
            existingSecret: "swift",
        },
    },
    "exposure-cluster-ip": { exposure: { kind: "clusterIP" } },
    "exposure-node-port": { exposure: { kind: "nodePort", host, nodes, rateLimit } },
    "exposure-ingress-nginx": { exposure: { kind: "ingress", host, controller: "ingress-nginx", rateLimit } },
    "exposure-ingress-traefik": { exposure: { kind: "ingress", host, controller: "traefik" } },
    "exposure-route-envoy-gateway": { exposure: { kind: "route", host, controller: "envoy-gateway", rateLimit } },
    "exposure-route-traefik": { exposure: { kind: "route", host, controller: "traefik" } },
    "tls-self-signed": { tls: { kind: "self-signed" } },
    "tls-certificate": { tls: { kind: "certificate", existingSecret: "given" } },
    "tls-lets-encrypt": {
        exposure: { kind: "ingress", host, controller: "traefik" },
        tls: { kind: "lets-encrypt", email: "registry@example.com" },
    },
    "tls-vault": {
        tls: {
            kind: "vault",
            server: "https://vault.example.com:8200",
            path: "pki/sign/registry",
            roleId: "role",
            existingSecret: "vault-role",
        },
    },
    "tls-internal": { harbor: { internalTls: true } },
    replicas: {
        storage: shared,
        harbor: { replicas: { portal: 2, core: 2, jobservice: 2, registry: 2, trivy: 2 } },
        placement: { spread: "required", resources: "large", priorityClass: "registry" },
    },
    "scanning-off": { harbor: { trivy: false } },
    "scanning-mirrors": {
        scanning: {
            databaseMirrors: ["mirror.example.com/trivy-db:2"],
            javaDatabaseMirrors: ["mirror.example.com/trivy-java-db:1"],
            offline: true,
        },
    },
    metrics: { harbor: { metrics: true, serviceMonitors: true } },
    portal: { portal: { name: "Container Registry", logo: "assets/portal/logo.svg" } },
    backup: { backup: { kind: "velero", location: { kind: "s3", bucket: "backups", existingSecret: "keys" } } },
};
