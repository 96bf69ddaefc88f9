import type { Definition } from "./definition";
import { likeVersion2 } from "./zalando";
import { redisOperatorDefinitions } from "./redis-ot";

/**
 * Where the CustomResourceDefinitions of each operator come from: the Go modules of their makers, at the versions of
 * go.mod beside this file, or our own where no module can be had.
 */
export interface DefinitionSource {
    /** As go.mod requires it. */
    readonly module: string;
    /** Files in it, and folders whose files are all taken. */
    readonly paths: readonly string[];
    /** What the version that is installed changed since the module's. */
    readonly adjust?: (definition: Definition) => Definition;
}

/** An operator's, or another part's whose kinds the program makes. */
export type DefinitionSet =
    | "cert-manager"
    | "cloudnative-pg"
    | "envoy-gateway"
    | "gateway-api"
    | "prometheus-operator"
    | "redis-ot"
    | "redis-spotahome"
    | "traefik"
    | "zalando";

export const definitionSources: Readonly<Record<DefinitionSet, DefinitionSource | readonly Definition[]>> = {
    "cert-manager": { module: "github.com/cert-manager/cert-manager", paths: ["deploy/crds"] },
    "cloudnative-pg": { module: "github.com/cloudnative-pg/cloudnative-pg", paths: ["config/crd/bases"] },
    "envoy-gateway": {
        module: "github.com/envoyproxy/gateway",
        paths: ["charts/gateway-crds-helm/templates/generated"],
    },
    "gateway-api": { module: "sigs.k8s.io/gateway-api", paths: ["config/crd/standard"] },
    // The others are about Prometheus itself, and ten times as large.
    "prometheus-operator": {
        module: "github.com/prometheus-operator/prometheus-operator",
        paths: ["podmonitors", "probes", "prometheusrules", "servicemonitors"].map(
            (kind) => `example/prometheus-operator-crd/monitoring.coreos.com_${kind}.yaml`,
        ),
    },
    "redis-ot": redisOperatorDefinitions,
    "redis-spotahome": { module: "github.com/spotahome/redis-operator", paths: ["charts/redisoperator/crds"] },
    traefik: {
        module: "github.com/traefik/traefik/v3",
        paths: ["docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml"],
    },
    // Its second major version is no Go module of that name.
    zalando: {
        module: "github.com/zalando/postgres-operator",
        paths: ["charts/postgres-operator/crds"],
        adjust: likeVersion2,
    },
};
