import type { Operation, ResourceChange } from "../engine";
import { isChange } from "../render/changes";
import { dangerous, databaseMajor, difference, interrupting, kindOf, plainChange, type Effect } from "./effects";
import { effectsOfValues } from "./harbor-values";

/** Turns a change into what it does; the first rule that fits counts. */
interface ResourceRule {
    /** The last part of the type's token. */
    readonly kind: RegExp;
    readonly ops: readonly Operation[];
    /** Of the resource's name in the program. @default all */
    readonly name?: RegExp;
    readonly effects: (change: ResourceChange) => readonly Effect[];
}

const gone: readonly Operation[] = ["replace", "delete"];
const databaseKinds = /^(Cluster|postgresql)$/;
const touches = ({ diff }: ResourceChange, path: RegExp): boolean => diff.some((property) => path.test(property.path));
const goneWord = ({ op }: ResourceChange): string => (op === "delete" ? "deletes" : "replaces");

/** Of CloudNativePG the tag of the image has it (`postgresql:17.11-...`), of Zalando a field. */
const majorOf = (value: unknown): number | undefined => {
    const [, major] = /^(?:.*:)?(\d+)(?:[.-].*)?$/.exec(String(value)) ?? [];
    return major === undefined ? undefined : Number(major);
};

function majorChange({ diff }: ResourceChange): Effect | undefined {
    const version = diff.find(({ path }) => /^spec\.(imageName|postgresql\.version)$/.test(path));
    const [before, after] = [majorOf(version?.before), majorOf(version?.after)];
    if (before === undefined || after === undefined || before === after) return undefined;
    const versions = `PostgreSQL ${String(before)} to ${String(after)}`;
    return dangerous(
        databaseMajor,
        after > before
            ? `rewrites the whole database for another major version (${versions}): the way back is a backup, which ` +
                  "`npx anchorage upgrade parts` makes first"
            : `goes back to an older major version (${versions}), which cannot read what the newer one has written`,
        "minutes, and longer the larger the database: Harbor has no database meanwhile",
    );
}

