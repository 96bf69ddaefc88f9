import "reflect-metadata"; // @peculiar/x509 needs it before it is loaded
import { createPublicKey, randomBytes, webcrypto, type KeyObject } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { UserError } from "../../../../../lib/errors";
import { asText, list, object, text, type Values } from "../../values";

x509.cryptoProvider.set(webcrypto);

const subjectAlternativeName = "2.5.29.17";

/** What is made, with its times in RFC 3339 and its serial number in decimal. */
export interface Certificate {
    readonly certPem: string;
    readonly serial: string;
    readonly validityStartTime: string;
    readonly validityEndTime: string;
}

interface Signing {
    readonly name: string;
    readonly hash: string;
    readonly namedCurve: string;
}

interface Pair {
    readonly keys: webcrypto.CryptoKeyPair;
    readonly algorithm: Signing;
}

export async function selfSigned(inputs: Values, key: KeyObject, now: Date): Promise<Certificate> {
    const { keys, algorithm } = await webKeys(key);
    const times = validity(inputs, now);
    const extensions = await commonExtensions(inputs, keys.publicKey);
    if (inputs["setAuthorityKeyId"] === true) {
        extensions.push(await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey));
    }
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
        ...times,
        serialNumber: serialNumber(),
        name: subjectName(inputs),
        keys,
        signingAlgorithm: algorithm,
        extensions: [...extensions, ...alternativeNames(inputs)],
    });
    return described(certificate, times);
}

/** A certificate for a request, signed by an authority. Subject and names are the request's. */
export async function locallySigned(inputs: Values, caKey: KeyObject, now: Date): Promise<Certificate> {
    const request = new x509.Pkcs10CertificateRequest(text(inputs, "certRequestPem") ?? "");
    if (!(await request.verify())) throw new UserError("the signature of certRequestPem does not hold");
    const ca = new x509.X509Certificate(text(inputs, "caCertPem") ?? "");
    const { keys, algorithm } = await webKeys(caKey);
    const times = validity(inputs, now);
    // The package's types speak of the browser's CryptoKey, which Node's types call webcrypto.CryptoKey.
    const publicKey = (await request.publicKey.export()) as webcrypto.CryptoKey;
    const names = request.extensions.find(({ type }) => type === subjectAlternativeName);
    const certificate = await x509.X509CertificateGenerator.create({
        ...times,
        serialNumber: serialNumber(),
        subject: request.subjectName.toJSON(),
        issuer: ca.subjectName.toJSON(),
        publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        extensions: [
            ...(await commonExtensions(inputs, publicKey)),
            await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
            ...(names ? [names] : []),
        ],
    });
    return described(certificate, times);
}

export async function certificateRequest(inputs: Values, key: KeyObject): Promise<string> {
    const { keys, algorithm } = await webKeys(key);
    const request = await x509.Pkcs10CertificateRequestGenerator.create({
        name: subjectName(inputs),
        keys,
        signingAlgorithm: algorithm,
        extensions: alternativeNames(inputs),
    });
    return `${request.toString("pem")}\n`;
}

function described(certificate: x509.X509Certificate, { notBefore, notAfter }: Validity): Certificate {
    const seconds = (date: Date): string => date.toISOString().replace(/\.\d{3}Z$/, "Z");
    return {
        certPem: `${certificate.toString("pem")}\n`,
        serial: BigInt(`0x${certificate.serialNumber}`).toString(10),
        validityStartTime: seconds(notBefore),
        validityEndTime: seconds(notAfter),
    };
}

interface Validity {
    readonly notBefore: Date;
    readonly notAfter: Date;
}

function validity(inputs: Values, now: Date): Validity {
    const hours = inputs["validityPeriodHours"];
    if (typeof hours !== "number" || hours < 0) throw new UserError("validityPeriodHours must be a number, 0 or more");
    const notBefore = new Date(Math.floor(now.getTime() / 1000) * 1000);
    return { notBefore, notAfter: new Date(notBefore.getTime() + hours * 3_600_000) };
}

/** 16 random bytes, positive. */
function serialNumber(): string {
    const bytes = randomBytes(16);
    bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
    return bytes.toString("hex");
}

async function webKeys(key: KeyObject): Promise<Pair> {
    const algorithm = webAlgorithm(key);
    const { subtle } = webcrypto;
    const [secret, shared] = [
        key.export({ type: "pkcs8", format: "der" }),
        createPublicKey(key).export({ type: "spki", format: "der" }),
    ];
    return {
        algorithm,
        keys: {
            privateKey: await subtle.importKey("pkcs8", secret, algorithm, true, ["sign"]),
            publicKey: await subtle.importKey("spki", shared, algorithm, true, ["verify"]),
        },
    };
}

