import { createHash } from "node:crypto";

/**
 * Keys of the registry's bucket, and where a backup keeps what is under them. The layout is CNCF distribution's
 * (distribution/distribution, registry/storage/paths.go): nearly all of it is named after its own content.
 */

/** All that a registry keeps. */
export const registryRoot = "docker/registry/v2/";
/** Contents, and which repository has which. A link is written after what it leads to. */
export const contentRoot = `${registryRoot}blobs/`;
export const linkRoot = `${registryRoot}repositories/`;

const blobs = "anchorage/blobs/";
export const setsRoot = "anchorage/sets/";

/** Where what never changes under its key is kept, for all sets. */
export function sharedKey(key: string): string {
    return blobs + key;
}

export function isShared(stored: string): boolean {
    return stored.startsWith(blobs);
}

/** The key in the registry's bucket of a {@link sharedKey}. */
export function keyOfShared(stored: string): string {
    return stored.slice(blobs.length);
}

/** Where a set keeps what may change under its key. */
export function ownKey(set: string, key: string): string {
    return `${setsRoot}${set}/objects/${key}`;
}

export function inventoryKey(set: string): string {
    return `${setsRoot}${set}/blobs.jsonl.gz`;
}

export type KeyKind =
    /** Always has the same content, whose SHA-256 follows from the key. */
    | { readonly kind: "shared"; readonly sha256: string }
    /** Which digest a tag has, and whatever else a bucket may hold. */
    | { readonly kind: "own" }
    /** Uploads that have not ended: the registry itself throws them away. */
    | { readonly kind: "left-out" };

const content = /\/blobs\/sha256\/[0-9a-f]{2}\/([0-9a-f]{64})\/data$/;
const link = /\/(?:_layers|_manifests\/revisions|_manifests\/tags\/[^/]+\/index)\/(sha256)\/([0-9a-f]{64})\/link$/;

export function kindOf(key: string): KeyKind {
    if (key.includes("/_uploads/")) return { kind: "left-out" };
    const [, digest] = content.exec(key) ?? [];
    if (digest !== undefined) return { kind: "shared", sha256: digest };
    const [, algorithm, linked] = link.exec(key) ?? [];
    if (algorithm === undefined || linked === undefined) return { kind: "own" };
    // A link's content is the digest that its key names.
    return { kind: "shared", sha256: createHash("sha256").update(`${algorithm}:${linked}`).digest("hex") };
}
