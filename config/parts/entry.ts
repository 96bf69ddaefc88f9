import { operatorCharts, type Retired } from "../catalogue";
import { isEncrypted, passesThrough } from "../registry-url";
import { controllerPods } from "../controller-pods";
import type { Settings } from "../schema";
import type { OperatorId } from "../schema/operators";
import { count, failsAlone, use, type Part, type Use } from "./part";

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
        uses: [use(entry.id, isEncrypted(settings) ? "https" : "http")],
    };
    return [clients, entry, ...certificateParts(settings)];
}

/** The ways into Harbor where no nginx of the chart sorts them. */
const toHarbor = [use("core", "/v2, /api, /service, /c"), use("portal", "/")];

function entryPart(settings: Settings): Part {
    const { exposure } = settings;
    switch (exposure.kind) {
        case "clusterIP":
            return {
                id: "port-forward",
                title: "kubectl port-forward",
                kind: "entry",
                uses: [use("nginx", "http")],
                ...failsAlone(
                    true,
                    "one process on one machine, which ends with its pod or its terminal",
                    "set exposure.kind: route",
                ),
            };
        case "nodePort": {
            const through = passesThrough(settings);
            const port = `port ${String(through ? exposure.tlsPort : exposure.port)} of ${count(exposure.nodes.length, "node")}`;
            return {
                id: "haproxy",
                title: "HAProxy",
                kind: "entry",
                uses: [
                    use("nginx", `${through ? "https" : "http"}, ${port}`),
                    ...(through ? [] : certificateUse(settings)),
                ],
                ...failsAlone(
                    true,
                    "one host in front of all nodes",
                    "add a second host with the same haproxy.cfg and an address that moves (VRRP), or set exposure.kind: route",
                ),
            };
        }
        case "loadBalancer":
            return {
                id: "load-balancer",
                title: "Load balancer of the cluster",
                kind: "entry",
                uses: [use("nginx", isEncrypted(settings) ? "https" : "http")],
            };
        case "ingress":
        case "route":
            return exposure.controller === "envoy-gateway"
                ? envoyPart(settings)
                : controllerPart(settings, exposure.controller);
    }
}

/** A controller that requests go through. */
function controllerPart(settings: Settings, id: "ingress-nginx" | "traefik"): Part {
    const { operators, exposure } = settings;
    const { app, namespace, retired } = operatorCharts[id];
    const ours = !operators[id].installed;
    const what = exposure.kind === "route" ? "Gateway" : "Ingress";
    return {
        id,
        title: `${id === "traefik" ? "Traefik" : id} (${what})${ours ? "" : ", the cluster's own"}`,
        kind: "entry",
        // components/operators-values.ts gives it two pods as soon as Harbor is to outlive a node.
        ...(ours ? { version: app, namespace, instances: controllerPods(settings) } : {}),
        uses: [...toHarbor, ...certificateUse(settings)],
        ...retirement(retired),
        ...failsAlone(
            ours && controllerPods(settings) === 1,
            "one pod that all requests go through",
            "set harbor.replicas.core: 2, which the controller follows",
        ),
    };
}

/** Envoys that Envoy Gateway makes for the Gateway, beside itself; a class of the cluster says how many they are. */
function envoyPart(settings: Settings): Part {
    const { operators, exposure } = settings;
    const { app, namespace } = operatorCharts["envoy-gateway"];
    const ownClass = exposure.kind === "route" && exposure.className === undefined;
    return {
        id: "gateway",
        title: "Gateway (Envoy)",
        kind: "entry",
        ...(operators["envoy-gateway"].installed ? {} : { version: `as in Envoy Gateway ${app}`, namespace }),
        ...(ownClass ? { instances: controllerPods(settings) } : {}),
        uses: [...toHarbor, ...certificateUse(settings)],
        ...failsAlone(
            ownClass && controllerPods(settings) === 1,
            "one Envoy that all requests go through",
            "set harbor.replicas.core: 2, which the Envoys follow",
        ),
    };
}

/** Of the part where TLS ends. nginx, where it ends there, asks by itself. */
export function certificateUse({ tls }: Settings): Use[] {
    if (tls.kind === "none") return [];
    const from = {
        certificate: "certificate",
        "self-signed": "own-ca",
        "lets-encrypt": "cert-manager",
        vault: "cert-manager",
    };
    return [use(from[tls.kind], "certificate")];
}

/** Whether TLS comes as far as the chart's nginx. */
export function endsAtNginx(settings: Settings): boolean {
    return settings.exposure.kind === "loadBalancer" || passesThrough(settings);
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
                    keeps: `the certificate and its key; ${tls.existingSecret === undefined ? "nobody renews them" : "who put them there renews them"}`,
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
