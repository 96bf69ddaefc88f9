import type { Settings } from "./schema";

/** How clients come in, and the certificate that they see. */
export type Way = Pick<Settings, "exposure" | "tls">;

/** What clients type, as the exposure and the certificate give it: scheme, host, port. Pure. */
export function registryUrlOf(way: Way): string {
    const { exposure } = way;
    if (exposure.kind === "clusterIP") return `http://localhost:${String(exposure.localPort)}`;
    return `${isEncrypted(way) ? "https" : "http"}://${exposure.host}`;
}

/** HAProxy always speaks https to clients: without a certificate of ours, the one on its host. */
export function isEncrypted({ exposure, tls }: Way): boolean {
    return exposure.kind === "nodePort" || (exposure.kind !== "clusterIP" && tls.kind !== "none");
}

/**
 * Whether TLS goes through HAProxy and ends in the cluster. It does where the certificate lives in a Secret that
 * others renew: nobody would carry it to HAProxy's host.
 */
export function passesThrough({ exposure, tls }: Way): boolean {
    return exposure.kind === "nodePort" && (tls.kind === "vault" || isInSecret(tls));
}

function isInSecret(tls: Settings["tls"]): boolean {
    return tls.kind === "certificate" && tls.existingSecret !== undefined;
}