const rules: readonly ResourceRule[] = [
    {
        kind: /^Command$/,
        ops: gone,
        name: /-kind(-|$)/,
        effects: (change) => [
            dangerous(
                `cluster-${change.name}`,
                `${goneWord(change)} a KinD cluster with all that is in it, volumes too: data loss`,
                "until all of it is restored",
            ),
        ],
    },
    {
        kind: /^Namespace$/,
        ops: gone,
        effects: (change) => [
            dangerous(
                `namespace-${change.name}`,
                `${goneWord(change)} the namespace with all that is in it, volumes too: data loss`,
                "until all of it is restored",
            ),
        ],
    },
    {
        kind: /^PersistentVolumeClaim$/,
        ops: gone,
        effects: (change) => [
            dangerous(
                change.name.includes("database") ? "database-volume" : `volume-${change.name}`,
                `${goneWord(change)} ${change.name.includes("database") ? "the database volume" : "a volume"}: data loss`,
                "until its content is restored",
            ),
        ],
    },
    {
        kind: databaseKinds,
        ops: gone,
        name: /database|postgres/,
        effects: (change) => [
            dangerous(
                "database",
                `${goneWord(change)} the database with its volumes: data loss`,
                "until the database is restored",
            ),
        ],
    },
    {
        kind: databaseKinds,
        ops: ["update"],
        name: /database|postgres/,
        effects: (change) => {
            const major = majorChange(change);
            if (major !== undefined) return [major];
            const instances = change.diff.find(({ path }) => /^spec\.(instances|numberOfInstances)$/.test(path));
            if (touches(change, /^spec\.(storage|walStorage|volume)\b.*(storageClass|storageClassName)$/))
                return [
                    dangerous("database-volume", "replaces the database volume: data loss", "until it is restored"),
                ];
            const more = instances === undefined ? undefined : difference(instances, "instance");
            if (change.diff.length === 1 && more !== undefined)
                return [
                    plainChange("database-instances", "adds or takes standbys of the database", {
                        cost: `${more}, each with a volume`,
                        touchesData: true,
                    }),
                ];
            if (touches(change, /^spec\.(storage|volume)\.size$/))
                return [
                    plainChange("database-size", "grows the database's volumes; they cannot shrink again", {
                        cost: "a larger volume for each instance",
                        touchesData: true,
                    }),
                ];
            return [
                interrupting(
                    "database-restart",
                    "restarts the database one instance at a time, the primary last by a switchover",
                    "seconds; minutes with one instance",
                    { touchesData: true },
                ),
            ];
        },
    },
    {
        kind: /^(Bucket|BucketV2|S3Bucket|Minio)$/,
        ops: gone,
        effects: (change) => [
            dangerous("bucket", `${goneWord(change)} the bucket of the images: all images are lost`, "until restored"),
        ],
    },
    {
        kind: /^(Secret|RandomPassword|RandomBytes|RandomId)$/,
        ops: [...gone, "update"],
        name: /encryption-key/,
        effects: (change) => [
            dangerous(
                "encryption-key",
                `${change.op === "update" ? "changes" : goneWord(change)} the key that Harbor encrypts with: ` +
                    "stored passwords of registries and robots cannot be read, and no backup either",
                "up to a minute",
            ),
        ],
    },
    {
        kind: /^(Secret|RandomPassword|RandomBytes|RandomId|PrivateKey|SelfSignedCert|LocallySignedCert)$/,
        ops: ["create", "update", "replace", "delete"],
        effects: (change) =>
            change.op === "create"
                ? [plainChange("secret-new", "makes a password, key or certificate")]
                : [
                      interrupting(
                          `secret-${change.name}`,
                          "changes a password, key or certificate: restarts what reads it, one pod at a time",
                          "none with two pods or more, up to a minute with one",
                      ),
                  ],
    },
    {
        kind: /^Release$/,
        ops: gone,
        name: /harbor/,
        effects: (change) => [
            dangerous("harbor", `${goneWord(change)} Harbor itself`, "until it is installed again", {
                cost: "volumes of its own database stay, unless the namespace goes too",
            }),
        ],
    },
    { kind: /^Release$/, ops: ["update"], name: /harbor-release/, effects: ({ diff }) => effectsOfValues(diff) },
    {
        kind: /^Release$/,
        ops: [...gone, "update"],
        name: /operators-/,
        effects: (change) => [
            change.op === "update"
                ? plainChange(`operator-${change.name}`, "restarts an operator; what it looks after goes on running")
                : dangerous(
                      `operator-${change.name}`,
                      `${goneWord(change)} an operator: what it looks after is looked after no more, or deleted with its kinds`,
                      "none at first",
                  ),
        ],
    },
    {
        kind: /^(Gateway|HTTPRoute|Ingress|IngressRoute|Service|Certificate|Issuer|ClusterIssuer|GatewayClass)$/,
        ops: [...gone, "update"],
        effects: (change) => [
            interrupting(
                "address",
                "changes how clients reach the registry: the address, the certificate or the way in",
                change.op === "update" ? "seconds" : "until the new one answers",
            ),
        ],
    },
    {
        kind: /^(RedisReplication|RedisSentinel|RedisFailover|Redis|Valkey)$/,
        ops: [...gone, "update"],
        effects: (change) => [
            interrupting(
                "cache",
                change.op === "update"
                    ? "restarts Redis one server at a time"
                    : `${goneWord(change)} Redis: users log in again, jobs that wait are lost`,
                "up to a minute",
            ),
        ],
    },
    {
        kind: /^(Deployment|StatefulSet|DaemonSet)$/,
        ops: ["replace", "delete", "update"],
        effects: (change) => [
            interrupting(
                `restart-${change.name}`,
                change.op === "update" ? "restarts its pods one at a time" : `${goneWord(change)} its pods`,
                "up to a minute",
            ),
        ],
    },
];

/**
 * What a change does. What no rule knows is a plain change, and a deletion or replacement that no rule knows an
 * interruption: better too careful than not.
 */
export function effectsOf(change: ResourceChange): readonly Effect[] {
    if (!isChange(change)) return [];
    const kind = kindOf(change);
    const rule = rules.find(
        (one) => one.kind.test(kind) && one.ops.includes(change.op) && (one.name?.test(change.name) ?? true),
    );
    const effects = rule?.effects(change) ?? [otherwise(change, kind)];
    return effects.filter(
        (effect, index) => effects.findIndex(({ id, words }) => id === effect.id && words === effect.words) === index,
    );
}

function otherwise({ op, name }: ResourceChange, kind: string): Effect {
    switch (op) {
        case "create":
            return plainChange(`new-${name}`, `makes a ${kind} that is not there yet`);
        case "delete":
        case "replace":
            return interrupting(`${op}-${name}`, `${op}s a ${kind}`, "not known: look at what uses it");
        default:
            return plainChange(`update-${name}`, `changes a ${kind} in place`);
    }
}
