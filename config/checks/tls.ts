import { isIP } from "node:net";
import type { X509Certificate } from "node:crypto";
import { parseCertificates, parseKey, readPem, type Outcome } from "../certificate-files";
import { passesThrough } from "../registry-url";
import type { Settings } from "../schema";

type Given = Extract<Settings["tls"], { kind: "certificate" }>;

/** What does not fit between the certificate, the name that clients type and the way they take. */
export function checkTls(settings: Settings, now: Date = new Date()): string[] {
    const { tls, exposure } = settings;
    if (exposure.kind === "clusterIP") return unused(tls);
    const mistakes = exposure.kind === "nodePort" ? checkHaProxy(settings) : [];
    switch (tls.kind) {
        case "certificate":
            return [...mistakes, ...checkGiven(tls, exposure.host, now)];
        case "lets-encrypt":
            return [...mistakes, ...checkLetsEncrypt(settings, exposure.host)];
        case "vault":
            return [...mistakes, ...checkBundle(tls.caBundle)];
        default:
            return mistakes;
    }
}

function unused({ kind }: Settings["tls"]): string[] {
    if (kind === "none") return [];
    return [
        `tls.kind is "${kind}", but exposure.kind is "clusterIP", which is reached by a port-forward on http: ` +
            'leave tls out, or set exposure.kind to "route", "ingress", "loadBalancer" or "nodePort"',
    ];
}

/** TLS ends in HAProxy with a file on its host, or in the cluster with a Secret; nothing carries one to the other. */
function checkHaProxy(way: Settings): string[] {
    const { tls, exposure } = way;
    if (exposure.kind !== "nodePort") return [];
    if (passesThrough(way)) {
        if (exposure.rateLimit === undefined) return [];
        return [
            `exposure.rateLimit is set, but with tls.kind "${tls.kind}" TLS goes through HAProxy, which sees no requests and ` +
                'cannot answer 429: leave the limit out, or set tls.kind to "none" and put the certificate on HAProxy\'s host',
        ];
    }
    if ((tls.kind === "certificate" || tls.kind === "self-signed") && exposure.haproxy.install === undefined) {
        return [
            `tls.kind is "${tls.kind}", but exposure.haproxy.install is missing, so that the certificate would never come to ` +
                `HAProxy: set it, or set tls.kind to "none" and put certificate and key into ${exposure.haproxy.certificate} on its host`,
        ];
    }
    return [];
}

function checkGiven({ certificate, key, existingSecret }: Given, host: string, now: Date): string[] {
    if (existingSecret !== undefined) {
        if (certificate === undefined && key === undefined) return [];
        return [
            `tls.existingSecret is "${existingSecret}", and tls.certificate or tls.key is set as well: set one of them`,
        ];
    }
    if (certificate === undefined && key === undefined) {
        return ['tls.kind is "certificate", and there is none: set tls.certificate and tls.key, or tls.existingSecret'];
    }
    if (certificate === undefined) return ["tls.certificate is missing: tls.key alone is of no use"];
    if (key === undefined) {
        return ["tls.key is missing: set it by pulumi config set --secret --path tls.key < file"];
    }
    return checkPair(certificate, key, host, now);
}

function checkPair(certificate: string, key: string, host: string, now: Date): string[] {
    const certificates = then(readPem(certificate), parseCertificates);
    const privateKey = then(readPem(key), parseKey);
    const mistakes = [
        ...("why" in certificates ? [`tls.certificate ${certificates.why}`] : checkChain(certificates.value, now)),
        ...("why" in privateKey ? [`tls.key ${privateKey.why}`] : []),
    ];
    if ("why" in certificates) return mistakes;
    const [server] = certificates.value;
    if (!isFor(server, host)) {
        mistakes.push(
            `tls.certificate is for ${server.subjectAltName ?? "no name (clients do not look at the common name)"}, but ` +
                `exposure.host is "${host}": give one for that name, or set the host to a name that it is for`,
        );
    }
    if ("value" in privateKey && !server.checkPrivateKey(privateKey.value)) {
        mistakes.push(
            `tls.key is not the key of the first certificate in tls.certificate (${nameOf(server)}): give the key that ` +
                "the certificate was made with, and the server's certificate before those of its CAs",
        );
    }
    return mistakes;
}

function checkChain(certificates: readonly X509Certificate[], now: Date): string[] {
    return certificates.flatMap((certificate, index) => {
        const issuer = certificates[index + 1];
        const [from, to] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
        const key = `tls.certificate has a certificate (${nameOf(certificate)})`;
        return [
            ...(now > to ? [`${key} that ran out on ${day(to)}: give a new one`] : []),
            ...(now < from ? [`${key} that holds from ${day(from)} on only: give one that holds today`] : []),
            ...(issuer === undefined || certificate.checkIssued(issuer)
                ? []
                : [`${key} that the next one (${nameOf(issuer)}) did not issue: put each before its issuer's`]),
        ];
    });
}

/** By the alternative names alone, as Go's clients (docker, containerd, helm) do. */
function isFor(certificate: X509Certificate, host: string): boolean {
    const match = isIP(host) === 0 ? certificate.checkHost(host, { subject: "never" }) : certificate.checkIP(host);
    return match !== undefined;
}

function nameOf({ subject }: X509Certificate): string {
    return subject.split("\n").join(", ");
}

function day(date: Date): string {
    return date.toISOString().slice(0, 10);
}

/** Top-level names that no public CA can reach or may certify (RFC 2606, RFC 6762, ICANN's internal). */
const privateNames = /(^|\.)(test|example|invalid|localhost|local|internal|lan|home|corp|intranet|private)$/;

/** HTTP-01 asks the host from the internet on port 80; a Service or HAProxy cannot pass that to cert-manager. */
function checkLetsEncrypt({ exposure: { kind } }: Settings, host: string): string[] {
    const mistakes: string[] = [];
    if (kind !== "ingress" && kind !== "route") {
        mistakes.push(
            `tls.kind is "lets-encrypt", but exposure.kind is "${kind}", where nothing answers the challenge: set ` +
                'exposure.kind to "route" or "ingress", or tls.kind to "certificate"',
        );
    }
    if (isIP(host) !== 0 || !host.includes(".") || privateNames.test(host)) {
        mistakes.push(
            `tls.kind is "lets-encrypt", but exposure.host is "${host}", which the internet does not know: set a public ` +
                'name, or tls.kind to "self-signed", "certificate" or "vault"',
        );
    }
    return mistakes;
}

function checkBundle(caBundle: string | undefined): string[] {
    if (caBundle === undefined) return [];
    const bundle = then(readPem(caBundle), parseCertificates);
    return "why" in bundle ? [`tls.caBundle ${bundle.why}`] : [];
}

function then<A, B>(outcome: Outcome<A>, next: (value: A) => Outcome<B>): Outcome<B> {
    return "why" in outcome ? outcome : next(outcome.value);
}
