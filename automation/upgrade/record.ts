import { z } from "zod";
import { operatorIds } from "../../config/schema/operators";
import { describeParts, type PartChanges } from "../../config/upgrade-parts";
import type { UpgradeHop } from "../../config/upgrade-plan";
import { UserError } from "../../lib/errors";

/**
 * What is known of an upgrade, in a ConfigMap of the stack's namespace: it outlives the process and the machine that made
 * it, and a rollback, which puts back a database and a release, but not this.
 */

const amount = z.int().nonnegative();
const version = z.string().regex(/^\d+\.\d+\.\d+$/);
/** Seconds in which a probe failed: in all, and at a stretch. */
const outage = z.object({ seconds: z.number(), longest: z.number() });

const parts = z.object({
    operators: z.array(z.object({ id: z.enum(operatorIds), from: z.string(), to: z.string() })),
    database: z
        .object({ kind: z.enum(["cloudnative-pg", "zalando"]), name: z.string(), from: z.string(), to: z.string() })
        .optional(),
});

const hop = z.object({
    from: version,
    to: version,
    /** Version of the chart that installs `from`, and `to`. */
    fromChart: z.string(),
    chart: z.string(),
    /** What a hop changes that leaves Harbor as it is: `from` and `to` are the same then. */
    parts: parts.optional(),
    /** Whether the database's files are rewritten: the older image cannot read them any more. */
    engineChange: z.boolean(),
    /**
     * waiting: nothing was changed. changing: the new release may be there, whole or in part. back: the old one is being
     * put back. upgraded, rolled-back: its end, verified.
     */
    state: z.enum(["waiting", "changing", "back", "upgraded", "rolled-back"]),
    /** What passed the checks that compare it with what was before ({@link verifiedMark}); after them people write again. */
    verified: z.string().optional(),
    /** Name of the backup set. */
    backup: z.string().optional(),
    /** The database as it was last under `from`, while nobody could write: what a rollback restores. */
    dump: z.object({ key: z.string(), size: amount, sha256: z.string() }).optional(),
    counts: z.object({ projects: amount, repositories: amount, artifacts: amount }).optional(),
    /** Images to be pulled by their digest afterwards. */
    sample: z.array(z.object({ repository: z.string(), digest: z.string() })).default([]),
    schedules: z.array(z.object({ vendor_type: z.string(), vendor_id: z.int(), cron: z.string() })).default([]),
    /** Queues of jobs that were paused for it. */
    pausedQueues: z.array(z.string()).default([]),
    /** Pods of each Deployment that a rollback ended. */
    replicas: z.record(z.string(), amount).default({}),
    measured: z.object({ pulls: outage, pushes: outage }).optional(),
});

const schema = z.object({
    version: z.literal(1),
    /** Letters and digits: a part of names. */
    id: z.string().regex(/^[a-z0-9]+$/),
    stack: z.string(),
    /** ISO 8601 */
    beganAt: z.string(),
    /** Whoever began it: `anna@build-1`. */
    by: z.string(),
    hops: z.array(hop).min(1),
});

export type UpgradeRecord = Readonly<z.infer<typeof schema>>;
export type HopRecord = z.infer<typeof hop>;

export const recordName = "anchorage-upgrade";

/** As a person says it: `2.12.2 to 2.14.4`, `PostgreSQL 16 to 17`. */
export function describeHop({ from, to, parts: changes }: Pick<HopRecord, "from" | "to" | "parts">): string {
    return changes === undefined ? `${from} to ${to}` : describeParts(changes);
}

/** What a hop leads from, or to. */
export type Side = "from" | "to";

/** What is installed on one side of a hop: `Harbor 2.14.4`, `PostgreSQL 17`. */
export function nameOf(hop: Pick<HopRecord, "from" | "to" | "parts">, side: Side): string {
    const { database, operators = [] } = hop.parts ?? {};
    if (hop.parts === undefined) return `Harbor ${hop[side]}`;
    return [
        ...(database === undefined ? [] : [`PostgreSQL ${database[side]}`]),
        ...operators.map((one) => `${one.id} ${one[side]}`),
    ].join(", ");
}

