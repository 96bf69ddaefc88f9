import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import * as tls from "@pulumi/tls";

/** One resource of each kind that needs no cluster. */
const config = new pulumi.Config();
const word = config.require("word");

const caKey = new tls.PrivateKey("ca-key", { algorithm: "ECDSA", ecdsaCurve: "P256" });
const subject = { commonName: "test", organization: "Anchorage" };
const uses = ["cert_signing", "digital_signature"];
const ca = new tls.SelfSignedCert("ca", {
    privateKeyPem: caKey.privateKeyPem,
    allowedUses: uses,
    isCaCertificate: true,
    validityPeriodHours: 48,
    subject,
});
const key = new tls.PrivateKey("key", { algorithm: "RSA", rsaBits: 2048 });
const request = new tls.CertRequest("request", {
    privateKeyPem: key.privateKeyPem,
    dnsNames: ["harbor.test"],
    ipAddresses: ["127.0.0.1"],
    subject: { commonName: "harbor.test" },
});
const certificate = new tls.LocallySignedCert("certificate", {
    caCertPem: ca.certPem,
    caPrivateKeyPem: caKey.privateKeyPem,
    certRequestPem: request.certRequestPem,
    allowedUses: ["server_auth", "digital_signature"],
    validityPeriodHours: 24,
});
const pet = new random.RandomPet("pet", { length: 2 });
const echoed = new command.local.Command("echo", {
    create: `echo made $WORD`,
    update: `echo "changed $WORD after $PULUMI_COMMAND_STDOUT"`,
    delete: `echo gone > $FILE`,
    environment: { WORD: word, FILE: config.require("file") },
});

/** A counter that remembers how often it was updated. */
const provider: pulumi.dynamic.ResourceProvider = {
    create: (inputs: { word: string }) =>
        Promise.resolve({ id: `id-${inputs.word}`, outs: { word: inputs.word, updates: 0 } }),
    update: (_id, olds: { updates: number }, news: { word: string }) =>
        Promise.resolve({ outs: { word: news.word, updates: olds.updates + 1 } }),
    delete: () => Promise.resolve(),
};
class Counter extends pulumi.dynamic.Resource {
    declare readonly updates: pulumi.Output<number>;
    constructor(name: string, args: { word: pulumi.Input<string> }, options?: pulumi.CustomResourceOptions) {
        super(provider, name, { updates: undefined, ...args }, options);
    }
}
const counter = new Counter("counter", { word });

export const certificatePem = certificate.certPem;
export const caPem = ca.certPem;
export const privateKey = key.privateKeyPem;
export const petName = pet.id;
export const said = echoed.stdout;
export const updates = counter.updates;