/** SHA-256 for RSA and P-256, the curve's own size above; ED25519 has its own. */
function webAlgorithm(key: KeyObject): Signing {
    if (key.asymmetricKeyType === "rsa") return { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", namedCurve: "" };
    if (key.asymmetricKeyType === "ed25519") return { name: "Ed25519", hash: "", namedCurve: "" };
    const named: Record<string, { namedCurve: string; hash: string }> = {
        prime256v1: { namedCurve: "P-256", hash: "SHA-256" },
        secp384r1: { namedCurve: "P-384", hash: "SHA-384" },
        secp521r1: { namedCurve: "P-521", hash: "SHA-512" },
    };
    const curve = named[key.asymmetricKeyDetails?.namedCurve ?? ""];
    if (!curve)
        throw new UserError("the rehearsal engine signs with RSA, ED25519 and the curves P256, P384 and P521 only");
    return { name: "ECDSA", ...curve };
}

/** The parts of `subject` in the order in which Go writes them: RFC 5280 names by their object identifiers. */
function subjectName(inputs: Values): x509.JsonName {
    const subject = object(inputs, "subject");
    const parts: [string, string][] = [
        ["country", "C"],
        ["organization", "O"],
        ["organizationalUnit", "OU"],
        ["locality", "L"],
        ["province", "ST"],
        ["streetAddresses", "2.5.4.9"],
        ["postalCode", "2.5.4.17"],
        ["serialNumber", "2.5.4.5"],
        ["commonName", "CN"],
    ];
    return parts.flatMap(([key, type]) => {
        const values = Array.isArray(subject[key]) ? list(subject, key).map(asText) : [text(subject, key)];
        return values.filter((value) => value !== undefined).map((value) => ({ [type]: [value] }));
    });
}

function alternativeNames(inputs: Values): x509.Extension[] {
    const names: x509.JsonGeneralNames = [
        ...list(inputs, "dnsNames").map((value) => ({ type: "dns" as const, value: asText(value) })),
        ...list(inputs, "ipAddresses").map((value) => ({ type: "ip" as const, value: asText(value) })),
        ...list(inputs, "uris").map((value) => ({ type: "url" as const, value: asText(value) })),
    ];
    return names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : [];
}

const keyUsages: Readonly<Record<string, number>> = {
    digital_signature: x509.KeyUsageFlags.digitalSignature,
    content_commitment: x509.KeyUsageFlags.nonRepudiation,
    key_encipherment: x509.KeyUsageFlags.keyEncipherment,
    data_encipherment: x509.KeyUsageFlags.dataEncipherment,
    key_agreement: x509.KeyUsageFlags.keyAgreement,
    cert_signing: x509.KeyUsageFlags.keyCertSign,
    crl_signing: x509.KeyUsageFlags.cRLSign,
    encipher_only: x509.KeyUsageFlags.encipherOnly,
    decipher_only: x509.KeyUsageFlags.decipherOnly,
};

const extendedUsages: Readonly<Record<string, string>> = {
    any_extended: "2.5.29.37.0",
    server_auth: "1.3.6.1.5.5.7.3.1",
    client_auth: "1.3.6.1.5.5.7.3.2",
    code_signing: "1.3.6.1.5.5.7.3.3",
    email_protection: "1.3.6.1.5.5.7.3.4",
    timestamping: "1.3.6.1.5.5.7.3.8",
    ocsp_signing: "1.3.6.1.5.5.7.3.9",
};

async function commonExtensions(inputs: Values, publicKey: webcrypto.CryptoKey): Promise<x509.Extension[]> {
    const uses = list(inputs, "allowedUses").map(asText);
    const unknown = uses.filter((use) => keyUsages[use] === undefined && extendedUsages[use] === undefined);
    if (unknown.length > 0)
        throw new UserError(`allowedUses holds what the rehearsal engine does not know: ${unknown.join(", ")}`);
    const isCa = inputs["isCaCertificate"] === true;
    const flags = uses.reduce((sum, use) => sum | (keyUsages[use] ?? 0), 0);
    const extended = uses.map((use) => extendedUsages[use]).filter((use) => use !== undefined);
    const length = inputs["maxPathLength"];
    return [
        // Several flags of that enum in one number.
        ...(flags === 0 ? [] : [new x509.KeyUsagesExtension(flags, true)]),
        ...(extended.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(extended)]),
        new x509.BasicConstraintsExtension(
            isCa,
            isCa && typeof length === "number" && length >= 0 ? length : undefined,
            true,
        ),
        ...(isCa || inputs["setSubjectKeyId"] === true
            ? [await x509.SubjectKeyIdentifierExtension.create(publicKey)]
            : []),
    ];
}
