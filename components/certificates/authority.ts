import { isIP } from "node:net";
import { Secret } from "@pulumi/kubernetes/core/v1/secret";
import * as pulumi from "@pulumi/pulumi";
import { CertRequest } from "@pulumi/tls/certRequest";
import { LocallySignedCert } from "@pulumi/tls/locallySignedCert";
import { PrivateKey } from "@pulumi/tls/privateKey";
import { SelfSignedCert } from "@pulumi/tls/selfSignedCert";
import { names } from "../names";

export interface OwnAuthorityArgs {
    /** Name or address that clients type. */
    readonly host: string;
    /** Namespace of the registry. */
    readonly namespace: pulumi.Input<string>;
}

const hoursOfYears = (years: number): number => years * 365 * 24;

/** Clients trust it by hand, so it stays; the server's certificate is what Apple's clients still take (825 days). */
const authorityHours = hoursOfYears(10);
const serverHours = 825 * 24;

/** The server's certificate is made anew by an update in its last three months. */
const earlyRenewalHours = 90 * 24;

/**
 * A CA of the stack's own and a certificate by it. The CA's key stays in the stack's state and never comes to the cluster;
 * its certificate stands alone in a Secret, for clients and for the portal's download.
 */
export class OwnAuthority extends pulumi.ComponentResource {
    /** PEM. */
    readonly certificate: pulumi.Output<string>;
    readonly key: pulumi.Output<string>;
    readonly authority: pulumi.Output<string>;

    constructor(name: string, { host, namespace }: OwnAuthorityArgs, opts?: pulumi.ComponentResourceOptions) {
        super("anchorage:components:OwnAuthority", name, {}, opts);
        const inside = { parent: this };
        const caKey = new PrivateKey(`${name}-ca-key`, { algorithm: "RSA", rsaBits: 3072 }, inside);
        const ca = new SelfSignedCert(
            `${name}-ca`,
            {
                privateKeyPem: caKey.privateKeyPem,
                isCaCertificate: true,
                setSubjectKeyId: true,
                subject: { commonName: `Anchorage CA of ${host}`.slice(0, 64), organization: "Anchorage" },
                allowedUses: ["cert_signing", "crl_signing"],
                validityPeriodHours: authorityHours,
            },
            // It keeps the name of the first host: with another CA every client would have to trust anew.
            { ...inside, ignoreChanges: ["subject"] },
        );
        const key = new PrivateKey(`${name}-key`, { algorithm: "RSA", rsaBits: 2048 }, inside);
        const request = new CertRequest(
            `${name}-request`,
            {
                privateKeyPem: key.privateKeyPem,
                subject: { commonName: host.slice(0, 64) },
                ...(isIP(host) === 0 ? { dnsNames: [host] } : { ipAddresses: [host] }),
            },
            inside,
        );
        const server = new LocallySignedCert(
            `${name}-certificate`,
            {
                certRequestPem: request.certRequestPem,
                caPrivateKeyPem: caKey.privateKeyPem,
                caCertPem: ca.certPem,
                allowedUses: ["digital_signature", "key_encipherment", "server_auth"],
                validityPeriodHours: serverHours,
                earlyRenewalHours,
            },
            inside,
        );
        new Secret(
            `${name}-ca-secret`,
            { metadata: { name: names.ca, namespace }, stringData: { "ca.crt": ca.certPem } },
            inside,
        );
        this.certificate = server.certPem;
        this.key = key.privateKeyPem;
        this.authority = ca.certPem;
        this.registerOutputs({});
    }
}
