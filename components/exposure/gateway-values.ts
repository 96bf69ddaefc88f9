import type { Settings } from "../../config/schema";
import { waitFor, type CustomObject } from "../custom-object";
import { names } from "../names";
import { spreadConstraints } from "../spread-constraints";

export type RouteSettings = Extract<Settings["exposure"], { kind: "route" }>;

export interface GatewaySpecs {
    readonly route: RouteSettings;
    /** Namespace of the registry: names of the whole cluster begin with it. */
    readonly namespace: string;
    /** Secret with the certificate that clients see; undefined: http only. */
    readonly certificateSecret: string | undefined;
    /** Secret with the certificate of each component that is reached by https. */
    readonly backendSecrets: Readonly<Record<string, string>>;
    /** Of the Gateway's own proxy. */
    readonly pods: number;
    readonly placement: Settings["placement"];
}

const group = "gateway.networking.k8s.io";
const apiVersion = `${group}/v1`;
const envoyGroup = "gateway.envoyproxy.io";
const envoy = `${envoyGroup}/v1alpha1`;

/** What serves a GatewayClass (gateway v1.9.1, api/v1alpha1; traefik v3.7, pkg/provider/kubernetes/gateway). */
const controllerNames = {
    "envoy-gateway": "gateway.envoyproxy.io/gatewayclass-controller",
    traefik: "traefik.io/gateway-controller",
} as const;

/**
 * Ports of the Gateway's listeners. Envoy Gateway opens them on the address; Traefik looks for its entry point on that
 * port, and its chart has 8000 and 8443 behind 80 and 443.
 */
const ports = {
    "envoy-gateway": { http: 80, https: 443 },
    traefik: { http: 8000, https: 8443 },
} as const;

export function gatewayClassName({ route, namespace }: Pick<GatewaySpecs, "route" | "namespace">): string {
    return route.className ?? `${namespace}-${route.controller}`;
}

/** Of the whole cluster, and so named after the namespace; undefined where the settings name one that exists. */
export function gatewayClass({ route, namespace }: GatewaySpecs): CustomObject | undefined {
    if (route.className !== undefined) return undefined;
    return {
        apiVersion,
        kind: "GatewayClass",
        metadata: { name: gatewayClassName({ route, namespace }), annotations: waitFor("condition=Accepted", 120) },
        spec: { controllerName: controllerNames[route.controller] },
    };
}

/**
 * How many Envoys serve the Gateway, and where; undefined where a class of the cluster says so, or Traefik is its own proxy.
 * Labels: gateway v1.9.1, internal/infrastructure/kubernetes/proxy/resource_provider.go.
 */
export function envoyProxy({ route, namespace, pods, placement }: GatewaySpecs): CustomObject | undefined {
    if (route.controller !== "envoy-gateway" || route.className !== undefined) return undefined;
    const owner = `${envoyGroup}/owning-gateway`;
    const { priorityClass, disruptionBudgets, spread } = placement;
    const pod = {
        ...spreadConstraints(spread, pods, {
            [`${owner}-name`]: names.gateway,
            [`${owner}-namespace`]: namespace,
        }),
        ...(priorityClass === undefined ? {} : { priorityClassName: priorityClass }),
    };
    return {
        apiVersion: envoy,
        kind: "EnvoyProxy",
        metadata: { name: names.gateway },
        spec: {
            provider: {
                type: "Kubernetes",
                kubernetes: {
                    // An empty map would be seen as a change at each preview.
                    envoyDeployment: { replicas: pods, ...(Object.keys(pod).length === 0 ? {} : { pod }) },
                    ...(pods > 1 && disruptionBudgets ? { envoyPDB: { maxUnavailable: 1 } } : {}),
                },
            },
        },
    };
}

