import { createHash } from "node:crypto";
import { z } from "zod";
import { backupKindNames } from "../backup-kinds";

/**
 * What a backup set says of itself: which Velero backup, which dump and which inventory belong together, and what they
 * are to be like. It is written when the set is begun, and again, as its last object, when it is complete. No secret is
 * in it.
 */

const time = z.iso.datetime();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in hexadecimal");
const amount = z.int().nonnegative();

const velero = z.object({
    /** Name of Velero's Backup. */
    backupName: z.string().min(1),
    phase: z.literal("Completed"),
    /** Objects in it. */
    items: amount,
    warnings: amount,
    /** What it took of volumes. */
    volumes: z.enum(["none", "files", "snapshots"]),
});

const database = z.object({
    kind: z.enum(["internal", "cloudnative-pg", "zalando", "external"]),
    /** `17.10` */
    serverVersion: z.string().min(1),
    /** Of the dump. */
    bytes: amount,
    sha256,
    /** pg_dump -Fc */
    format: z.literal("custom"),
});

const blobs = z.discriminatedUnion("kind", [
    z.object({
        kind: z.literal("objects"),
        /** Objects in the set, and their bytes. */
        count: amount,
        bytes: amount,
        inventory: z.object({ key: z.string().min(1), size: amount, sha256 }),
    }),
    /** The content is on a volume that Velero took. */
    z.object({ kind: z.literal("velero") }),
]);

const counts = z.object({ projects: amount, repositories: amount, artifacts: amount });

const quietWindow = z.object({ beganAt: time, endedAt: time, ms: amount });

/** What begins by itself in a Harbor, as Harbor names it: enough to arm it again after a restore. */
const schedule = z.object({ vendor_type: z.string().min(1), vendor_id: z.int(), cron: z.string() });

/** An image that was there in the quiet window, for checks. */
const image = z.object({ repository: z.string().min(1), digest: z.string().regex(/^sha\d+:[0-9a-f]+$/) });

const common = {
    version: z.literal(1),
    name: z.string().min(1),
    stack: z.string().min(1),
    /** snapshot: for a while, such as before an upgrade; regular: kept by the rules of retention. */
    kind: z.enum(backupKindNames),
    beganAt: time,
    /** Versions of Harbor, of its chart, and of this program. */
    harbor: z.string().min(1),
    chart: z.string().min(1),
    anchorage: z.string().min(1),
    /** Of Harbor, and the name of its Helm release there. */
    namespace: z.string().min(1),
    release: z.string().min(1),
    /** What clients typed: `https://registry.example.com`. */
    registryUrl: z.string().min(1),
    /** See {@link fingerprintOf}: of the key that Harbor encrypts with. A restore needs the same one. */
    secretKeyFingerprint: sha256,
};

const incomplete = z.object({
    ...common,
    state: z.literal("incomplete"),
    /** Why, in a sentence; while it is being made: that it is. */
    why: z.string().min(1),
    /** Where it got so far: the Velero backup that goes with it, to be deleted with it. */
    velero: velero.pick({ backupName: true }),
});

const complete = z.object({
    ...common,
    state: z.literal("complete"),
    endedAt: time,
    velero,
    database,
    blobs,
    counts,
    quietWindow,
    schedules: z.array(schedule),
    /** Queues that the backup itself had paused: so they are in the dump, and a restore resumes them. */
    pausedQueues: z.array(z.string().min(1)).optional(),
    sample: z.array(image),
});

export const manifestSchema = z.discriminatedUnion("state", [incomplete, complete]);

export type BackupKind = (typeof backupKindNames)[number];
export type IncompleteManifest = Readonly<z.infer<typeof incomplete>>;
export type CompleteManifest = Readonly<z.infer<typeof complete>>;
/** Version 1. `state` tells the two apart. */
export type BackupManifest = IncompleteManifest | CompleteManifest;

/** A name of a set: a part of keys, and of the names of Kubernetes objects, which end with random letters. */
export const setNamePattern = /^[a-z0-9]([a-z0-9-]{0,46}[a-z0-9])?$/;

export const setNameRule = "1 to 48 lower-case letters, digits and hyphens, a letter or digit at both ends";

/** `20261123t142831z`: in the order of time, a DNS label. */
export function defaultSetName(beganAt: Date): string {
    return beganAt
        .toISOString()
        .replaceAll(/[-:]|\.\d+/g, "")
        .toLowerCase();
}

/** Tells two keys apart and gives neither away: SHA-256 of it, in hexadecimal. */
export function fingerprintOf(secretKey: string): string {
    return createHash("sha256").update(secretKey).digest("hex");
}

export type ManifestReading =
    | { readonly manifest: BackupManifest }
    /** Why it is none, in a sentence that begins with "it". */
    | { readonly problem: string };

/** Pure. @param name of the folder that it lies in */
export function readManifest(text: string, name: string): ManifestReading {
    let value: unknown;
    try {
        value = JSON.parse(text);
    } catch {
        return { problem: "its manifest.json is no JSON" };
    }
    const version = (value as { version?: unknown } | null)?.version;
    if (typeof version === "number" && version > 1) {
        return { problem: `its manifest is of version ${String(version)}: a newer anchorage made it` };
    }
    const parsed = manifestSchema.safeParse(value);
    if (!parsed.success) {
        const issue = parsed.error.issues[0];
        const where = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
        return { problem: `its manifest.json is no manifest of a backup${where}: ${issue?.message ?? "unknown"}` };
    }
    if (parsed.data.name !== name) return { problem: `its manifest is that of backup ${parsed.data.name}` };
    return { manifest: parsed.data };
}
