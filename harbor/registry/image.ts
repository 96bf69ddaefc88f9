import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

/** An image of one layer. */
export interface Image {
    readonly mediaType: string;
    readonly manifest: Buffer;
    readonly config: Buffer;
    readonly layer: Buffer;
    readonly layerDigest: string;
}

/** Manifests that a client can read. */
export const manifestTypes = [
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
] as const;

/** A Linux image with one small file; `text` makes it one of its own. */
export function smallImage(text: string): Image {
    const tar = tarOf("etc/anchorage-verify", Buffer.from(text));
    const layer = gzipSync(tar);
    const config = json({
        architecture: "amd64",
        os: "linux",
        config: { Cmd: ["/etc/anchorage-verify"] },
        rootfs: { type: "layers", diff_ids: [digestOf(tar)] },
        history: [{ created: "1970-01-01T00:00:00Z", created_by: "anchorage verify" }],
    });
    const layerDigest = digestOf(layer);
    const manifest = json({
        schemaVersion: 2,
        mediaType: manifestTypes[0],
        config: {
            mediaType: "application/vnd.oci.image.config.v1+json",
            digest: digestOf(config),
            size: config.length,
        },
        layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest: layerDigest, size: layer.length }],
    });
    return { mediaType: manifestTypes[0], manifest, config, layer, layerDigest };
}

/** A tar archive of one file (POSIX ustar). */
function tarOf(name: string, content: Buffer): Buffer {
    const header = Buffer.alloc(512);
    const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, "0")}\0`;
    header.write(name, 0);
    header.write(octal(0o644, 8), 100); // mode
    header.write(octal(0, 8), 108); // user
    header.write(octal(0, 8), 116); // group
    header.write(octal(content.length, 12), 124);
    header.write(octal(0, 12), 136); // time
    header.write("        ", 148); // the checksum counts as blanks
    header.write("0", 156); // a file
    header.write("ustar\x0000", 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
    return Buffer.concat([header, content, padding, Buffer.alloc(1024)]);
}

function json(value: object): Buffer {
    return Buffer.from(JSON.stringify(value));
}

export function digestOf(content: Buffer): string {
    return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}