/** Programmed: it has an address, and a proxy that answers there. */
export function gateway(specs: GatewaySpecs): CustomObject {
    const { route, certificateSecret } = specs;
    const port = ports[route.controller];
    const parametersRef = { group: envoyGroup, kind: "EnvoyProxy", name: names.gateway };
    const common = { hostname: route.host, allowedRoutes: { namespaces: { from: "Same" } } };
    const https = {
        name: "https",
        port: port.https,
        protocol: "HTTPS",
        ...common,
        tls: {
            mode: "Terminate",
            certificateRefs: [{ group: "", kind: "Secret", name: certificateSecret }],
        },
    };
    return {
        apiVersion,
        kind: "Gateway",
        metadata: { name: names.gateway, annotations: waitFor("condition=Programmed", 300) },
        spec: {
            gatewayClassName: gatewayClassName(specs),
            ...(envoyProxy(specs) === undefined ? {} : { infrastructure: { parametersRef } }),
            listeners: [
                { name: "http", port: port.http, protocol: "HTTP", ...common },
                ...(certificateSecret === undefined ? [] : [https]),
            ],
        },
    };
}

/** The Gateway as a route names it. */
export function gatewayParent(section: "http" | "https"): object {
    return { group, kind: "Gateway", name: names.gateway, sectionName: section };
}

/** The chart has no redirect of its own (1.19.2). Challenges of HTTP-01 have a longer path, and so come first. */
export function redirectRoute({ route }: GatewaySpecs): CustomObject {
    const redirect = { scheme: "https", port: 443, statusCode: 301 };
    return {
        apiVersion,
        kind: "HTTPRoute",
        metadata: { name: names.redirectRoute },
        spec: {
            parentRefs: [gatewayParent("http")],
            hostnames: [route.host],
            rules: [
                {
                    matches: [{ path: { type: "PathPrefix", value: "/" } }],
                    filters: [{ type: "RequestRedirect", requestRedirect: redirect }],
                },
            ],
        },
    };
}

/** From the client to Envoy: its stream may pause for five minutes by default, and `%2F` would be redirected. */
export function clientTrafficPolicy(): CustomObject {
    return {
        apiVersion: envoy,
        kind: "ClientTrafficPolicy",
        metadata: { name: names.gateway },
        spec: {
            targetRefs: [{ group, kind: "Gateway", name: names.gateway }],
            timeout: { http: { idleTimeout: "1h", streamIdleTimeout: "1h" } },
            path: { escapedSlashesAction: "KeepUnchanged" },
        },
    };
}

/** From Envoy to the components, on the chart's route: a request may take 15 seconds by default. */
export function backendTrafficPolicy({ route: { rateLimit } }: GatewaySpecs): CustomObject {
    return {
        apiVersion: envoy,
        kind: "BackendTrafficPolicy",
        metadata: { name: names.gateway },
        spec: {
            targetRefs: [{ group, kind: "HTTPRoute", name: names.route }],
            timeout: { http: { requestTimeout: "1h", connectionIdleTimeout: "1h", streamIdleTimeout: "1h" } },
            ...(rateLimit === undefined ? {} : { rateLimit: localRateLimit(rateLimit) }),
        },
    };
}

type RateLimit = NonNullable<RouteSettings["rateLimit"]>;

/**
 * A bucket for each client address, in each Envoy (gateway v1.9.1, internal/xds/translator/local_ratelimit.go); more is
 * answered 429. A bucket is filled at the rate at which it may be emptied, so that a burst takes two of them: the small
 * one bounds what comes at once, the one of a minute what comes in the long run.
 */
function localRateLimit({ requestsPerSecond, burst }: RateLimit): object {
    const limits = [
        { requests: requestsPerSecond * burst, unit: "Second" },
        { requests: requestsPerSecond * 60, unit: "Minute" },
    ];
    const everyone = ["0.0.0.0/0", "::/0"];
    return {
        local: {
            rules: everyone.flatMap((value) =>
                limits.map((limit) => ({
                    clientSelectors: [{ sourceCIDR: { type: "Distinct", value } }],
                    limit,
                })),
            ),
        },
    };
}

/** What a Gateway needs to reach a component by https; the CA is the one that made the component's certificate. */
export function backendTlsPolicies({ backendSecrets }: GatewaySpecs): CustomObject[] {
    return Object.entries(backendSecrets).map(([service, secret]) => ({
        apiVersion,
        kind: "BackendTLSPolicy",
        metadata: { name: service },
        spec: {
            targetRefs: [{ group: "", kind: "Service", name: service }],
            validation: { caCertificateRefs: [{ group: "", kind: "Secret", name: secret }], hostname: service },
        },
    }));
}
