import { createHash } from "node:crypto";
import { z } from "zod";
import { ApiError } from "../http/errors";

const descriptor = z.object({
    mediaType: z.string().default(""),
    digest: z.string(),
    size: z.int(),
    annotations: z.record(z.string(), z.string()).optional(),
    platform: z.record(z.string(), z.unknown()).optional(),
    urls: z.array(z.string()).optional(),
});
const form = z.object({
    schemaVersion: z.literal(2),
    mediaType: z.string().optional(),
    artifactType: z.string().optional(),
    config: descriptor.optional(),
    layers: z.array(descriptor).optional(),
    manifests: z.array(descriptor).optional(),
    subject: descriptor.optional(),
    annotations: z.record(z.string(), z.string()).optional(),
});

export type Manifest = z.infer<typeof form>;
export type ManifestDescriptor = z.infer<typeof descriptor>;

/** @throws 400 MANIFEST_INVALID */
export function parseManifest(body: Buffer): Manifest {
    let value: unknown;
    try {
        value = JSON.parse(body.toString());
    } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        throw invalid(error.message);
    }
    const parsed = form.safeParse(value);
    if (!parsed.success) throw invalid(parsed.error.issues[0]?.message ?? "");
    return parsed.data;
}

function invalid(why: string): ApiError {
    return new ApiError(400, "MANIFEST_INVALID", `unmarshal manifest failed: ${why}`);
}

export function digestOf(body: Buffer): string {
    return `sha256:${createHash("sha256").update(body).digest("hex")}`;
}

/** Configuration and layers, without those that lie elsewhere. */
export function blobsOf({ config, layers }: Manifest): readonly ManifestDescriptor[] {
    return [...(config ? [config] : []), ...(layers ?? []).filter(({ urls }) => urls === undefined)];
}

const imageTypes = [
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
];

/** What Harbor calls it: IMAGE, CHART, or a word out of its media type. */
export function typeOf(manifest: Manifest, contentType: string): { type: string; media: string; artifactType: string } {
    const media = manifest.config?.mediaType ?? contentType;
    const artifactType = manifest.artifactType ?? media;
    const word = /^application\/vnd\.[^.]+\.(.+?)\.(?:config\.)?v\d/.exec(artifactType)?.[1];
    const type = imageTypes.includes(artifactType)
        ? "IMAGE"
        : media === "application/vnd.cncf.helm.config.v1+json"
          ? "CHART"
          : (word?.toUpperCase() ?? "UNKNOWN");
    return { type, media, artifactType };
}

/** What kind of thing hangs on its subject. Source: src/server/middleware/subject/subject.go. */
export function accessoryType({ artifactType, config }: Manifest): string {
    switch (artifactType ?? config?.mediaType) {
        case "application/vnd.dev.cosign.artifact.sig.v1+json":
        case "application/vnd.dev.sigstore.bundle.v0.3+json":
            return "signature.cosign";
        case "application/vnd.cncf.notary.signature":
            return "signature.notation";
        case "application/vnd.goharbor.harbor.sbom.v1":
            return "sbom.harbor";
        default:
            return "subject.accessory";
    }
}

/** The digest that a signature of the old kind has in its tag; undefined of any other. */
export function signedDigest(tag: string, { layers }: Manifest): string | undefined {
    const hex = /^sha256-([0-9a-f]{64})\.sig$/.exec(tag)?.[1];
    const hasSignature = layers?.some(
        ({ mediaType }) => mediaType === "application/vnd.dev.cosign.simplesigning.v1+json",
    );
    return hex !== undefined && hasSignature === true ? `sha256:${hex}` : undefined;
}
