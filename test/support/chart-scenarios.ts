/**
 * Values with which the contract chart and the official one must render the same objects. Each begins where the
 * defaults end; together they pass through every branch of the templates.
 */
const url = { externalURL: "https://registry.example.com" };

const secretsGiven = {
    existingSecretAdminPassword: "harbor-admin",
    existingSecretAdminPasswordKey: "password",
    existingSecretSecretKey: "harbor-secret-key",
    core: { existingSecret: "harbor-core-secret", secretName: "harbor-token", existingXsrfSecret: "harbor-xsrf" },
    jobservice: { existingSecret: "harbor-jobservice-secret" },
    registry: {
        existingSecret: "harbor-registry-secret",
        credentials: { existingSecret: "harbor-registry-credentials" },
    },
};

const external = {
    database: {
        type: "external",
        external: { host: "pg.example.com", port: "6432", existingSecret: "pg", sslmode: "verify-full" },
    },
    redis: { type: "external", external: { addr: "redis.example.com:6380", existingSecret: "redis" } },
};

const placement = {
    replicas: 2,
    podDisruptionBudget: { enabled: true, minAvailable: 1 },
    resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "1Gi" } },
    priorityClassName: "system-cluster-critical",
    nodeSelector: { disk: "ssd" },
    tolerations: [{ key: "registry", operator: "Exists" }],
    affinity: {
        podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
                { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app: "harbor" } } },
            ],
        },
    },
    topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "DoNotSchedule" },
        { maxSkew: 2, topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "ScheduleAnyway" },
    ],
    podAnnotations: { "backup.velero.io/backup-volumes": "data" },
    podLabels: { team: "platform" },
    serviceAccountName: "harbor",
    extraEnvVars: [{ name: "TZ", value: "UTC" }],
};
const { resources, ...placementOfRegistry } = omit(placement, "extraEnvVars");
const placementOfState = omit(
    placement,
    "replicas",
    "podDisruptionBudget",
    "topologySpreadConstraints",
    "podAnnotations",
    "podLabels",
);
const podExtras = { podAnnotations: placement.podAnnotations, podLabels: placement.podLabels };

function omit<T extends object, K extends keyof T>(value: T, ...keys: readonly K[]): Omit<T, K> {
    const dropped: readonly PropertyKey[] = keys;
    return Object.fromEntries(Object.entries(value).filter(([key]) => !dropped.includes(key))) as Omit<T, K>;
}

const claim = { storageClass: "nfs", accessMode: "ReadWriteMany", size: "50Gi", annotations: { note: "kept" } };

