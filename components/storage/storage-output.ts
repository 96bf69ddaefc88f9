import type { S3Output, StorageOutput } from "../../config/contract";
import type { Settings } from "../../config/schema";
import { names, secretKeys } from "../names";
import { awsTarget } from "./aws-values";
import { minioTarget } from "./minio-values";
import { regionOf, type S3Target } from "./s3-values";

/** Where the registry keeps its content, for who backs it up: each kind of bucket as the same output. */
export function storageOutput(storage: Settings["storage"], credentialsSecret: string | undefined): StorageOutput {
    switch (storage.kind) {
        case "s3":
            return bucketOutput(storage, credentialsSecret);
        case "aws":
            return bucketOutput(awsTarget(storage), credentialsSecret);
        case "minio":
            return bucketOutput(minioTarget(storage), credentialsSecret);
        case "volume":
        case "nfs":
        case "swift":
            return { kind: storage.kind };
    }
}

function bucketOutput(target: S3Target, credentials: string | undefined): S3Output {
    const { bucket, endpoint, rootDirectory = "", caSecret, skipVerify } = target;
    const secretName = credentials ?? names.storageCredentials;
    // As the registry's driver makes keys of it: without slashes at its ends.
    const prefix = rootDirectory.replaceAll(/^\/+|\/+$/g, "");
    return {
        kind: "s3",
        bucket,
        region: regionOf(target),
        ...(endpoint === undefined ? {} : { endpoint }),
        pathStyle: endpoint !== undefined,
        ...(prefix === "" ? {} : { prefix }),
        accessKey: { secretName, secretKey: secretKeys.s3AccessKey },
        secretKey: { secretName, secretKey: secretKeys.s3SecretKey },
        ...(caSecret === undefined ? {} : { ca: { secretName: caSecret, secretKey: "ca.crt" } }),
        ...(skipVerify === true ? { skipVerify } : {}),
    };
}
