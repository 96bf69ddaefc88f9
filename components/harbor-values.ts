import type { Settings } from "../config/schema";
import { names, secretKeys } from "./names";

export interface HarborValuesArgs {
    readonly settings: Settings;
    readonly registryUrl: string;
    /** The chart's `expose`. */
    readonly expose: object;
    /** Name of the Secret with the S3 keys. */
    readonly storageCredentials: string | undefined;
}

/** Values of the chart: an object of objects, lists and scalars. */
export type ChartValues = Readonly<Record<string, unknown>>;

/**
 * The chart's values. Pure, the same for the same settings; no secret in them: each is named by the Secret that
 * holds it. Key names: goharbor/harbor-helm 1.19, values.yaml.
 */
export function harborValues(args: HarborValuesArgs): ChartValues {
    const { settings, registryUrl, expose } = args;
    const { harbor } = settings;
    const values: ChartValues = {
        expose,
        externalURL: registryUrl,
        ...secretValues(),
        persistence: persistenceValues(args),
        updateStrategy: { type: updateStrategy(settings) },
        metrics: { enabled: harbor.metrics },
        cache: { enabled: harbor.cache },
        portal: { replicas: harbor.replicas.portal },
        core: { replicas: harbor.replicas.core, ...coreSecrets },
        jobservice: {
            replicas: harbor.replicas.jobservice,
            jobLoggers: [jobLogs(settings)],
            existingSecret: names.jobserviceSecret,
            existingSecretKey: secretKeys.jobservice,
        },
        registry: {
            replicas: harbor.replicas.registry,
            existingSecret: names.registrySecret,
            existingSecretKey: secretKeys.registry,
            credentials: { existingSecret: names.registryCredentials },
        },
        trivy: { enabled: harbor.trivy, replicas: harbor.replicas.trivy },
        database: { type: "internal" },
        redis: { type: "internal" },
    };
    return merge(values, harbor.values);
}

/** Recreate where the new pod could not mount what the old one still holds (harbor-helm#2288). */
function updateStrategy({ harbor, storage }: Settings): string {
    const single = storage.kind === "volume" && storage.accessMode === "ReadWriteOnce";
    return harbor.updateStrategy ?? (single ? "Recreate" : "RollingUpdate");
}

/** Logs on a volume need a shared one as soon as a second pod writes or, in a rolling update, takes over. */
function jobLogs({ harbor, storage }: Settings): "file" | "database" {
    const shared = storage.kind === "volume" && storage.accessMode === "ReadWriteMany";
    return harbor.jobLogs ?? (shared ? "file" : "database");
}

function secretValues(): ChartValues {
    return {
        existingSecretAdminPassword: names.adminSecret,
        existingSecretAdminPasswordKey: secretKeys.admin,
        existingSecretSecretKey: names.encryptionKeySecret,
    };
}

const coreSecrets = {
    existingSecret: names.coreSecret,
    existingXsrfSecret: names.coreSecret,
    existingXsrfSecretKey: secretKeys.xsrf,
    secretName: names.tokenSecret,
} as const;

function persistenceValues({ settings, storageCredentials }: HarborValuesArgs): ChartValues {
    const { persistence, storage } = settings;
    const volume = (size: string): ChartValues => ({ size, ...storageClassOf(persistence.storageClass) });
    return {
        enabled: true,
        // A volume outlives an uninstall: data is deleted by a person, never by helm.
        resourcePolicy: "keep",
        persistentVolumeClaim: {
            registry:
                storage.kind === "volume"
                    ? { size: storage.size, accessMode: storage.accessMode, ...storageClassOf(storage.storageClass) }
                    : {},
            jobservice: { jobLog: volume(persistence.jobservice) },
            database: volume(persistence.database),
            redis: volume(persistence.redis),
            trivy: volume(persistence.trivy),
        },
        imageChartStorage: imageStorage(storage, storageCredentials),
    };
}

function storageClassOf(storageClass: string | undefined): ChartValues {
    return storageClass === undefined ? {} : { storageClass };
}

function imageStorage(storage: Settings["storage"], credentials: string | undefined): ChartValues {
    if (storage.kind === "volume") return { type: "filesystem" };
    const { bucket, region, endpoint } = storage;
    return {
        type: "s3",
        // Clients cannot follow a redirect to an S3 inside the cluster or on loopback; AWS is reachable for all.
        disableredirect: endpoint !== undefined,
        s3: {
            bucket,
            region,
            ...(endpoint === undefined ? {} : { regionendpoint: endpoint, secure: endpoint.startsWith("https:") }),
            existingSecret: credentials,
        },
    };
}

/** Right over left, maps key by key; a list or a scalar is taken whole. */
export function merge(left: ChartValues, right: ChartValues): ChartValues {
    const merged: Record<string, unknown> = { ...left };
    for (const [key, value] of Object.entries(right)) {
        const before = merged[key];
        merged[key] = isMap(before) && isMap(value) ? merge(before, value) : value;
    }
    return merged;
}

function isMap(value: unknown): value is ChartValues {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
