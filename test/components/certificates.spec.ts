import assert from "node:assert/strict";
import type { ChartValues } from "../../components/chart-values";
import { makeAuthority, makeServer, type Pair } from "../support/certificates";
import {
    cluster,
    evaluateExposure,
    host,
    ingress,
    inSecret,
    letsEncrypt,
    nodePort,
    route,
    selfSigned,
    vault,
} from "../support/exposures";
import { named, specOf, type Metadata } from "../support/mock-objects";
import { evaluateSettings, generated } from "../support/mocks";
import { secretValue } from "../support/secret-value";

type Raw = Readonly<Record<string, unknown>>;

const loadBalancer = { kind: "loadBalancer", host };
const install = { haproxy: { install: { host: "lb.example.com", privateKey: "hush-hush" } } };

describe("the certificate that clients see", () => {
    it("is nothing with tls none, and an existing Secret is left alone", async () => {
        for (const tls of [{ kind: "none" }, inSecret]) {
            const resources = await evaluateExposure({ exposure: ingress("traefik"), tls });
            assert.ok(!resources.some(({ type }) => type.endsWith(":Secret")));
        }
    });

    it("is made by a CA of the stack's own, whose key stays out of the cluster", async () => {
        const resources = await evaluateExposure({ exposure: route(), tls: selfSigned });
        assert.deepEqual(secretValue(named(resources, "Secret", "harbor-tls")["stringData"]), {
            "tls.crt": generated("certificates-authority-certificate"),
            "tls.key": generated("certificates-authority-key"),
            "ca.crt": generated("certificates-authority-ca"),
        });
        assert.deepEqual(secretValue(named(resources, "Secret", "harbor-ca")["stringData"]), {
            "ca.crt": generated("certificates-authority-ca"),
        });
        const request = resources.find(({ type }) => type.endsWith(":CertRequest"));
        assert.deepEqual(request?.inputs["dnsNames"], [host]);
        const secrets = resources.filter(({ type }) => type.endsWith(":Secret"));
        assert.ok(!JSON.stringify(secrets).includes(generated("certificates-authority-ca-key")));
    });

    it("names an address as an address", async () => {
        const exposure = { ...loadBalancer, host: "203.0.113.7" };
        const own = await evaluateExposure({ exposure, tls: selfSigned });
        const request = own.find(({ type }) => type.endsWith(":CertRequest"));
        assert.deepEqual(request?.inputs["ipAddresses"], ["203.0.113.7"]);
        const byVault = specOf(await evaluateExposure({ exposure, tls: vault }), "Certificate", "harbor-tls-vault");
        assert.deepEqual(byVault["ipAddresses"], ["203.0.113.7"]);
        assert.equal(byVault["dnsNames"], undefined);
    });

    describe("that is given", () => {
        let server: Pair;
        before(async () => {
            server = await makeServer(await makeAuthority("test CA"), { dnsNames: [host] });
        });
        const given = (): Raw => ({ kind: "certificate", certificate: server.certificate, key: server.key });

        it("comes into a Secret, and nginx restarts with it", async () => {
            const resources = await evaluateSettings({ cluster, exposure: loadBalancer, tls: given() });
            const secret = named(resources, "Secret", "harbor-tls");
            assert.equal(secret["type"], "kubernetes.io/tls");
            assert.deepEqual(secretValue(secret["stringData"]), {
                "tls.crt": server.certificate,
                "tls.key": server.key,
            });
            const release = resources.find(({ name }) => name === "registry-harbor-release");
            const { nginx } = release?.inputs["values"] as { nginx: { podAnnotations: Record<string, string> } };
            assert.match(nginx.podAnnotations["anchorage/certificate"] ?? "", /^[0-9a-f]{64}$/);
            assert.ok(!JSON.stringify(release?.inputs).includes("PRIVATE KEY"));
        });

        it("comes to HAProxy's host where TLS ends there, over standard input", async () => {
            const exposure = { ...nodePort, ...install };
            const resources = await evaluateExposure({ exposure, tls: given() });
            assert.ok(!resources.some(({ type }) => type.endsWith(":Secret")));
            const [certificate, configuration] = resources.filter(({ type }) => type === "command:remote:Command");
            assert.equal(secretValue(certificate?.inputs["stdin"]), server.certificate + server.key);
            assert.ok(!String(certificate?.inputs["create"]).includes("PRIVATE KEY"));
            assert.match(String(configuration?.inputs["stdin"]), /^frontend registry_https$/m);
            const { host, user, port, privateKey } = secretValue(configuration?.inputs["connection"]) as Raw;
            assert.deepEqual({ host, user, port, privateKey }, { ...install.haproxy.install, user: "root", port: 22 });
        });
    });

    it("touches no host where HAProxy is not to be installed", async () => {
        const resources = await evaluateExposure({ exposure: nodePort });
        assert.ok(!resources.some(({ type }) => type.startsWith("command:")));
    });

    it("comes from Let's Encrypt by HTTP-01 through the Ingress, and is not waited for", async () => {
        const exposure = { ...ingress("ingress-nginx"), className: "public" };
        const resources = await evaluateExposure({ exposure, tls: letsEncrypt });
        assert.deepEqual(specOf(resources, "Issuer", "harbor-lets-encrypt-production")["acme"], {
            server: "https://acme-v02.api.letsencrypt.org/directory",
            email: "ops@example.com",
            privateKeySecretRef: { name: "harbor-lets-encrypt-production-account" },
            solvers: [{ http01: { ingress: { ingressClassName: "public", serviceType: "ClusterIP" } } }],
        });
        const { metadata, spec } = named(resources, "Certificate", "harbor-tls-lets-encrypt") as {
            metadata: Metadata;
            spec: ChartValues;
        };
        assert.equal(metadata.annotations, undefined);
        assert.equal(spec["secretName"], "harbor-tls-lets-encrypt");
        assert.deepEqual(spec["dnsNames"], [host]);
        assert.deepEqual(spec["issuerRef"], {
            group: "cert-manager.io",
            kind: "Issuer",
            name: "harbor-lets-encrypt-production",
        });
    });

    it("comes from Let's Encrypt through the Gateway's listener for http; staging is another issuer", async () => {
        const tls = { ...letsEncrypt, environment: "staging" };
        const resources = await evaluateExposure({ exposure: route(), tls });
        const acme = specOf(resources, "Issuer", "harbor-lets-encrypt-staging")["acme"] as ChartValues;
        assert.equal(acme["server"], "https://acme-staging-v02.api.letsencrypt.org/directory");
        assert.deepEqual(acme["solvers"], [
            {
                http01: {
                    gatewayHTTPRoute: {
                        parentRefs: [
                            {
                                group: "gateway.networking.k8s.io",
                                kind: "Gateway",
                                name: "harbor",
                                sectionName: "http",
                            },
                        ],
                        serviceType: "ClusterIP",
                    },
                },
            },
        ]);
    });

    it("comes from Vault by a token or an AppRole, and is waited for", async () => {
        const { certificate: ca } = await makeAuthority("Vault's CA");
        const tls = { ...vault, caBundle: ca };
        const resources = await evaluateExposure({ exposure: loadBalancer, tls });
        assert.deepEqual(specOf(resources, "Issuer", "harbor-vault")["vault"], {
            server: "https://vault.example.com:8200",
            path: "pki/sign/harbor",
            caBundle: Buffer.from(ca).toString("base64"),
            auth: { tokenSecretRef: { name: "vault-token", key: "token" } },
        });
        const { metadata, spec } = named(resources, "Certificate", "harbor-tls-vault") as {
            metadata: Metadata;
            spec: ChartValues;
        };
        assert.equal(metadata.annotations?.["pulumi.com/waitFor"], "condition=Ready");
        assert.equal(spec["commonName"], host);
        const byRole = await evaluateExposure({ exposure: route(), tls: { ...vault, roleId: "role" } });
        assert.deepEqual((specOf(byRole, "Issuer", "harbor-vault")["vault"] as ChartValues)["auth"], {
            appRole: { path: "approle", roleId: "role", secretRef: { name: "vault-token", key: "secretId" } },
        });
    });
});
