import type { OperatorId } from "./schema/operators";

/**
 * Every version of Harbor and its platform that we pin, dated and sourced. The versions of the lab's binaries
 * stand in lab/tools/<name>/go.mod, those of npm packages in package.json.
 */

/** When the entries below were last compared with their sources. */
export const checkedOn = "2026-11-23";

export {
    bundledPostgresql,
    defaultHarborVersion,
    findHarborRelease,
    harborReleases,
    knownHarborReleases,
    minorOf,
    olderHarborReleases,
    type BundledPostgresql,
    type CacheEngine,
    type HarborRelease,
    type KubernetesRange,
} from "./catalogue/harbor";

export const harborChart = {
    name: "harbor",
    /** https://github.com/goharbor/harbor-helm, README */
    repository: "https://helm.goharbor.io",
} as const;

/** Image of KinD's nodes; kind v0.32.0 was released with it (kubernetes-sigs/kind, release notes). */
export const kindNodeImage = "kindest/node:v1.36.1";

/** A part whose upstream gave it up. It works and is installed where it is asked for; config/warnings.ts says so. */
export interface Retired {
    /** Month, such as 2026-03. */
    readonly since: string;
    readonly why: string;
    /** What to set for a living one. */
    readonly instead: string;
}

/** The chart of an operator or a controller. */
export interface OperatorChart {
    /** Name of the chart. */
    readonly chart: string;
    /** Its folder in a folder of charts, where that is not the chart's name: two of them have the same. */
    readonly folder?: string;
    /** Its Helm repository, or the OCI location that has it: oci://host/path. */
    readonly repository: string;
    readonly version: string;
    /** Version of what it installs. */
    readonly app: string;
    readonly namespace: string;
    /** Minor versions of Kubernetes that its makers support, both included; absent where none are known. */
    readonly kubernetes?: { readonly from: string; readonly to?: string };
    /**
     * Whether the chart has its CustomResourceDefinitions in a folder `crds`: Helm makes these with the first install and never
     * changes them (https://helm.sh/docs/chart_best_practices/custom_resource_definitions). Absent: they are templates.
     */
    readonly definitionsBeside?: true;
    /** Where that was read, and when. */
    readonly source: string;
    readonly retired?: Retired;
}

export const operatorCharts: Readonly<Record<OperatorId, OperatorChart>> = {
    "cert-manager": {
        chart: "cert-manager",
        repository: "https://charts.jetstack.io",
        version: "v1.21.2",
        app: "v1.21.2",
        namespace: "cert-manager",
        source: "Go module proxy, 2026-11; the chart has the version of its application",
    },
    "ingress-nginx": {
        chart: "ingress-nginx",
        repository: "https://kubernetes.github.io/ingress-nginx",
        version: "4.15.1",
        app: "v1.15.1",
        namespace: "ingress-nginx",
        source: "kubernetes/ingress-nginx, tag helm-chart-4.15.1, 2026-03-19",
        retired: {
            since: "2026-03",
            why: "its security holes are no longer fixed (README of kubernetes/ingress-nginx)",
            instead: 'exposure.kind "route", or exposure.controller "traefik"',
        },
    },
    "envoy-gateway": {
        chart: "gateway-helm",
        definitionsBeside: true,
        repository: "oci://docker.io/envoyproxy",
        version: "v1.9.1",
        app: "v1.9.1",
        namespace: "envoy-gateway-system",
        kubernetes: { from: "1.33", to: "1.36" },
        source: "envoyproxy/gateway, compatibility matrix of 1.9 (until 2027-02-14), 2026-11",
    },
    traefik: {
        chart: "traefik",
        definitionsBeside: true,
        repository: "https://traefik.github.io/charts",
        version: "41.3.0",
        app: "v3.7.11",
        namespace: "traefik",
        kubernetes: { from: "1.25" },
        source: "traefik/traefik-helm-chart, Chart.yaml of 41.3.0, 2026-08-21",
    },
    "cloudnative-pg": {
        chart: "cloudnative-pg",
        repository: "https://cloudnative-pg.github.io/charts",
        version: "0.29.0",
        app: "1.30.0",
        namespace: "cnpg-system",
        kubernetes: { from: "1.29" },
        source: "cloudnative-pg/charts, Chart.yaml of cloudnative-pg, 2026-07-20",
    },
    zalando: {
        chart: "postgres-operator",
        definitionsBeside: true,
        repository: "https://opensource.zalando.com/postgres-operator/charts/postgres-operator",
        version: "2.0.1",
        app: "2.0.1",
        namespace: "postgres-operator",
        source: "zalando/postgres-operator, tag v2.0.1, 2026-07-29",
    },
    "redis-ot": {
        chart: "redis-operator",
        definitionsBeside: true,
        repository: "https://ot-container-kit.github.io/helm-charts",
        version: "0.26.1",
        app: "0.26.0",
        namespace: "redis-operator",
        source: "OT-CONTAINER-KIT/redis-operator, Chart.yaml of redis-operator, 2026-08-22",
    },
    "redis-spotahome": {
        chart: "redis-operator",
        definitionsBeside: true,
        folder: "redis-operator-spotahome",
        repository: "https://spotahome.github.io/redis-operator",
        // Not 3.3.0, the last one: Helm refuses the template in its CRD (spotahome/redis-operator#645, #654, #679).
        version: "3.2.9",
        app: "1.2.4",
        namespace: "redis-operator-spotahome",
        kubernetes: { from: "1.21" },
        source: "spotahome/redis-operator, Chart.yaml of redisoperator, 2023-08-11",
        retired: {
            since: "2023-08",
            why: "nobody has worked on it since (last commit of spotahome/redis-operator)",
            instead: 'cache.kind "redis-ot"',
        },
    },
    velero: {
        chart: "velero",
        definitionsBeside: true,
        repository: "https://vmware-tanzu.github.io/helm-charts",
        version: "12.1.0",
        app: "1.18.1",
        namespace: "velero",
        source: "vmware-tanzu/helm-charts, Chart.yaml of velero, 2026-06-25",
    },
};

