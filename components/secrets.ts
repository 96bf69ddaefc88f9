import { Secret } from "@pulumi/kubernetes/core/v1/secret";
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword";
import { PrivateKey } from "@pulumi/tls/privateKey";
import { SelfSignedCert } from "@pulumi/tls/selfSignedCert";
import { checksumOf } from "./checksum";
import { names, secretKeys } from "./names";

export interface SecretsArgs {
    /** Namespace of the registry. */
    readonly namespace: pulumi.Input<string>;
    /** Of the registry whose content this one takes over: 16 characters. @default made once */
    readonly encryptionKey?: string | undefined;
}

/** User of core and jobservice at the registry's own door; the chart's default. */
const registryUser = "harbor_registry_user";

/** Ten years: the certificate only wraps the key that signs tokens, and a new one logs every client out. */
const tokenValidityHours = 10 * 365 * 24;

/**
 * Every secret of Harbor: made once, kept in the state, given to the chart as Kubernetes Secrets by name.
 * Nothing of it is made by the chart, which would make it anew at each render (pains 9 and 10).
 */
export class Secrets extends pulumi.ComponentResource {
    /** Hash of all contents: as a pod annotation it makes a rotation restart the pods. */
    readonly checksum: pulumi.Output<string>;

    private readonly contents: pulumi.Output<string>[] = [];

    constructor(
        private readonly name: string,
        private readonly args: SecretsArgs,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super("anchorage:components:Secrets", name, {}, opts);
        this.admin();
        this.encryptionKey();
        this.core();
        this.tokenService();
        this.jobservice();
        this.registry();
        this.checksum = checksumOf(this.contents);
        this.registerOutputs({ checksum: this.checksum });
    }

    /** The administrator's first password; Harbor reads it at its first start only. */
    private admin(): void {
        const password = this.password("admin", 20, { minUpper: 1, minLower: 1, minNumeric: 1 });
        // Not in the checksum: a change of it does nothing after the first start.
        this.secret("admin-secret", names.adminSecret, { [secretKeys.admin]: password.result });
    }

    /**
     * Encrypts credentials in the database: exactly 16 characters, and never another again (pains 6). The one that is
     * made stays on record beside a given one: a setting that gets lost brings back what was there, not a third key.
     */
    private encryptionKey(): void {
        const { encryptionKey: given } = this.args;
        const made = this.password("encryption-key", 16, {}, { protect: true });
        const key = given === undefined ? made.result : pulumi.secret(given);
        this.secret("encryption-key-secret", names.encryptionKeySecret, { [secretKeys.encryption]: key });
    }

    private core(): void {
        const secret = this.password("core", 16);
        const xsrf = this.password("xsrf", 32);
        this.secret("core-secret", names.coreSecret, {
            [secretKeys.core]: secret.result,
            [secretKeys.xsrf]: xsrf.result,
        });
    }

    /** Signs the tokens that clients pull and push with. A new key makes every token invalid: protected. */
    private tokenService(): void {
        // privateKeyPem is PKCS#1, the only form that core's token service reads (observed on Harbor 2.15.2).
        const key = new PrivateKey(
            `${this.name}-token-key`,
            // 2048 as in the chart: it signs a token of 30 minutes for each pull, and every pull waits for it.
            { algorithm: "RSA", rsaBits: 2048 },
            { parent: this, protect: true },
        );
        const certificate = new SelfSignedCert(
            `${this.name}-token-certificate`,
            {
                privateKeyPem: key.privateKeyPem,
                subject: { commonName: "harbor-token-service" },
                allowedUses: ["digital_signature"],
                validityPeriodHours: tokenValidityHours,
            },
            { parent: this },
        );
        this.secret(
            "token-secret",
            names.tokenSecret,
            { "tls.key": key.privateKeyPem, "tls.crt": certificate.certPem },
            "kubernetes.io/tls",
        );
    }

    private jobservice(): void {
        const secret = this.password("jobservice", 16);
        this.secret("jobservice-secret", names.jobserviceSecret, { [secretKeys.jobservice]: secret.result });
    }

    private registry(): void {
        const secret = this.password("registry", 16);
        this.secret("registry-secret", names.registrySecret, { [secretKeys.registry]: secret.result });
        const password = this.password("registry-password", 32);
        this.secret("registry-credentials", names.registryCredentials, {
            [secretKeys.registryPassword]: password.result,
            // The registry takes bcrypt only; the hash is made once, so that a second preview is empty.
            [secretKeys.registryHtpasswd]: pulumi.interpolate`${registryUser}:${password.bcryptHash}`,
        });
    }

    private password(
        what: string,
        length: number,
        rules: { minUpper?: number; minLower?: number; minNumeric?: number } = {},
        opts: pulumi.CustomResourceOptions = {},
    ): RandomPassword {
        return new RandomPassword(
            `${this.name}-${what}`,
            { length, special: false, ...rules },
            { parent: this, ...opts },
        );
    }

    private secret(
        what: string,
        objectName: string,
        stringData: Readonly<Record<string, pulumi.Input<string>>>,
        type = "Opaque",
    ): void {
        new Secret(
            `${this.name}-${what}`,
            { metadata: { name: objectName, namespace: this.args.namespace }, type, stringData },
            { parent: this },
        );
        if (objectName !== names.adminSecret)
            this.contents.push(...Object.values(stringData).map((value) => pulumi.output(value)));
    }
}
