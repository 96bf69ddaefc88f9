import { coerce, compare } from "semver";
import { kindNodeImage, operatorCharts } from "./catalogue";
import { neededOperators } from "./needed-operators";
import type { Settings } from "./schema";
import type { OperatorId } from "./schema/operators";

/** What of a stack beside Harbor has a version, as the cluster has it. */
export interface LiveParts {
    /** Chart versions of the operators that are installed. */
    readonly operators: Readonly<Partial<Record<OperatorId, string>>>;
    /** The PostgreSQL cluster of an operator; absent: the stack has none, or not yet. */
    readonly database?: LiveDatabase;
    /** Version of a KinD cluster's nodes: `v1.36.1`; absent: it is no such cluster, or does not answer. */
    readonly nodes?: string;
}

export interface LiveDatabase {
    readonly kind: "cloudnative-pg" | "zalando";
    /** The operator's object. */
    readonly name: string;
    /** PostgreSQL's major version: `17`. */
    readonly major: string;
}

/** An operator that gets another chart. */
export interface OperatorChange {
    readonly id: OperatorId;
    readonly from: string;
    readonly to: string;
}

/** A database that its operator rewrites with another major version of PostgreSQL. */
export interface DatabaseChange {
    readonly kind: LiveDatabase["kind"];
    readonly name: string;
    readonly from: string;
    readonly to: string;
}

/** What `upgrade parts` brings up. */
export interface PartChanges {
    readonly operators: readonly OperatorChange[];
    readonly database?: DatabaseChange;
}

export interface PartsPlan extends PartChanges {
    /** Why it must not be made; empty where it may be. */
    readonly refusals: readonly string[];
    readonly warnings: readonly string[];
}

/** A newer patch of its chart is no upgrade that anybody has to read about first. */
const oneMinorAtATime: readonly OperatorId[] = ["cert-manager", "cloudnative-pg", "velero"];

/**
 * What is different between the parts that are there and those that the settings ask for, and what speaks against it. Looks
 * at nothing but its arguments and the catalogue. Pure.
 */
export function planParts(
    live: LiveParts,
    settings: Settings,
    accepted: { readonly engineChange: boolean },
): PartsPlan {
    const operators = operatorChanges(live, settings);
    const database = databaseChange(live, settings);
    return {
        operators,
        ...(database === undefined ? {} : { database }),
        refusals: [
            ...operators.flatMap(olderOperator),
            ...(database === undefined ? [] : refuseDatabase(database, accepted.engineChange)),
            ...otherNodes(live, settings),
        ],
        warnings: operators.flatMap(farOperator),
    };
}

/** As a person says it: `PostgreSQL 16 to 17, cert-manager v1.20.0 to v1.21.2`. Pure. */
export function describeParts({ operators, database }: PartChanges): string {
    return [
        ...(database === undefined ? [] : [`PostgreSQL ${database.from} to ${database.to}`]),
        ...operators.map(({ id, from, to }) => `${id} ${from} to ${to}`),
    ].join(", ");
}

function operatorChanges({ operators }: LiveParts, settings: Settings): OperatorChange[] {
    return neededOperators(settings)
        .filter((id) => !settings.operators[id].installed)
        .flatMap((id) => {
            const from = operators[id];
            const to = settings.operators[id].version ?? operatorCharts[id].version;
            return from === undefined || from === to ? [] : [{ id, from, to }];
        });
}

function databaseChange({ database: live }: LiveParts, { database }: Settings): DatabaseChange | undefined {
    if (live?.kind !== database.kind || live.major === database.version) return undefined;
    return { kind: live.kind, name: live.name, from: live.major, to: database.version };
}

function olderOperator({ id, from, to }: OperatorChange): string[] {
    if (!isOlder(to, from)) return [];
    return [
        `${id}: chart ${to} is older than ${from}, which is installed, and objects may be stored in a form that only the newer ` +
            `one reads: set operators.${id}.version to ${from}, or use the version of anchorage that installed it`,
    ];
}

function farOperator({ id, from, to }: OperatorChange): string[] {
    const [before, after] = [coerce(from), coerce(to)];
    if (before === null || after === null || !oneMinorAtATime.includes(id)) return [];
    if (before.major === after.major && after.minor - before.minor <= 1) return [];
    return [
        `${id} ${from} to ${to}: its makers go one minor version at a time; operators.${id}.version makes a stop in between`,
    ];
}

function refuseDatabase({ kind, from, to }: DatabaseChange, agreed: boolean): string[] {
    if (Number(to) < Number(from)) {
        return [
            `database.version ${to} is older than PostgreSQL ${from}, which runs: its files never go back; set it to ${from}, ` +
                'or go back by "anchorage upgrade rollback" or a restore of a backup',
        ];
    }
    if (agreed) return [];
    const how =
        kind === "cloudnative-pg"
            ? "the operator ends all servers and runs pg_upgrade"
            : "the operator runs pg_upgrade on the primary, and copies it to the replicas";
    return [
        `PostgreSQL ${from} to ${to} rewrites the database: ${how}, Harbor has none meanwhile, and the way back is the dump ` +
            "that is made before: add --accept-engine-change",
    ];
}

/** The nodes of a KinD cluster cannot be changed: it is made anew, with all that is in it. */
function otherNodes({ nodes }: LiveParts, { cluster }: Settings): string[] {
    if (nodes === undefined || cluster.kind !== "kind") return [];
    const image = cluster.image ?? kindNodeImage;
    const wanted = /:(v\d+\.\d+\.\d+)/.exec(image)?.[1];
    if (wanted === undefined || wanted === nodes) return [];
    return [
        `the nodes of KinD cluster ${cluster.name} are ${nodes}, and ${image} is asked for: the cluster is made anew, with all ` +
            "that is in it. npx anchorage backup (to a bucket outside of it), then up, then restore --from NAME; " +
            `or set cluster.image to kindest/node:${nodes}`,
    ];
}

function isOlder(version: string, than: string): boolean {
    const [one, other] = [coerce(version), coerce(than)];
    return one !== null && other !== null && compare(one, other) < 0;
}
