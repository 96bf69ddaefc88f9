import { isIP } from "node:net";
import { registryUrlOf } from "../registry-url";
import type { Settings } from "../schema";

/** What the parts in front of the registry cannot do. */
export function checkExposure(settings: Settings): string[] {
    return [...checkHost(settings), ...checkNodes(settings), ...checkRoute(settings)];
}

/** An Ingress and a Gateway choose by name; neither takes an address (networking.k8s.io/v1, gateway.networking.k8s.io/v1). */
function checkHost({ exposure }: Settings): string[] {
    if (exposure.kind !== "ingress" && exposure.kind !== "route") return [];
    if (isIP(exposure.host) === 0) return [];
    return [
        `exposure.host is "${exposure.host}", but exposure.kind "${exposure.kind}" needs a name: set one, or exposure.kind ` +
            'to "loadBalancer" or "nodePort"',
    ];
}

function checkNodes({ exposure }: Settings): string[] {
    if (exposure.kind !== "nodePort") return [];
    const { port, tlsPort, nodes } = exposure;
    const twice = nodes.filter((node, index) => nodes.indexOf(node) < index);
    return [
        ...(port === tlsPort
            ? [`exposure.tlsPort is ${String(tlsPort)}, and so is exposure.port: a port of the nodes can have one use`]
            : []),
        ...(twice.length > 0 ? [`exposure.nodes has ${twice.join(", ")} twice: name each node once`] : []),
    ];
}

/** Charts before 1.18 have no route; theirs up to 1.19.2 take no filters, where Traefik would look for a limit. */
function checkRoute({ exposure, harbor }: Settings): string[] {
    if (exposure.kind !== "route") return [];
    const mistakes: string[] = [];
    if (/^2\.1[0-3]\./.test(harbor.version)) {
        mistakes.push(
            `exposure.kind is "route", but harbor.version is "${harbor.version}", whose chart has no route: set a Harbor ` +
                'of 2.14 or later, or exposure.kind to "ingress"',
        );
    }
    if (exposure.controller === "traefik" && exposure.rateLimit !== undefined) {
        mistakes.push(
            'exposure.rateLimit is set, but exposure.controller is "traefik", which takes a limit from filters that the ' +
                'chart\'s route does not have: set exposure.controller to "envoy-gateway", or exposure.kind to "ingress"',
        );
    }
    return mistakes;
}

/** externalURL is the realm of every token, and the chart works at a domain's root only (facts of harbor-helm). */
export function checkExternalUrl({ harbor, exposure, tls }: Settings): string[] {
    const { externalUrl } = harbor;
    if (externalUrl === undefined) return [];
    const key = `harbor.externalUrl is "${externalUrl}"`;
    let url: URL;
    try {
        url = new URL(externalUrl);
    } catch {
        return [`${key}; it must be an http(s) URL such as https://registry.example.com`];
    }
    if (url.protocol !== "http:" && url.protocol !== "https:")
        return [`${key}; it must begin with http:// or https://`];
    const mistakes: string[] = [];
    if (url.pathname !== "/" || url.search !== "" || url.hash !== "" || externalUrl.endsWith("/")) {
        mistakes.push(`${key}; Harbor works at the root of a host only: set "${url.origin}"`);
    }
    if (exposure.kind === "clusterIP") return [...mistakes, ...checkForwarded(key, url, exposure.localPort)];
    const expected = registryUrlOf({ exposure, tls });
    if (url.origin !== new URL(expected).origin) {
        mistakes.push(
            `${key}, but the registry answers on ${expected} (exposure.kind "${exposure.kind}", tls.kind "${tls.kind}"): ` +
                "leave it out, or make the two agree in scheme, host and port",
        );
    }
    return mistakes;
}

/** The name of this machine is open: others may type it. */
function checkForwarded(key: string, url: URL, localPort: number): string[] {
    const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
    if (url.protocol === "http:" && port === localPort) return [];
    return [
        `${key}, but exposure.kind is "clusterIP", which answers on http and port ${String(localPort)} ` +
            `by a port-forward: leave it out, or set "http://${url.hostname}:${String(localPort)}"`,
    ];
}
