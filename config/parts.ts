import { kindNodeImage, operatorCharts } from "./catalogue";
import { neededOperators } from "./needed-operators";
import { backupPart, cachePart, databasePart, storagePart } from "./parts/data";
import { entryOf, entryParts, retirement, signerUse } from "./parts/entry";
import { harborParts } from "./parts/harbor";
import { failsAlone, use, type Part, type Use } from "./parts/part";
import type { Settings } from "./schema";
import type { OperatorId } from "./schema/operators";

/**
 * What a stack consists of and stands on, and who asks whom; the cluster first, then from clients to data, operators last. Pure: it is what the
 * settings say, not what a cluster has. Each use names a part of the list.
 */
export function partsOf(settings: Settings): Part[] {
    return [
        clusterPart(settings),
        ...entryParts(settings),
        ...harborParts(settings),
        databasePart(settings),
        cachePart(settings),
        storagePart(settings),
        ...backupPart(settings),
        ...neededOperators(settings)
            .filter((id) => entryOf(settings, id) !== id)
            .map((id) => operatorPart(settings, id)),
    ];
}

/** What all that has a namespace runs on. */
function clusterPart({ cluster }: Settings): Part {
    const part = { id: "cluster", kind: "cluster", uses: [] } as const;
    switch (cluster.kind) {
        case "lab":
            return { ...part, title: `the lab ${cluster.name}, whose nodes and pods are simulated` };
        case "kind":
            return {
                ...part,
                title: `the KinD cluster ${cluster.name}`,
                version: (cluster.image ?? kindNodeImage).split(":").at(-1) ?? "",
                instances: cluster.workers + 1,
                ...failsAlone(true, "all its nodes are containers of one machine", "set cluster.kind: kubeconfig"),
            };
        case "kubeconfig":
            return {
                ...part,
                title:
                    cluster.context === undefined
                        ? "the cluster of the kubeconfig's current context"
                        : `the cluster ${cluster.context}`,
            };
    }
}

const titles: Readonly<Record<OperatorId, string>> = {
    "cert-manager": "cert-manager",
    "ingress-nginx": "ingress-nginx",
    "envoy-gateway": "Envoy Gateway",
    traefik: "Traefik",
    "cloudnative-pg": "CloudNativePG",
    zalando: "Zalando's postgres-operator",
    "redis-ot": "redis-operator of OT-CONTAINER-KIT",
    "redis-spotahome": "redis-operator of spotahome",
    velero: "Velero",
};

/**
 * An operator is no single point of failure: what it made goes on without it, and only changes, failovers and renewals
 * wait.
 */
function operatorPart(settings: Settings, id: OperatorId): Part {
    const { app, namespace, retired } = operatorCharts[id];
    const ours = !settings.operators[id].installed;
    return {
        id,
        title: `${titles[id]}${ours ? "" : ", the cluster's own"}`,
        kind: "operator",
        ...(ours ? { version: app, namespace } : {}),
        uses: operatorUses(settings, id),
        ...retirement(retired),
    };
}

function veleroUses({ backup }: Settings): readonly Use[] {
    const volumes = backup.kind !== "velero" || backup.volumes === "none" ? "" : " and volumes";
    return [use("backups", `Kubernetes objects${volumes}`)];
}

function operatorUses(settings: Settings, id: OperatorId): readonly Use[] {
    if (id === "cert-manager") return signerUse(settings);
    if (id === "velero") return veleroUses(settings);
    const made =
        id === settings.database.kind ? "database" : id === settings.cache.kind ? "cache" : entryOf(settings, id);
    return made === undefined ? [] : [use(made, "makes and watches")];
}
