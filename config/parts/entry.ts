import { operatorCharts, type Retired } from "../catalogue";
import type { Settings } from "../schema";
import type { OperatorId } from "../schema/operators";
import { count, failsAlone, use, type Part, type Use } from "./part";

type Controller = "ingress-nginx" | "traefik" | "envoy-gateway";

const titles: Readonly<Record<Controller, string>> = {
    "ingress-nginx": "ingress-nginx",
    traefik: "Traefik",
    "envoy-gateway": "Envoy Gateway",
};

/** What clients type. */
export function addressOf({ harbor, exposure, tls }: Settings): string {
    if (harbor.externalUrl !== undefined) return harbor.externalUrl;
    if (exposure.kind === "clusterIP") return `http://localhost:${String(exposure.localPort)}`;
    // HAProxy ends TLS whatever the cluster does.
    const plain = tls.kind === "none" && exposure.kind !== "nodePort";
    return `${plain ? "http" : "https"}://${exposure.host}`;
}

/** The chart's own nginx, which an Ingress or a route goes round. */
export function hasNginx({ exposure }: Settings): boolean {
    return exposure.kind !== "ingress" && exposure.kind !== "route";
}

/** Clients, and what stands between them and Harbor. */
export function entryParts(settings: Settings): Part[] {
    const entry = entryPart(settings);
    const clients: Part = {
        id: "clients",
        title: "Clients",
        kind: "client",
        uses: [use(entry.id, new URL(addressOf(settings)).protocol.replace(":", ""))],
    };
    return [clients, entry, ...certificateParts(settings)];
}

/** The ways into Harbor where no nginx of the chart sorts them. */
const toHarbor = [use("core", "/v2, /api, /service, /c"), use("portal", "/")];

function entryPart(settings: Settings): Part {
    const { exposure } = settings;
    const certificate = certificateUse(settings);
    switch (exposure.kind) {
        case "clusterIP":
            return {
                id: "port-forward",
                title: "kubectl port-forward",
                kind: "entry",
                uses: [use("nginx", "http"), ...certificate],
                ...failsAlone(
                    true,
                    "one process on one machine, which ends with its pod or its terminal",
                    "set exposure.kind: route",
                ),
            };
        case "nodePort":
            return {
                id: "haproxy",
                title: "HAProxy",
                kind: "entry",
                uses: [
                    use("nginx", `port ${String(exposure.port)} of ${count(exposure.nodes.length, "node")}`),
                    ...certificate,
                ],
                ...failsAlone(
                    true,
                    "one host in front of all nodes",
                    "add a second host with the same haproxy.cfg and an address that moves (VRRP), or set exposure.kind: route",
                ),
            };
        case "loadBalancer":
            return {
                id: "load-balancer",
                title: "Load balancer of the cluster",
                kind: "entry",
                uses: [use("nginx", "TCP"), ...certificate],
            };
        case "ingress":
        case "route":
            return controllerPart(settings, exposure.controller, [...toHarbor, ...certificate]);
    }
}

/** A controller that requests go through. Of Envoy Gateway these are proxies of its own, which it makes for the Gateway. */
function controllerPart(
    { operators, harbor, namespace, exposure }: Settings,
    id: Controller,
    uses: readonly Use[],
): Part {
    const { app, namespace: own, retired } = operatorCharts[id];
    const ours = !operators[id].installed;
    const what = exposure.kind === "route" ? "Gateway" : "Ingress";
    if (id === "envoy-gateway") {
        return { id: "gateway", title: `${what} (Envoy proxies)`, kind: "entry", namespace, uses };
    }
    return {
        id,
        title: `${titles[id]} (${what})${ours ? "" : ", the cluster's own"}`,
        kind: "entry",
        ...(ours ? { version: app, namespace: own, instances: harbor.replicas.core > 1 ? 2 : 1 } : {}),
        uses,
        ...retirement(retired),
        ...failsAlone(
            ours && harbor.replicas.core === 1,
            "one pod that all requests go through",
            "set harbor.replicas.core: 2, which the controller follows",
        ),
    };
}

function certificateUse({ tls }: Settings): Use[] {
    if (tls.kind === "none") return [];
    return [use(tls.kind === "certificate" ? "certificate" : "cert-manager", "certificate")];
}

/** Who signs. cert-manager itself is among the operators. */
function certificateParts({ tls, namespace }: Settings): Part[] {
    switch (tls.kind) {
        case "none":
            return [];
        case "self-signed":
            return [
                {
                    id: "own-ca",
                    title: "CA of the stack",
                    kind: "certificates",
                    namespace,
                    uses: [],
                    keeps: "the key of the CA that every client has to trust",
                },
            ];
        case "certificate":
            return [
                {
                    id: "certificate",
                    title: "Given certificate",
                    kind: "certificates",
                    namespace,
                    uses: [],
                    keeps: "the certificate and its key; nobody renews them",
                },
            ];
        case "lets-encrypt":
            return [
                {
                    id: "lets-encrypt",
                    title: `Let's Encrypt${tls.environment === "staging" ? " (staging)" : ""}`,
                    kind: "certificates",
                    uses: [],
                },
            ];
        case "vault":
            return [{ id: "vault", title: `Vault at ${tls.server}`, kind: "certificates", uses: [] }];
    }
}

export function retirement(retired: Retired | undefined): Pick<Part, "retired"> {
    return retired === undefined ? {} : { retired };
}

/** Whom cert-manager asks to sign. */
export function signerUse({ tls }: Settings): Use[] {
    switch (tls.kind) {
        case "self-signed":
            return [use("own-ca", "signs")];
        case "lets-encrypt":
            return [use("lets-encrypt", "ACME, HTTP-01")];
        case "vault":
            return [use("vault", tls.path)];
        default:
            return [];
    }
}

/** The id of the part in the way of requests that this operator is or makes; undefined for all others. */
export function entryOf(settings: Settings, id: OperatorId): string | undefined {
    const entry = entryPart(settings).id;
    return id === entry || (id === "envoy-gateway" && entry === "gateway") ? entry : undefined;
}
