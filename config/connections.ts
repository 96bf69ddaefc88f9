import type { Settings } from "./schema";

/** Who opens connections to PostgreSQL, and how many each of them may. */
export interface ConnectionBudget {
    /** Pods with a pool of their own: those of core, and the exporter's. */
    readonly clients: { readonly core: number; readonly exporter: number };
    /** max_connections of the servers. */
    readonly maxConnections: number;
    /** What all pools together may hold. */
    readonly total: number;
    /** What each pool may hold: what was asked for, or an equal share. */
    readonly perPod: number;
    /** The largest that each may be. */
    readonly share: number;
}

/** Of the chart's own PostgreSQL (goharbor/harbor, make/photon/db/docker-entrypoint.sh: POSTGRES_MAX_CONNECTIONS). */
const internalMaxConnections = 1024;

/** The chart's default, which was made for the 1024 of its own PostgreSQL. */
const most = 900;

/** Fewer than this, and requests wait for each other: the least that may be asked for. */
export const fewestConnections = 10;

/**
 * The connections of Harbor's pods, so that they never ask for more than 80 % of max_connections (pains 14,
 * harbor#16631). The rest is for what has no pool in the chart's values: the workers of jobservice, which take the
 * same limit from core and hold about one each, the migration, replication, backups, and a person. Pure.
 */
export function connectionBudget({ database, harbor }: Settings): ConnectionBudget {
    const maxConnections = database.kind === "internal" ? internalMaxConnections : database.maxConnections;
    const clients = { core: harbor.replicas.core, exporter: harbor.metrics ? 1 : 0 };
    const total = Math.floor(0.8 * maxConnections);
    const share = Math.min(most, Math.floor(total / (clients.core + clients.exporter)));
    return { clients, maxConnections, total, share, perPod: database.maxOpenConnections ?? share };
}
