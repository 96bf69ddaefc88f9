import { bytesOf } from "../../config/size";
import type { ChartValues } from "../chart-values";
import { awsEndpoint, s3Traits, type S3Preset } from "./s3-presets";

/** A bucket, and how it is reached. */
export interface S3Target {
    readonly bucket: string;
    readonly preset?: S3Preset;
    /** http(s) URL; AWS where it is left out. */
    readonly endpoint?: string;
    /** @default the preset's */
    readonly region?: string;
    /** Clients are sent to the S3 for layers. @default the preset's */
    readonly redirect?: boolean;
    /** Secret with `ca.crt`. */
    readonly caSecret?: string;
    /** The certificate is not checked. */
    readonly skipVerify?: boolean;
    readonly rootDirectory?: string;
    /** Size of an upload's parts, such as 50Mi. */
    readonly chunkSize?: string;
}

export function regionOf({ region, preset, endpoint }: S3Target): string {
    return region ?? s3Traits(preset, endpoint).region;
}

/** The chart's `imageChartStorage` for a bucket. @param existingSecret with its keys */
export function s3Values(target: S3Target, existingSecret: string | undefined): ChartValues {
    const { bucket, preset, redirect, caSecret, skipVerify, rootDirectory, chunkSize } = target;
    const traits = s3Traits(preset, target.endpoint);
    const region = regionOf(target);
    const endpoint = target.endpoint ?? awsEndpoint(region);
    return {
        type: "s3",
        disableredirect: !(redirect ?? traits.redirect),
        ...(caSecret === undefined ? {} : { caBundleSecretName: caSecret }),
        s3: {
            bucket,
            region,
            ...(endpoint === undefined ? {} : { regionendpoint: endpoint }),
            // Left out by the chart where it is false: the driver then goes by the endpoint's scheme.
            secure: endpoint?.startsWith("https:") ?? true,
            ...(skipVerify === true ? { skipverify: true } : {}),
            v4auth: true,
            ...(rootDirectory === undefined ? {} : { rootdirectory: rootDirectory }),
            ...(chunkSize === undefined ? {} : { chunksize: String(bytesOf(chunkSize)) }),
            ...traits.driver,
            existingSecret,
        },
    };
}
