import type { Settings } from "../config/schema";
import type { ChartValues } from "./chart-values";
import { awsTarget } from "./storage/aws-values";
import { minioTarget } from "./storage/minio-values";
import { nfsClaims } from "./storage/nfs-values";
import { s3Values } from "./storage/s3-values";
import { swiftValues } from "./storage/swift-values";

export interface StorageValuesArgs {
    readonly storage: Settings["storage"];
    readonly persistence: Settings["persistence"];
    /** Name of the Secret with the keys of the object store. */
    readonly credentialsSecret: string | undefined;
}

/** The chart's `persistence`: where images are kept, and the volumes of the other components. */
export function storageValues({ storage, persistence, credentialsSecret }: StorageValuesArgs): ChartValues {
    return {
        persistence: {
            enabled: true,
            // A volume outlives an uninstall: data is deleted by a person, never by helm.
            resourcePolicy: "keep",
            persistentVolumeClaim: storage.kind === "nfs" ? nfsClaims(storage) : ownClaims(storage, persistence),
            imageChartStorage: imageStorage(storage, credentialsSecret),
        },
    };
}

/** Claims that the chart makes; it makes none for the registry unless images are kept in files. */
function ownClaims(storage: Settings["storage"], persistence: Settings["persistence"]): ChartValues {
    const volume = (size: string): ChartValues => ({ size, ...storageClassOf(persistence.storageClass) });
    return {
        registry:
            storage.kind === "volume"
                ? { size: storage.size, accessMode: storage.accessMode, ...storageClassOf(storage.storageClass) }
                : {},
        jobservice: { jobLog: volume(persistence.jobservice) },
        database: volume(persistence.database),
        redis: volume(persistence.redis),
        trivy: volume(persistence.trivy),
    };
}

function storageClassOf(storageClass: string | undefined): ChartValues {
    return storageClass === undefined ? {} : { storageClass };
}

function imageStorage(storage: Settings["storage"], credentials: string | undefined): ChartValues {
    switch (storage.kind) {
        case "volume":
        case "nfs":
            return { type: "filesystem" };
        case "s3":
            return s3Values(storage, credentials);
        case "aws":
            return s3Values(awsTarget(storage), credentials);
        case "minio":
            return s3Values(minioTarget(storage), credentials);
        case "swift":
            return swiftValues(storage, credentials);
    }
}
