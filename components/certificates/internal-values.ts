import type { Settings } from "../../config/schema";
import { certificate, issuer, issuerRef } from "../certificates-values";
import type { ChartValues } from "../chart-values";
import type { CustomObject } from "../custom-object";
import { names } from "../names";

/** Components that speak TLS with each other; the exporter uses core's certificate. */
export type InternalComponent = "core" | "jobservice" | "registry" | "portal" | "trivy";

export function internalComponents({ harbor }: Pick<Settings, "harbor">): InternalComponent[] {
    return ["core", "jobservice", "registry", "portal", ...(harbor.trivy ? (["trivy"] as const) : [])];
}

/** Name of a component's Service, and of what begins with it. */
export function serviceOf(component: InternalComponent): string {
    return `${names.release}-${component}`;
}

export function internalSecret(component: InternalComponent): string {
    return `${serviceOf(component)}-internal`;
}

/** The chart's share: it mounts each Secret into its component, and trusts the ca.crt in it. */
export function internalValues(components: readonly InternalComponent[]): ChartValues {
    const secrets = components.map((component) => [component, { secretName: internalSecret(component) }] as const);
    return { internalTLS: { enabled: true, certSource: "secret", ...Object.fromEntries(secrets) } };
}

const day = 24;
const hours = (days: number): string => `${String(days * day)}h`;

export interface InternalObjects {
    /** Signs nothing but the CA. */
    readonly bootstrap: CustomObject;
    readonly authority: CustomObject;
    /** Signs by the CA. */
    readonly signer: CustomObject;
    /** In the order of the components. */
    readonly certificates: readonly CustomObject[];
}

/**
 * A CA of the namespace's own, for ten years, and a certificate by it for each component: 90 days, renewed a month before.
 * The components trust the CA that stands in their own Secret, so that a new one would need all of them at once.
 */
export function internalObjects(components: readonly InternalComponent[]): InternalObjects {
    const authority = certificate(
        names.internalCa,
        {
            isCA: true,
            commonName: "Harbor internal CA",
            duration: hours(3650),
            renewBefore: hours(365),
            usages: ["cert sign", "crl sign", "digital signature"],
            issuerRef: issuerRef(names.internalBootstrap),
        },
        true,
    );
    const certificates = components.map((component) => {
        const host = serviceOf(component);
        // Core calls itself at this address (the chart's CORE_LOCAL_URL).
        const self = component === "core" ? { dnsNames: ["localhost", host], ipAddresses: ["127.0.0.1"] } : {};
        const spec = {
            commonName: host,
            dnsNames: [host],
            ...self,
            duration: hours(90),
            renewBefore: hours(30),
            usages: ["digital signature", "key encipherment", "server auth", "client auth"],
            issuerRef: issuerRef(names.internalCa),
        };
        return certificate(internalSecret(component), spec, true);
    });
    return {
        bootstrap: issuer(names.internalBootstrap, { selfSigned: {} }),
        authority,
        signer: issuer(names.internalCa, { ca: { secretName: names.internalCa } }),
        certificates,
    };
}