/** How the record says that one side passed its checks. */
export function verifiedMark(hop: Pick<HopRecord, "from" | "to" | "parts">, side: Side): string {
    return hop.parts === undefined ? hop[side] : `${side} ${nameOf(hop, side)}`;
}

/** A hop that leaves Harbor as it is. @param chart that Harbor is installed with */
export function newPartsHop(harbor: string, chart: string, { operators, database }: PartChanges): HopRecord {
    const nothing = { sample: [], schedules: [], pausedQueues: [], replicas: {} };
    const changes = { operators: [...operators], ...(database === undefined ? {} : { database }) };
    return {
        ...{ from: harbor, to: harbor, fromChart: chart, chart, parts: changes, state: "waiting" },
        engineChange: database !== undefined,
        ...nothing,
    };
}

export function newHop({ from, to, fromChart, chart, engineChange }: UpgradeHop): HopRecord {
    const nothing = { sample: [], schedules: [], pausedQueues: [], replicas: {} };
    return { from, to, fromChart, chart, engineChange: engineChange !== undefined, state: "waiting", ...nothing };
}

/** The hop that was begun and did not come to its end; else, the next one to begin. */
export function currentHop({ hops }: UpgradeRecord): HopRecord | undefined {
    return hops.find(({ state }) => state !== "upgraded" && state !== "rolled-back");
}

/** Whether there is nothing to go on with: all hops are made, or one was rolled back. */
export function isOver({ hops }: UpgradeRecord): boolean {
    return hops.every(({ state }) => state === "upgraded") || hops.some(({ state }) => state === "rolled-back");
}

/**
 * The hops that a rollback undoes, in its order: the one under way, else the last that was made. One that was rolled back
 * is not followed by the one before it: a command that was killed at its very end is typed once more, and must not lose
 * what people pushed before that hop.
 * @param to as far as the hop from that Harbor @returns undefined where no hop from it is left
 */
export function hopsToUndo({ hops }: UpgradeRecord, to?: string): readonly HopRecord[] | undefined {
    const underWay = hops.filter(({ state }) => state === "changing" || state === "back");
    const made = hops.filter(({ state }) => state === "upgraded").reverse();
    if (to !== undefined) {
        const all = [...underWay, ...made];
        const end = all.findIndex(({ from }) => from === to);
        return end < 0 ? undefined : all.slice(0, end + 1);
    }
    if (underWay.length > 0) return underWay;
    return hops.some(({ state }) => state === "rolled-back") ? [] : made.slice(0, 1);
}

/** kubectl in Harbor's namespace. @param what as in "cannot ..." */
export interface RecordObjects {
    readonly namespace: string;
    kubectl(what: string, args: readonly string[], input?: string): Promise<string>;
}

/** @returns undefined where no upgrade was ever begun @throws UserError for what this version cannot read */
export async function readRecord(objects: RecordObjects): Promise<UpgradeRecord | undefined> {
    const args = ["get", "configmap", recordName, "--ignore-not-found", "-o", "json"];
    const text = await objects.kubectl("read the record of the upgrade", args);
    if (text.trim() === "") return undefined;
    const { data } = JSON.parse(text) as { readonly data?: Readonly<Record<string, string>> };
    return parseRecord(data?.["upgrade.json"] ?? "");
}

/** @throws UserError for what this version cannot read */
export function parseRecord(text: string): UpgradeRecord {
    try {
        return schema.parse(JSON.parse(text));
    } catch (error) {
        throw new UserError(`ConfigMap ${recordName} is no record of an upgrade that this version can read`, {
            next: ["go on with the version of anchorage that began it", `or look at it: kubectl get cm ${recordName}`],
            cause: error,
        });
    }
}

export async function writeRecord(objects: RecordObjects, record: UpgradeRecord): Promise<void> {
    const { namespace } = objects;
    const configMap = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: {
            name: recordName,
            namespace,
            // A restore of the namespace must not bring an older one back.
            labels: { "app.kubernetes.io/managed-by": "anchorage", "velero.io/exclude-from-backup": "true" },
        },
        data: { "upgrade.json": JSON.stringify(record) },
    };
    const args = ["apply", "--server-side", "--force-conflicts", "--field-manager=anchorage", "-f", "-"];
    await objects.kubectl("write the record of the upgrade", args, JSON.stringify(configMap));
}
