import { z } from "zod";
import { UserError } from "../../lib/errors";
import type { RecordObjects } from "../upgrade/record";

/**
 * The last release that passed its checks, in a Secret of the stack's namespace: it outlives the machine that made it. The
 * way back of the next one needs it.
 */

const good = z.object({
    /** The text of Pulumi.<stack>.yaml, with the version that is installed; what is secret in it is encrypted by Pulumi. */
    settings: z.string(),
    /** `2.15.2` */
    harbor: z.string(),
    /** ISO 8601 */
    at: z.string(),
    /** `anna@build-1` */
    by: z.string(),
});

const schema = z.object({
    version: z.literal(1),
    good,
    /** A later one failed, and `good` is being put back, by its settings or by undoing an upgrade. Absent: not. */
    back: z
        .object({
            kind: z.enum(["settings", "upgrade"]),
            since: z.string(),
            why: z.string(),
            /** The text of Pulumi.<stack>.yaml that failed. */
            failed: z.string(),
        })
        .optional(),
});

export type ReleaseRecord = Readonly<z.infer<typeof schema>>;
export type GoodRelease = Readonly<z.infer<typeof good>>;

export const releaseRecordName = "anchorage-release";
const key = "release.json";

/** @returns undefined before the first release @throws UserError for what this version cannot read */
export async function readRelease(objects: RecordObjects): Promise<ReleaseRecord | undefined> {
    const args = ["get", "secret", releaseRecordName, "--ignore-not-found", "-o", "json"];
    const text = await objects.kubectl("read the record of the last release", args);
    if (text.trim() === "") return undefined;
    const { data } = JSON.parse(text) as { readonly data?: Readonly<Record<string, string>> };
    return parseRelease(Buffer.from(data?.[key] ?? "", "base64").toString());
}

/** @throws UserError for what this version cannot read */
export function parseRelease(text: string): ReleaseRecord {
    try {
        return schema.parse(JSON.parse(text));
    } catch (error) {
        throw new UserError(`Secret ${releaseRecordName} is no record of a release that this version can read`, {
            next: [
                "go on with the version of anchorage that wrote it",
                `or do without a way back: kubectl delete secret ${releaseRecordName}`,
            ],
            cause: error,
        });
    }
}

export async function writeRelease(objects: RecordObjects, record: ReleaseRecord): Promise<void> {
    const secret = {
        apiVersion: "v1",
        kind: "Secret",
        type: "Opaque",
        metadata: {
            name: releaseRecordName,
            namespace: objects.namespace,
            // A restore of the namespace must not bring an older one back.
            labels: { "app.kubernetes.io/managed-by": "anchorage", "velero.io/exclude-from-backup": "true" },
        },
        data: { [key]: Buffer.from(JSON.stringify(record)).toString("base64") },
    };
    const args = ["apply", "--server-side", "--force-conflicts", "--field-manager=anchorage", "-f", "-"];
    await objects.kubectl("write the record of the release", args, JSON.stringify(secret));
}