export const scenarios: Readonly<Record<string, object>> = {
    defaults: {},
    "ingress with a certificate of the user's": {
        ...url,
        expose: {
            tls: { certSource: "secret", secret: { secretName: "registry-tls" } },
            ingress: { hosts: { core: "registry.example.com" }, className: "nginx", labels: { team: "platform" } },
        },
        caSecretName: "registry-ca",
    },
    "ingress of the controller gce": {
        ...url,
        expose: { tls: { certSource: "none" }, ingress: { controller: "gce" } },
    },
    "ingress of the controller ncp": { ...url, expose: { ingress: { controller: "ncp" } } },
    "clusterIP without TLS": { expose: { type: "clusterIP", tls: { enabled: false } } },
    "clusterIP with TLS": {
        expose: { type: "clusterIP", tls: { auto: { commonName: "harbor" } }, clusterIP: { annotations: { a: "b" } } },
        ipFamily: { policy: "PreferDualStack" },
    },
    nodePort: {
        expose: {
            type: "nodePort",
            tls: { auto: { commonName: "10.0.0.1" } },
            nodePort: { name: "registry", ports: { https: { port: 8443, nodePort: 30443 } } },
        },
    },
    loadBalancer: {
        expose: {
            type: "loadBalancer",
            tls: { certSource: "secret", secret: { secretName: "registry-tls" } },
            loadBalancer: { IP: "192.0.2.1", sourceRanges: ["10.0.0.0/8"], labels: { pool: "public" } },
        },
    },
    route: {
        ...url,
        expose: {
            type: "route",
            tls: { enabled: false },
            route: {
                parentRefs: [{ name: "edge", namespace: "gateways", sectionName: "https" }],
                hosts: ["registry.example.com"],
                labels: { team: "platform" },
                annotations: { note: "x" },
            },
        },
    },
    "route without labels": {
        expose: { type: "route", tls: { enabled: false }, route: { parentRefs: [{ name: "edge" }], hosts: ["a.b"] } },
    },
    "every secret given": { ...url, ...secretsGiven },
    "external database and cache": { ...url, ...secretsGiven, ...external },
    "cache with Sentinel and password": {
        redis: {
            type: "external",
            external: {
                addr: "s0:26379,s1:26379,s2:26379",
                sentinelMasterSet: "mymaster",
                username: "harbor",
                password: "p@ss word",
                harborDatabaseIndex: "6",
                cacheLayerDatabaseIndex: "7",
            },
        },
    },
    "cache with Sentinel and TLS": {
        redis: {
            type: "external",
            external: { addr: "s0:26379", sentinelMasterSet: "mymaster", tlsOptions: { enable: true }, password: "x" },
        },
        caBundleSecretName: "ca-bundle",
    },
    "storage s3 with keys": {
        persistence: {
            imageChartStorage: {
                type: "s3",
                disableredirect: true,
                caBundleSecretName: "s3-ca",
                s3: {
                    region: "eu-west-1",
                    bucket: "harbor",
                    accesskey: "key",
                    secretkey: "secret",
                    regionendpoint: "https://s3.example.com",
                    secure: true,
                    skipverify: true,
                    v4auth: true,
                    chunksize: "5242880",
                    rootdirectory: "/harbor",
                    multipartcopymaxconcurrency: 50,
                },
            },
        },
    },
    "storage s3 with a Secret": {
        persistence: {
            imageChartStorage: { type: "s3", s3: { existingSecret: "s3", bucket: "harbor", skipverify: true } },
        },
    },
    "storage azure": { persistence: { imageChartStorage: { type: "azure", azure: { realm: "core.windows.net" } } } },
    "storage azure with a Secret": {
        persistence: { imageChartStorage: { type: "azure", azure: { existingSecret: "azure" } } },
    },
    "storage gcs": { persistence: { imageChartStorage: { type: "gcs", gcs: { rootdirectory: "/x" } } } },
    "storage gcs with a Secret": {
        persistence: { imageChartStorage: { type: "gcs", gcs: { existingSecret: "gcs" } } },
    },
    "storage gcs with workload identity": {
        persistence: { imageChartStorage: { type: "gcs", gcs: { useWorkloadIdentity: true } } },
    },
    "storage swift": {
        persistence: { imageChartStorage: { type: "swift", swift: { region: "fr", secretkey: "s", authversion: 3 } } },
    },
    "storage swift with a Secret": {
        persistence: { imageChartStorage: { type: "swift", swift: { existingSecret: "swift" } } },
    },
    "storage oss": { persistence: { imageChartStorage: { type: "oss", oss: { endpoint: "e.com", internal: true } } } },
    "storage oss with a Secret": {
        persistence: { imageChartStorage: { type: "oss", oss: { existingSecret: "oss" } } },
    },
    "volumes of a class, shared": {
        persistence: {
            resourcePolicy: "",
            persistentVolumeClaim: {
                registry: claim,
                jobservice: { jobLog: claim },
                database: { ...claim, storageClass: "-" },
                redis: claim,
                trivy: claim,
            },
        },
        updateStrategy: { type: "Recreate" },
    },
    "volumes that exist": {
        persistence: {
            persistentVolumeClaim: {
                registry: { existingClaim: "all", subPath: "registry" },
                jobservice: { jobLog: { existingClaim: "all", subPath: "jobservice" } },
                database: { existingClaim: "all", subPath: "database" },
                redis: { existingClaim: "all", subPath: "redis" },
                trivy: { existingClaim: "all", subPath: "trivy" },
            },
        },
    },
    "no volumes": { persistence: { enabled: false }, jobservice: { jobLoggers: ["database", "stdout"] } },
    "metrics on, trivy off": {
        metrics: {
            enabled: true,
            serviceMonitor: { enabled: true, interval: "30s", additionalLabels: { prometheus: "k" } },
        },
        trivy: { enabled: false },
        cache: { enabled: true },
        exporter: { extraEnvVars: [{ name: "TZ", value: "UTC" }] },
    },
    "metrics with secrets given": { ...secretsGiven, ...external, metrics: { enabled: true } },
    "TLS between components": { internalTLS: { enabled: true }, metrics: { enabled: true }, caBundleSecretName: "ca" },
    "TLS between components, given as Secrets": {
        internalTLS: {
            enabled: true,
            certSource: "secret",
            ...Object.fromEntries(
                ["core", "jobservice", "registry", "portal", "trivy"].map((name) => [
                    name,
                    { secretName: `${name}-tls` },
                ]),
            ),
        },
    },
    "TLS between components, given as values": {
        internalTLS: {
            enabled: true,
            certSource: "manual",
            trustCa: "ca",
            ...Object.fromEntries(
                ["core", "jobservice", "registry", "portal", "trivy"].map((name) => [name, { crt: "c", key: "k" }]),
            ),
        },
    },
    "placement and high availability": {
        ...url,
        expose: { type: "nodePort", tls: { enabled: false } },
        metrics: { enabled: true },
        core: placement,
        jobservice: placement,
        portal: placement,
        nginx: placement,
        exporter: placement,
        trivy: placement,
        registry: { ...placementOfRegistry, registry: { resources }, controller: { resources } },
        database: { ...podExtras, internal: placementOfState },
        redis: { ...podExtras, internal: placementOfState },
        imagePullSecrets: [{ name: "pull" }],
        containerSecurityContext: null,
    },
    "migration by hook": { enableMigrateHelmHook: true, ...external, core: { nodeSelector: { disk: "ssd" } } },
    "proxy, tracing and the rest of core": {
        proxy: { httpProxy: "http://proxy:3128", components: ["core", "jobservice", "trivy", "registry"] },
        trace: { enabled: true, namespace: "harbor", attributes: { a: "b" }, jaeger: { username: "u", password: "p" } },
        uaaSecretName: "uaa",
        core: {
            configureUserSettings: '{"auth_mode":"oidc_auth"}',
            artifactPullAsyncFlushDuration: 20,
            gcTimeWindowHours: 3,
            gdpr: { deleteUser: true, auditLogsCompliant: true },
            initContainers: [{ name: "wait", image: "busybox" }],
            startupProbe: { enabled: false },
            serviceAnnotations: { a: "b" },
        },
        registry: {
            middleware: { enabled: true },
            upload_purging: { enabled: false },
            relativeurls: true,
            credentials: { htpasswdString: "user:$2a$05$x" },
        },
        logLevel: "warning",
    },
    "tracing by otel": { trace: { enabled: true, provider: "otel" }, logLevel: "fatal" },
    "names of the user's": { fullnameOverride: "registry", expose: { ingress: { controller: "alb" } } },
    "another app name": { nameOverride: "images" },
};
