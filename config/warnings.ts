import { minioRetired, operatorCharts, type Retired } from "./catalogue";
import { neededOperators } from "./needed-operators";
import type { Settings } from "./schema";
import type { OperatorId } from "./schema/operators";

/** What a stack may have, and should not keep: sentences for its owner. They stop nothing. Pure. */
export function warningsOf(settings: Settings): string[] {
    const { storage, exposure, operators, backup } = settings;
    return [
        ...neededOperators(settings).flatMap((id) => {
            const { retired } = operatorCharts[id];
            return retired === undefined ? [] : [retirement(`${chosenBy[id]} is "${id}"`, retired)];
        }),
        ...(storage.kind === "minio" ? [retirement('storage.kind is "minio"', minioRetired)] : []),
        ...(backup.kind === "velero" && backup.location.kind === "minio"
            ? [retirement('backup.location.kind is "minio"', minioRetired)]
            : []),
        ...unnamedAuthority(settings),
        ...(exposure.kind === "route" && exposure.controller === "traefik" && !operators.traefik.installed
            ? [
                  'exposure.controller is "traefik" with exposure.kind "route": its chart does not bring the CRDs of the ' +
                      "Gateway API, the cluster has to have them (README of traefik/traefik-helm-chart)",
              ]
            : []),
    ];
}

/** A certificate is looked at, and nobody said by which CA. */
function unnamedAuthority({ database, harbor }: Settings): string[] {
    if (database.kind !== "external" || !database.sslmode.startsWith("verify")) return [];
    if (database.ca !== undefined || harbor.values["caBundleSecretName"] !== undefined) return [];
    return [
        `database.sslmode is "${database.sslmode}" without database.ca: the server's certificate has to be of a public CA, ` +
            "or Harbor does not start",
    ];
}

function retirement(setting: string, { since, why, instead }: Retired): string {
    return `${setting}, which is retired since ${since}: ${why}. New stacks take ${instead}`;
}

/** The setting that an operator is chosen by. */
const chosenBy: Readonly<Record<OperatorId, string>> = {
    "cert-manager": "tls.kind",
    "ingress-nginx": "exposure.controller",
    "envoy-gateway": "exposure.controller",
    traefik: "exposure.controller",
    "cloudnative-pg": "database.kind",
    zalando: "database.kind",
    "redis-ot": "cache.kind",
    "redis-spotahome": "cache.kind",
    velero: "backup.kind",
};
