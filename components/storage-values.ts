import type { Settings } from "../config/schema";
import type { ChartValues } from "./chart-values";

export interface StorageValuesArgs {
    readonly storage: Settings["storage"];
    readonly persistence: Settings["persistence"];
    /** Name of the Secret with the keys of the object store. */
    readonly credentialsSecret: string | undefined;
}

/** The chart's `persistence`: where images are kept, and the volumes of the other components. */
export function storageValues({ storage, persistence, credentialsSecret }: StorageValuesArgs): ChartValues {
    const volume = (size: string): ChartValues => ({ size, ...storageClassOf(persistence.storageClass) });
    return {
        persistence: {
            enabled: true,
            // A volume outlives an uninstall: data is deleted by a person, never by helm.
            resourcePolicy: "keep",
            persistentVolumeClaim: {
                registry:
                    storage.kind === "volume"
                        ? {
                              size: storage.size,
                              accessMode: storage.accessMode,
                              ...storageClassOf(storage.storageClass),
                          }
                        : {},
                jobservice: { jobLog: volume(persistence.jobservice) },
                database: volume(persistence.database),
                redis: volume(persistence.redis),
                trivy: volume(persistence.trivy),
            },
            imageChartStorage: imageStorage(storage, credentialsSecret),
        },
    };
}

function storageClassOf(storageClass: string | undefined): ChartValues {
    return storageClass === undefined ? {} : { storageClass };
}

function imageStorage(storage: Settings["storage"], credentials: string | undefined): ChartValues {
    if (storage.kind === "volume") return { type: "filesystem" };
    if (storage.kind !== "s3") throw new Error(`storage.kind ${storage.kind} is not built yet`);
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
