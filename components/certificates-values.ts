import { isIP } from "node:net";
import { requirePem } from "../config/certificate-files";
import { isEncrypted, passesThrough, type Way } from "../config/registry-url";
import type { Settings } from "../config/schema";
import { gatewayParent } from "./exposure/gateway-values";
import { ingressClassName } from "./exposure/ingress-values";
import { waitFor, type CustomObject } from "./custom-object";
import { names } from "./names";

type Tls<K extends Settings["tls"]["kind"]> = Extract<Settings["tls"], { kind: K }>;

/** Where the certificate that clients see is, as far as the cluster has it. */
export interface PublicCertificate {
    /** Secret of type kubernetes.io/tls; undefined: no TLS, or it ends in HAProxy. */
    readonly secret: string | undefined;
    /** Secret with the CA that clients have to trust, key ca.crt; undefined: they know the CA, or we do not. */
    readonly caSecret: string | undefined;
    /** Whether others than the program put new certificates into the Secret. */
    readonly renewedByOthers: boolean;
}

export function publicCertificate({ exposure, tls }: Way): PublicCertificate {
    const inCluster =
        isEncrypted({ exposure, tls }) && (exposure.kind !== "nodePort" || passesThrough({ exposure, tls }));
    const existing = tls.kind === "certificate" ? tls.existingSecret : undefined;
    const own = issuedByOthers(tls) ? issuedSecret(tls) : names.tls;
    const authorities: Partial<Record<Settings["tls"]["kind"], string>> = { "self-signed": names.ca, vault: own };
    return {
        secret: inCluster ? (existing ?? own) : undefined,
        caSecret: authorities[tls.kind],
        renewedByOthers: existing !== undefined || issuedByOthers(tls),
    };
}

function issuedByOthers(tls: Settings["tls"]): tls is Tls<"lets-encrypt" | "vault"> {
    return tls.kind === "lets-encrypt" || tls.kind === "vault";
}

/** Not the name of the program's own Secret: going from one to the other, the old one is deleted after the new one is there. */
function issuedSecret({ kind }: Tls<"lets-encrypt" | "vault">): string {
    return `${names.tls}-${kind}`;
}

/** RFC 8555's directories of Let's Encrypt (letsencrypt.org/docs/acme-protocol-updates, staging-environment). */
const directories = {
    production: "https://acme-v02.api.letsencrypt.org/directory",
    staging: "https://acme-staging-v02.api.letsencrypt.org/directory",
} as const;

/** A name stands for a server: cert-manager asks anew when a certificate's issuer has another name. */
function issuerName(tls: Tls<"lets-encrypt" | "vault">): string {
    const kind = tls.kind === "vault" ? tls.kind : `${tls.kind}-${tls.environment}`;
    return `${names.issuer}-${kind}`;
}

/** The issuer by ACME: HTTP-01 through the way that clients come. */
export function acmeIssuer(tls: Tls<"lets-encrypt">, exposure: Settings["exposure"]): CustomObject {
    const name = issuerName(tls);
    return issuer(name, {
        acme: {
            server: directories[tls.environment],
            email: tls.email,
            privateKeySecretRef: { name: `${name}-account` },
            solvers: [{ http01: solver(exposure) }],
        },
    });
}

function solver(exposure: Settings["exposure"]): object {
    switch (exposure.kind) {
        case "ingress":
            return { ingress: { ingressClassName: ingressClassName(exposure), serviceType: "ClusterIP" } };
        case "route":
            return { gatewayHTTPRoute: { parentRefs: [gatewayParent("http")], serviceType: "ClusterIP" } };
        default:
            throw new Error(`exposure.kind ${exposure.kind} answers no challenge of HTTP-01`);
    }
}

/** The issuer that asks Vault; its token, or the secret id of its AppRole, is in a Secret that exists. */
export function vaultIssuer(tls: Tls<"vault">): CustomObject {
    const { server, path, caBundle, existingSecret, roleId } = tls;
    const auth =
        roleId === undefined
            ? { tokenSecretRef: { name: existingSecret, key: "token" } }
            : { appRole: { path: "approle", roleId, secretRef: { name: existingSecret, key: "secretId" } } };
    const bundle = caBundle === undefined ? undefined : base64(requirePem("tls.caBundle", caBundle));
    return issuer(issuerName(tls), {
        vault: { server, path, ...(bundle === undefined ? {} : { caBundle: bundle }), auth },
    });
}

function base64(text: string): string {
    return Buffer.from(text).toString("base64");
}

/**
 * What an issuer is asked for. RSA, which every client and the chart's own nginx take. Vault is waited for; Let's Encrypt
 * is not, since the DNS record that it needs may be made with the address that the first update brings.
 */
export function hostCertificate(tls: Tls<"lets-encrypt" | "vault">, host: string): CustomObject {
    // Vault's roles want a common name unless they say otherwise; it holds 64 characters (RFC 5280).
    const common = tls.kind === "vault" && host.length <= 64 ? { commonName: host } : {};
    const spec = {
        ...common,
        ...(isIP(host) === 0 ? { dnsNames: [host] } : { ipAddresses: [host] }),
        usages: ["digital signature", "key encipherment", "server auth"],
        issuerRef: issuerRef(issuerName(tls)),
    };
    return certificate(issuedSecret(tls), spec, tls.kind === "vault");
}

const apiVersion = "cert-manager.io/v1";

export function issuer(name: string, spec: object): CustomObject {
    return { apiVersion, kind: "Issuer", metadata: { name }, spec };
}

export function issuerRef(name: string): object {
    return { group: "cert-manager.io", kind: "Issuer", name };
}

/** Its Secret has its name. */
export function certificate(name: string, spec: object, wait: boolean): CustomObject {
    return {
        apiVersion,
        kind: "Certificate",
        metadata: { name, ...(wait ? { annotations: waitFor("condition=Ready", 300) } : {}) },
        spec: {
            secretName: name,
            privateKey: { algorithm: "RSA", size: 2048, rotationPolicy: "Always" },
            revisionHistoryLimit: 2,
            ...spec,
        },
    };
}