/** MinIO as a part of the registry: what exists keeps working, and gets no fixes. */
export const minioRetired: Retired = {
    since: "2026-02",
    why: 'its repository says "no longer maintained", and its images are gone (minio/minio, longhorn#14016)',
    instead: 'storage.kind "s3" with another server, such as SeaweedFS, Garage, RustFS or Ceph',
};

/** Images of the parts that the program makes itself, beside those that charts and operators choose. */
export const images = {
    /** The last ones that MinIO published, on quay.io alone: those of Docker Hub were removed in 2026-09. */
    minio: "quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z",
    minioClient: "quay.io/minio/mc:RELEASE.2025-08-13T08-35-41Z",
    /**
     * Has psql, pg_dump and pg_restore, of the newest major version that a database here may have: an older pg_dump refuses
     * a newer server. Tag: docker-library/official-images, library/postgres, 2026-08-21.
     */
    postgresClient: "docker.io/library/postgres:18.6-alpine3.24",
    /** By PostgreSQL's major version: cloudnative-pg/artifacts, image-catalogs/catalog-standard-trixie.yaml, 2026-08-17. */
    cloudNativePg: {
        "15": "ghcr.io/cloudnative-pg/postgresql:15.19-202608170814-standard-trixie",
        "16": "ghcr.io/cloudnative-pg/postgresql:16.15-202608170814-standard-trixie",
        "17": "ghcr.io/cloudnative-pg/postgresql:17.11-202608170816-standard-trixie",
        "18": "ghcr.io/cloudnative-pg/postgresql:18.6-202608170814-standard-trixie",
    },
    /** Velero's plug-in for S3, of Velero 1.18: compatibility table of its README; tag of 2026-11. */
    veleroPluginForAws: "docker.io/velero/velero-plugin-for-aws:v1.14.3",
    /** What the OT operator is tested with: its documentation and charts of 0.26. */
    redisOt: "quay.io/opstree/redis:v7.0.15",
    redisOtSentinel: "quay.io/opstree/redis-sentinel:v7.0.15",
    /** The line that Harbor documents (2.15: Redis 7.2). Tag: docker-library/official-images, library/redis, 2026-08-21. */
    redis: "docker.io/library/redis:7.2.16-alpine3.21",
} as const;
