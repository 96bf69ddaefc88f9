/** Names of the Kubernetes objects that the program makes: others find them by these. */
export const names = {
    /** Helm release, and prefix of all the chart's objects. */
    release: "harbor",
    adminSecret: "harbor-admin",
    encryptionKeySecret: "harbor-encryption-key",
    coreSecret: "harbor-core-secrets",
    tokenSecret: "harbor-token-service",
    jobserviceSecret: "harbor-jobservice-secret",
    registrySecret: "harbor-registry-secret",
    registryCredentials: "harbor-registry-credentials",
    storageCredentials: "harbor-registry-storage",
    /** And a part that stands for its settings. */
    nfsClaim: "harbor-nfs",
    minio: "harbor-minio",
    minioKeys: "harbor-minio-keys",
    minioPolicy: "harbor-minio-policy",
    minioSetUp: "harbor-minio-set-up",
    /** The cluster of CloudNativePG, and prefix of its Services and Secrets; Zalando's begins with its team. */
    databaseCluster: "harbor-postgresql",
    databaseCredentials: "harbor-database-credentials",
    databaseAdmin: "harbor-database-admin",
    databaseCa: "harbor-database-ca",
    databaseSetUp: "harbor-database-set-up",
    /** The replication of the OT operator; the chart's own Redis is harbor-redis. */
    cache: "harbor-cache",
    /** As in the course: its Sentinels' Service is rfs-redisfailover. */
    redisFailover: "redisfailover",
    cacheCredentials: "harbor-redis-auth",
    cacheReady: "harbor-redis-ready",
    cacheSentinels: "harbor-cache-sentinels",
    /** The chart's own objects that others name. */
    core: "harbor-core",
    portal: "harbor-portal",
    ingress: "harbor-ingress",
    route: "harbor-route",
    gateway: "harbor",
    redirectRoute: "harbor-redirect",
    rateLimit: "harbor-rate-limit",
    /** The certificate that clients see, and the CA that made it where that is the stack's own. */
    tls: "harbor-tls",
    ca: "harbor-ca",
    issuer: "harbor",
    internalCa: "harbor-internal-ca",
    internalBootstrap: "harbor-internal-bootstrap",
    certificateRestarts: "harbor-certificate-restarts",
} as const;

/** Keys in those Secrets, as the chart reads them (goharbor/harbor-helm 1.19, values.yaml). */
export const secretKeys = {
    admin: "HARBOR_ADMIN_PASSWORD",
    encryption: "secretKey",
    core: "secret",
    xsrf: "CSRF_KEY",
    jobservice: "JOBSERVICE_SECRET",
    registry: "REGISTRY_HTTP_SECRET",
    registryPassword: "REGISTRY_PASSWD",
    registryHtpasswd: "REGISTRY_HTPASSWD",
    s3AccessKey: "REGISTRY_STORAGE_S3_ACCESSKEY",
    s3SecretKey: "REGISTRY_STORAGE_S3_SECRETKEY",
    minioRootUser: "MINIO_ROOT_USER",
    minioRootPassword: "MINIO_ROOT_PASSWORD",
    minioRegistryPassword: "REGISTRY_PASSWORD",
    swiftPassword: "REGISTRY_STORAGE_SWIFT_PASSWORD",
    database: "password",
    redis: "REDIS_PASSWORD",
    redisUser: "REDIS_USERNAME",
    /** What the spotahome operator reads. */
    redisFailover: "password",
} as const;
