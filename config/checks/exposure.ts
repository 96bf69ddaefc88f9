import type { Settings } from "../schema";

/** externalURL is the realm of every token, and the chart works at a domain's root only (facts of harbor-helm). */
export function checkExternalUrl({ harbor, exposure }: Settings): string[] {
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
    const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
    if (exposure.kind === "clusterIP" && (url.protocol === "https:" || port !== exposure.localPort)) {
        mistakes.push(
            `${key}, but exposure.kind is "clusterIP", which answers on http and port ${String(exposure.localPort)} ` +
                `by a port-forward: leave it out, or set "http://${url.hostname}:${String(exposure.localPort)}"`,
        );
    }
    return mistakes;
}
