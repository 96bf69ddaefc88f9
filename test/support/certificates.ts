import { createPrivateKey } from "node:crypto";
import {
    certificateRequest,
    locallySigned,
    selfSigned,
} from "../../automation/engines/rehearsal/kinds/tls/certificates";
import { generateKey, privateKeyPem } from "../../automation/engines/rehearsal/kinds/tls/keys";

/** A certificate and its key as PEM. */
export interface Pair {
    readonly certificate: string;
    readonly key: string;
}

/** A CA for tests, made anew each time. */
export async function makeAuthority(commonName: string, from = new Date(), hours = 24): Promise<Pair> {
    const key = await generateKey("ECDSA", 0, "P256");
    const { certPem } = await selfSigned(
        {
            subject: { commonName },
            isCaCertificate: true,
            allowedUses: ["cert_signing", "crl_signing"],
            validityPeriodHours: hours,
            setSubjectKeyId: true,
        },
        key,
        from,
    );
    return { certificate: certPem, key: privateKeyPem(key) };
}

/** A server's certificate by that CA. */
export async function makeServer(
    authority: Pair,
    names: { readonly dnsNames?: readonly string[]; readonly ipAddresses?: readonly string[] },
    from = new Date(),
    hours = 24,
): Promise<Pair> {
    const key = await generateKey("ECDSA", 0, "P256");
    const certRequestPem = await certificateRequest(
        {
            subject: { commonName: "registry" },
            dnsNames: [...(names.dnsNames ?? [])],
            ipAddresses: [...(names.ipAddresses ?? [])],
        },
        key,
    );
    const { certPem } = await locallySigned(
        {
            certRequestPem,
            caCertPem: authority.certificate,
            allowedUses: ["digital_signature", "server_auth"],
            validityPeriodHours: hours,
        },
        createPrivateKey(authority.key),
        from,
    );
    return { certificate: certPem, key: privateKeyPem(key) };
}
