import type { Settings } from "./schema";
import { operatorIds, type OperatorId } from "./schema/operators";

/**
 * The operators and controllers that these settings stand on, in the order of {@link operatorIds}; those that the
 * cluster has already are among them. Pure.
 */
export function neededOperators(settings: Settings): OperatorId[] {
    const { tls, harbor, exposure, database, cache, backup } = settings;
    const needed = new Set<string>([database.kind, cache.kind, backup.kind]);
    if (exposure.kind === "ingress" || exposure.kind === "route") needed.add(exposure.controller);
    if (harbor.internalTls || tls.kind === "lets-encrypt" || tls.kind === "vault") needed.add("cert-manager");
    return operatorIds.filter((id) => needed.has(id));
}
