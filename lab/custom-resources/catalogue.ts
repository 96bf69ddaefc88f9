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
    /** Files in it. */
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
    | "velero"
    | "volume-snapshots"
    | "zalando";

/**
 * Of each, the kinds that a stack may make, and no more: an API server needs half a second for every one of the large
 * ones, and an object of a kind that is not there is refused loudly.
 */
export const definitionSources: Readonly<Record<DefinitionSet, DefinitionSource | readonly Definition[]>> = {
    "cert-manager": {
        module: "github.com/cert-manager/cert-manager",
        paths: files(
            "deploy/crds/cert-manager.io_",
            "certificaterequests",
            "certificates",
            "clusterissuers",
            "issuers",
        ),
    },
    "cloudnative-pg": {
        module: "github.com/cloudnative-pg/cloudnative-pg",
        paths: files(
            "config/crd/bases/postgresql.cnpg.io_",
            ...["backups", "clusters", "databases", "imagecatalogs", "scheduledbackups"],
        ),
    },
    "envoy-gateway": {
        module: "github.com/envoyproxy/gateway",
        paths: files(
            "charts/gateway-crds-helm/templates/generated/gateway.envoyproxy.io_",
            ...["backendtrafficpolicies", "clienttrafficpolicies", "envoyproxies"],
        ),
    },
    "gateway-api": {
        module: "sigs.k8s.io/gateway-api",
        paths: files(
            "config/crd/standard/gateway.networking.k8s.io_",
            ...["backendtlspolicies", "gatewayclasses", "gateways", "httproutes", "referencegrants"],
        ),
    },
    "prometheus-operator": {
        module: "github.com/prometheus-operator/prometheus-operator",
        paths: files(
            "example/prometheus-operator-crd/monitoring.coreos.com_",
            ...["podmonitors", "prometheusrules", "servicemonitors"],
        ),
    },
    "redis-ot": redisOperatorDefinitions,
    "redis-spotahome": {
        module: "github.com/spotahome/redis-operator",
        paths: files("charts/redisoperator/crds/databases.spotahome.com_", "redisfailovers"),
    },
    traefik: {
        module: "github.com/traefik/traefik/v3",
        paths: ["docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml"],
    },
    // All of them: its server ends itself where one is missing.
    velero: {
        module: "github.com/vmware-tanzu/velero",
        paths: [
            ...files(
                "config/crd/v1/bases/velero.io_",
                ...[
                    "backuprepositories",
                    "backups",
                    "backupstoragelocations",
                    "deletebackuprequests",
                    "downloadrequests",
                ],
                ...["podvolumebackups", "podvolumerestores", "restores", "schedules", "serverstatusrequests"],
                "volumesnapshotlocations",
            ),
            ...files("config/crd/v2alpha1/bases/velero.io_", "datadownloads", "datauploads"),
        ],
    },
    "volume-snapshots": {
        module: "github.com/kubernetes-csi/external-snapshotter/client/v8",
        paths: files(
            "config/crd/snapshot.storage.k8s.io_",
            ...["volumesnapshotclasses", "volumesnapshotcontents", "volumesnapshots"],
        ),
    },
    // Its second major version is no Go module of that name.
    zalando: {
        module: "github.com/zalando/postgres-operator",
        paths: files("charts/postgres-operator/crds/", "postgresqls"),
        adjust: likeVersion2,
    },
};

function files(stem: string, ...kinds: readonly string[]): string[] {
    return kinds.map((kind) => `${stem}${kind}.yaml`);
}
