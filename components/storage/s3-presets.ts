import type { s3Presets } from "../../config/schema/storage";
import type { ChartValues } from "../chart-values";

export type S3Preset = (typeof s3Presets)[number];

export interface S3Traits {
    /** Taken where the settings name none. A server refuses signatures for a region that is not its own. */
    readonly region: string;
    /** Whether clients are sent to the S3 for layers: right only for one that every client reaches under that name. */
    readonly redirect: boolean;
    /** Further parameters of the registry's driver, by the chart's names. */
    readonly driver?: ChartValues;
}

/** What most of them take: also for an S3 that no preset names. */
const common: S3Traits = { region: "us-east-1", redirect: false };

/**
 * What each S3 needs of the registry's driver, which is distribution's 2.8 in every Harbor of the catalogue
 * (goharbor/harbor, Makefile: REGISTRY_SRC_TAG). Nothing here sets
 * - path style: the chart has no key for it, and this driver takes it for every endpoint that is set (s3.go, New);
 * - `encrypt`: it asks for AES256 by a header with every object. AWS encrypts anyway, and the header would override a
 *   bucket's own key; the others refuse it or need a key server first.
 */
const traits: Readonly<Record<S3Preset, S3Traits>> = {
    aws: { region: "us-east-1", redirect: true },
    minio: common,
    // Any region will do, with or without identities (seaweedfs wiki, Amazon S3 API).
    seaweedfs: common,
    // `s3_region` of its reference configuration (garagehq.deuxfleurs.fr, quick start).
    garage: { ...common, region: "garage" },
    // As in its guide for Harbor: no redirect (rustfs/docs.rustfs.com#150).
    rustfs: common,
    // One copy instead of many partial ones, as long as S3 allows: partial copies ended in NoSuchKey (harbor#12317).
    ceph: { ...common, driver: { multipartcopythresholdsize: String(5 * 1024 ** 3) } },
    // `--region` of its command line (versity/versitygw, cmd/versitygw/main.go).
    versitygw: common,
};

/** @param preset undefined: AWS where there is no endpoint, else what most servers take */
export function s3Traits(preset: S3Preset | undefined, endpoint: string | undefined): S3Traits {
    if (preset !== undefined) return traits[preset];
    return endpoint === undefined ? traits.aws : common;
}

/**
 * Regions that the registry's driver knows; it panics at any other, unless an endpoint is given with it (harbor#20789).
 * Source: the AWS SDK in it, aws-sdk-go 1.15.11 of 2018 (distribution 2.8, vendor/, endpoints/defaults.go).
 */
const knownRegions: ReadonlySet<string> = new Set([
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
]);

/** AWS's endpoint, where the driver has to be told. */
export function awsEndpoint(region: string): string | undefined {
    return knownRegions.has(region) ? undefined : `https://s3.${region}.amazonaws.com`;
}
