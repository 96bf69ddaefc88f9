import type { AddressOutput, EntryOutput, ExposureOutput } from "../config/contract";
import { passesThrough, registryUrlOf } from "../config/registry-url";
import type { Settings } from "../config/schema";
import { internalSecret, serviceOf } from "./certificates/internal-values";
import { merge, type ChartValues } from "./chart-values";
import { gatewayParent } from "./exposure/gateway-values";
import { haProxyConfiguration } from "./exposure/haproxy-values";
import { ingressValues, serviceAnnotations, type IngressSpecs } from "./exposure/ingress-values";
import { names } from "./names";
import { hasProxy } from "./placement-values";

export interface ExposureSpecs {
    readonly settings: Pick<Settings, "exposure" | "tls" | "namespace" | "harbor">;
    /** Secret with the certificate that clients see, where TLS ends in the cluster. */
    readonly certificateSecret: string | undefined;
    /** Secret with the CA that clients have to trust, where it is the stack's own; key ca.crt. */
    readonly caSecret: string | undefined;
}

export interface ExposureValues {
    /** What clients type. */
    readonly registryUrl: string;
    /** The chart's values. */
    readonly values: ChartValues;
    readonly output: ExposureOutput;
}

/** How clients reach the registry, in the chart's values and the stack's outputs. Pure; no secret in it. */
export function exposureOf(specs: ExposureSpecs): ExposureValues {
    const { settings } = specs;
    const { type, values, output } = kindOf(specs);
    const caSecretName = downloadable(specs);
    const authority: ChartValues = caSecretName === undefined ? {} : { caSecretName };
    return {
        registryUrl: settings.harbor.externalUrl ?? registryUrlOf(settings),
        values: merge({ expose: { type, tls: chartTls(specs) }, ...authority }, values),
        output: withLimit(output, settings),
    };
}

function withLimit(output: ExposureOutput, { exposure }: Pick<Settings, "exposure">): ExposureOutput {
    const limit = "rateLimit" in exposure ? exposure.rateLimit : undefined;
    return limit === undefined || output.kind === "clusterIP" ? output : { ...output, rateLimit: limit };
}

interface Kind {
    readonly type: string;
    readonly values: ChartValues;
    readonly output: ExposureOutput;
}

function kindOf(specs: ExposureSpecs): Kind {
    const { exposure } = specs.settings;
    switch (exposure.kind) {
        case "clusterIP":
            return forwarded(exposure);
        case "nodePort":
            return behindHaProxy(specs, exposure);
        case "ingress":
            return byIngress(specs, exposure);
        case "route": {
            const parentRefs = [gatewayParent(specs.certificateSecret === undefined ? "http" : "https")];
            const values = { route: { parentRefs, hosts: [exposure.host] } };
            return entry(specs, exposure, { expose: values }, gatewayAddress);
        }
        case "loadBalancer": {
            const { ip, sourceRanges } = exposure;
            const values = { name: names.release, sourceRanges, ...(ip === undefined ? {} : { IP: ip }) };
            const service = ofLoadBalancer(`service/${names.release}`);
            return entry(specs, exposure, { expose: { loadBalancer: values } }, service);
        }
    }
}

type Of<K extends Settings["exposure"]["kind"]> = Extract<Settings["exposure"], { kind: K }>;

function forwarded({ kind, localPort }: Of<"clusterIP">): Kind {
    const service = names.release;
    const servicePort = 80;
    return {
        type: kind,
        values: { expose: { clusterIP: { name: service, ports: { httpPort: servicePort } } } },
        output: { kind, service, servicePort, localPort },
    };
}

function behindHaProxy({ settings, caSecret }: ExposureSpecs, exposure: Of<"nodePort">): Kind {
    const { kind, host, port, tlsPort, haproxy } = exposure;
    const passThrough = passesThrough(settings);
    const ports = { http: { port: 80, nodePort: port }, https: { port: 443, nodePort: tlsPort } };
    return {
        type: kind,
        values: { expose: { nodePort: { name: names.release, ports } } },
        output: {
            kind,
            host,
            port: passThrough ? tlsPort : port,
            configuration: haProxyConfiguration({ haproxy: exposure, passThrough }),
            ...(haproxy.install === undefined ? {} : { installedOn: haproxy.install.host }),
            ...(caSecret === undefined ? {} : { caSecret }),
        },
    };
}

function byIngress(specs: ExposureSpecs, exposure: Of<"ingress">): Kind {
    const { settings, certificateSecret } = specs;
    const ingress: IngressSpecs = {
        ingress: exposure,
        namespace: settings.namespace,
        certificateSecret,
        backendSecrets: backendSecrets(settings),
    };
    const values = {
        expose: { ingress: ingressValues(ingress) },
        core: serviceAnnotations(ingress, names.core),
        portal: serviceAnnotations(ingress, names.portal),
    };
    return entry(specs, exposure, values, ofLoadBalancer(`ingress/${names.ingress}`));
}

function entry(
    { caSecret }: ExposureSpecs,
    { kind, host }: Of<EntryOutput["kind"]>,
    values: ChartValues,
    address: AddressOutput,
): Kind {
    return { type: kind, values, output: { kind, host, address, ...(caSecret === undefined ? {} : { caSecret }) } };
}

const gatewayAddress = {
    resource: `gateways.gateway.networking.k8s.io/${names.gateway}`,
    jsonPath: "{.status.addresses[0].value}",
} as const;

/** Clouds give an address or a name. */
function ofLoadBalancer(resource: string): AddressOutput {
    const first = ".status.loadBalancer.ingress[0]";
    return { resource, jsonPath: `{${first}.ip}{${first}.hostname}` };
}

/**
 * For a route the chart's `tls` does nothing but mount the CA for the portal's download; its `auto` would mount a Secret
 * that the chart never makes (1.19.2, templates/core/core-dpl.yaml).
 */
function chartTls(specs: ExposureSpecs): ChartValues {
    const { settings, certificateSecret } = specs;
    if (settings.exposure.kind === "route") return { enabled: downloadable(specs) !== undefined, certSource: "none" };
    if (certificateSecret === undefined) return { enabled: false };
    return { enabled: true, certSource: "secret", secret: { secretName: certificateSecret } };
}

/** The Secret of a CA that the portal offers: the chart mounts all of it into core, so that no key may stand in it. */
function downloadable({ settings: { tls }, caSecret }: ExposureSpecs): string | undefined {
    return tls.kind === "self-signed" ? caSecret : undefined;
}

/**
 * The components that a Gateway or an Ingress sends requests to, where they speak TLS: by the name of the chart's Service
 * the Secret with the certificate.
 */
export function backendSecrets({
    exposure,
    harbor,
}: Pick<Settings, "exposure" | "harbor">): Readonly<Record<string, string>> {
    if (!harbor.internalTls || hasProxy(exposure)) return {};
    return Object.fromEntries((["core", "portal"] as const).map((one) => [serviceOf(one), internalSecret(one)]));
}
