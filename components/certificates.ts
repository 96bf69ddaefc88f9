import { Secret } from "@pulumi/kubernetes/core/v1/secret";
import * as pulumi from "@pulumi/pulumi";
import { requirePem } from "../config/certificate-files";
import type { Settings } from "../config/schema";
import {
    acmeIssuer,
    hostCertificate,
    publicCertificate,
    vaultIssuer,
    type PublicCertificate,
} from "./certificates-values";
import { OwnAuthority } from "./certificates/authority";
import { InternalTls } from "./certificates/internal";
import { internalComponents, internalValues } from "./certificates/internal-values";
import { readersOf } from "./certificates/restart-values";
import type { ChartValues, HarborPart } from "./chart-values";
import { makeObject, type CustomObject } from "./custom-object";
import { names } from "./names";

export interface CertificatesArgs {
    readonly settings: Settings;
    /** Namespace of the registry. */
    readonly namespace: pulumi.Input<string>;
    /** What cert-manager's kinds come from. */
    readonly certManager: readonly pulumi.Resource[];
}

/** A certificate that the program has in its hands, as PEM; the key is a secret output. */
export interface CertificatePair {
    readonly certificate: pulumi.Output<string>;
    readonly key: pulumi.Output<string>;
}

/** The certificate that clients see, and those that Harbor's components show each other. */
export class Certificates extends pulumi.ComponentResource implements HarborPart {
    readonly values: ChartValues;
    readonly ready: readonly pulumi.Resource[] = [this];
    readonly secrets: readonly pulumi.Output<string>[] = [];
    /** Where the certificate is that clients see. */
    readonly public: PublicCertificate;
    /** The same, where the program has it; undefined where others do. */
    readonly pair: CertificatePair | undefined;

    constructor(
        private readonly name: string,
        private readonly args: CertificatesArgs,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super("anchorage:components:Certificates", name, {}, opts);
        this.public = publicCertificate(args.settings);
        this.pair = this.forClients();
        this.values = this.internal();
        this.restarts();
        this.registerOutputs({});
    }

    private forClients(): CertificatePair | undefined {
        const { tls, exposure } = this.args.settings;
        if (exposure.kind === "clusterIP") return undefined;
        switch (tls.kind) {
            case "none":
                return undefined;
            case "self-signed":
                return this.ownAuthority(exposure.host);
            case "certificate":
                return this.given(tls);
            case "lets-encrypt":
                this.issued(acmeIssuer(tls, exposure), hostCertificate(tls, exposure.host));
                return undefined;
            case "vault":
                this.issued(vaultIssuer(tls), hostCertificate(tls, exposure.host));
                return undefined;
        }
    }

    private ownAuthority(host: string): CertificatePair {
        const authority = new OwnAuthority(
            `${this.name}-authority`,
            { host, namespace: this.args.namespace },
            { parent: this },
        );
        this.secret(authority, { "ca.crt": authority.authority });
        return authority;
    }

    private given(tls: Extract<Settings["tls"], { kind: "certificate" }>): CertificatePair | undefined {
        if (tls.existingSecret !== undefined) return undefined;
        const pair = {
            certificate: pulumi.output(requirePem("tls.certificate", tls.certificate)),
            key: pulumi.secret(requirePem("tls.key", tls.key)),
        };
        this.secret(pair, {});
        return pair;
    }

    /** Where TLS ends in the cluster. */
    private secret({ certificate, key }: CertificatePair, more: Readonly<Record<string, pulumi.Input<string>>>): void {
        if (this.public.secret === undefined) return;
        new Secret(
            `${this.name}-secret`,
            {
                metadata: { name: names.tls, namespace: this.args.namespace },
                type: "kubernetes.io/tls",
                stringData: { "tls.crt": certificate, "tls.key": key, ...more },
            },
            { parent: this },
        );
    }

    private issued(by: CustomObject, certificate: CustomObject): void {
        const { namespace, certManager } = this.args;
        const issuer = makeObject(`${this.name}-issuer`, by, namespace, { parent: this, dependsOn: [...certManager] });
        makeObject(`${this.name}-certificate`, certificate, namespace, { parent: this, dependsOn: issuer });
    }

    private internal(): ChartValues {
        const { settings, namespace, certManager } = this.args;
        if (!settings.harbor.internalTls) return {};
        const components = internalComponents(settings);
        new InternalTls(`${this.name}-internal`, { components, namespace, certManager }, { parent: this });
        return internalValues(components);
    }

    private restarts(): void {
        const { settings, namespace } = this.args;
        const readers = readersOf(settings);
        if (readers.length === 0) return;
        // oxlint-disable-next-line typescript/no-require-imports -- most stacks need none of its kinds
        const { CertificateRestarts } = require("./certificates/restarts") as typeof import("./certificates/restarts");
        new CertificateRestarts(`${this.name}-restarts`, { settings, readers, namespace }, { parent: this });
    }
}
