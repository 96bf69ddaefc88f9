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
    minioRoot: "harbor-minio-root",
    minioPolicy: "harbor-minio-policy",
    minioSetUp: "harbor-minio-set-up",
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
    swiftPassword: "REGISTRY_STORAGE_SWIFT_PASSWORD",
} as const;
