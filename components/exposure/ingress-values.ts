import type { Settings } from "../../config/schema";
import type { ChartValues } from "../chart-values";
import type { CustomObject } from "../custom-object";
import { names } from "../names";

export type IngressSettings = Extract<Settings["exposure"], { kind: "ingress" }>;

export interface IngressSpecs {
    readonly ingress: IngressSettings;
    /** Namespace of the registry: Traefik names its objects by it. */
    readonly namespace: string;
    /** Secret with the certificate that clients see; undefined: http only. */
    readonly certificateSecret: string | undefined;
    /** By the chart's Service: Secret with the certificate of a component that is reached by https. */
    readonly backendSecrets: Readonly<Record<string, string>>;
}

/** By default the controllers' own names of it. */
export function ingressClassName({ className, controller }: IngressSettings): string {
    return className ?? { "ingress-nginx": "nginx", traefik: "traefik" }[controller];
}

/** The chart's Ingress, beside its default annotations: layers have no size and take their time, in each controller's own terms. */
export function ingressValues(specs: IngressSpecs): ChartValues {
    const { ingress } = specs;
    return {
        hosts: { core: ingress.host },
        className: ingressClassName(ingress),
        annotations: annotations[ingress.controller](specs),
    };
}

const annotations = { "ingress-nginx": nginxAnnotations, traefik: traefikAnnotations } as const;

/** kubernetes/ingress-nginx, docs/user-guide/nginx-configuration/annotations.md; times in seconds. */
function nginxAnnotations({ ingress: { rateLimit }, certificateSecret }: IngressSpecs): Record<string, string> {
    const prefix = "nginx.ingress.kubernetes.io";
    return {
        [`${prefix}/ssl-redirect`]: String(certificateSecret !== undefined),
        [`${prefix}/proxy-body-size`]: "0",
        [`${prefix}/proxy-request-buffering`]: "off",
        [`${prefix}/proxy-buffering`]: "off",
        [`${prefix}/proxy-read-timeout`]: "3600",
        [`${prefix}/proxy-send-timeout`]: "3600",
        // The status of a refused request is the controller's: 429 comes from its chart (components/operators-values.ts).
        ...(rateLimit === undefined
            ? {}
            : {
                  [`${prefix}/limit-rps`]: String(rateLimit.requestsPerSecond),
                  [`${prefix}/limit-burst-multiplier`]: String(rateLimit.burst),
              }),
    };
}

/** Traefik bounds no body and buffers none; its time-outs and its redirect are those of its entry points. */
function traefikAnnotations({ ingress, namespace, certificateSecret }: IngressSpecs): Record<string, string> {
    const prefix = "traefik.ingress.kubernetes.io";
    return {
        [`${prefix}/router.entrypoints`]: certificateSecret === undefined ? "web" : "websecure",
        ...(certificateSecret === undefined ? {} : { [`${prefix}/router.tls`]: "true" }),
        ...(ingress.rateLimit === undefined
            ? {}
            : { [`${prefix}/router.middlewares`]: `${namespace}-${names.rateLimit}@kubernetescrd` }),
    };
}

/** The chart's Services, where Traefik is to trust the internal CA; ingress-nginx does not look at certificates behind it. */
export function serviceAnnotations({ ingress, namespace, backendSecrets }: IngressSpecs, service: string): ChartValues {
    if (ingress.controller !== "traefik" || backendSecrets[service] === undefined) return {};
    return {
        serviceAnnotations: {
            "traefik.ingress.kubernetes.io/service.serverstransport": `${namespace}-${service}@kubernetescrd`,
        },
    };
}

/** Traefik's own objects (traefik v3.7, traefik.io/v1alpha1): the limit, answered 429, and whom to trust. */
export function traefikObjects({ ingress, backendSecrets }: IngressSpecs): CustomObject[] {
    if (ingress.controller !== "traefik") return [];
    const apiVersion = "traefik.io/v1alpha1";
    const { rateLimit } = ingress;
    const limit = rateLimit && {
        apiVersion,
        kind: "Middleware",
        metadata: { name: names.rateLimit },
        spec: {
            rateLimit: {
                average: rateLimit.requestsPerSecond,
                burst: rateLimit.requestsPerSecond * rateLimit.burst,
                period: "1s",
            },
        },
    };
    const transports = Object.entries(backendSecrets).map(([service, secret]) => ({
        apiVersion,
        kind: "ServersTransport",
        metadata: { name: service },
        spec: { serverName: service, rootCAs: [{ secret }] },
    }));
    return [...(limit ? [limit] : []), ...transports];
}
