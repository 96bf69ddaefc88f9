import { at, harborValues, listAt, textAt, type Json, type Resource } from "../resource";
import type { Rule } from "../rule";

/** A registry that only this machine reaches: no certificate names localhost. */
const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|.+\.localhost)$/;

export const httpsInProduction: Rule = {
    name: "external-url-over-https",
    level: "mandatory",
    description: "Clients log in with passwords: what more than this machine reaches is reached over https.",
    resource: (resource) => {
        const url = textAt(harborValues(resource), "externalURL");
        if (url === undefined || !url.startsWith("http://") || loopback.test(new URL(url).hostname)) return [];
        return [`values.externalURL is ${url}: choose a tls.kind other than none`];
    },
};

export const tlsOn: Rule = {
    name: "tls-on",
    level: "mandatory",
    description: "What takes requests for the registry from outside ends TLS, or leads to https.",
    resource: (resource) => [...ingress(resource), ...gateway(resource), ...chartEntry(harborValues(resource))],
};

function ingress({ type, props }: Resource): string[] {
    if (type !== "kubernetes:networking.k8s.io/v1:Ingress") return [];
    return listAt(props, "spec", "tls").length > 0 ? [] : ["spec.tls is empty: name the host and its Secret"];
}

function gateway({ type, props }: Resource): string[] {
    if (!/^kubernetes:gateway\.networking\.k8s\.io\/v1(beta1)?:Gateway$/.test(type)) return [];
    const isSecure = (listener: Json): boolean => ["HTTPS", "TLS"].includes(textAt(listener, "protocol") ?? "");
    return listAt(props, "spec", "listeners").some(isSecure)
        ? []
        : ["spec.listeners has none with the protocol HTTPS: add one with the registry's certificate"];
}

/** What the chart exposes by itself: an Ingress, or a Service with an address of its own. */
function chartEntry(values: Json | undefined): string[] {
    const type = textAt(values, "expose", "type");
    if (type !== "ingress" && type !== "loadBalancer") return [];
    return at(values, "expose", "tls", "enabled") === false
        ? [`values.expose.type is ${type} with expose.tls.enabled false: choose a tls.kind other than none`]
        : [];
}
