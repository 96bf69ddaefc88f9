import assert from "node:assert/strict";
import { readersOf } from "../../components/certificates/restart-values";
import type { ChartValues } from "../../components/chart-values";
import { Registry } from "../../components/registry";
import { parseSettings } from "../../config/settings";
import { customObjects } from "../support/custom-objects";
import {
    cluster,
    evaluateExposure,
    host,
    inSecret,
    internalTls,
    letsEncrypt,
    nodePort,
    route,
    selfSigned,
    vault,
} from "../support/exposures";
import { evaluateDependencies } from "../support/mock-dependencies";
import { kindsOf, named, specOf, type Metadata } from "../support/mock-objects";

type Raw = Readonly<Record<string, unknown>>;

const loadBalancer = { kind: "loadBalancer", host };

describe("internal TLS", () => {
    const more = { exposure: route(), tls: inSecret, harbor: internalTls };

    it("has a CA of the namespace's own, and a certificate for each component that there is", async () => {
        const resources = await evaluateExposure(more);
        assert.deepEqual(specOf(resources, "Issuer", "harbor-internal-bootstrap"), { selfSigned: {} });
        assert.equal(specOf(resources, "Certificate", "harbor-internal-ca")["isCA"], true);
        assert.deepEqual(specOf(resources, "Issuer", "harbor-internal-ca"), {
            ca: { secretName: "harbor-internal-ca" },
        });
        for (const component of ["core", "jobservice", "registry", "portal", "trivy"]) {
            const spec = specOf(resources, "Certificate", `harbor-${component}-internal`);
            assert.ok((spec["dnsNames"] as string[]).includes(`harbor-${component}`));
            assert.deepEqual([spec["duration"], spec["renewBefore"]], ["2160h", "720h"]);
        }
        const core = specOf(resources, "Certificate", "harbor-core-internal");
        assert.deepEqual(core["ipAddresses"], ["127.0.0.1"]);
        const without = await evaluateExposure({ ...more, harbor: { ...internalTls, trivy: false } });
        assert.equal(kindsOf(without).filter((kind) => kind === "Certificate").length, 5);
    });

    it("is told to the chart by Secrets, made and waited for before Harbor", async () => {
        const settings = parseSettings({ cluster, ...more });
        const resources = await evaluateDependencies(() => new Registry("registry", { settings }));
        const release = resources.find(({ name }) => name === "registry-harbor-release");
        assert.deepEqual((release?.inputs["values"] as ChartValues)["internalTLS"], {
            enabled: true,
            certSource: "secret",
            core: { secretName: "harbor-core-internal" },
            jobservice: { secretName: "harbor-jobservice-internal" },
            registry: { secretName: "harbor-registry-internal" },
            portal: { secretName: "harbor-portal-internal" },
            trivy: { secretName: "harbor-trivy-internal" },
        });
        const of = (name: string): readonly string[] =>
            resources.find((resource) => resource.name === name)?.dependencies ?? [];
        assert.ok(of("registry-certificates-internal-bootstrap").includes("registry-operators-cert-manager"));
        assert.ok(of("registry-certificates-internal-signer").includes("registry-certificates-internal-ca"));
        assert.ok(of("registry-certificates-internal-core").includes("registry-certificates-internal-signer"));
        assert.ok(of("registry-harbor").includes("registry-certificates-internal-core"));
        for (const certificate of customObjects(resources).filter(({ inputs }) => inputs["kind"] === "Certificate")) {
            const { annotations } = certificate.inputs["metadata"] as Metadata;
            assert.equal(annotations?.["pulumi.com/waitFor"], "condition=Ready", certificate.name);
        }
    });
});

describe("restarts with a renewed certificate", () => {
    const readers = (more: Raw): string[] =>
        readersOf(parseSettings({ cluster, ...more })).map(
            ({ resource, name, secret }) => `${resource}/${name}=${secret}`,
        );

    const cases: readonly (readonly [title: string, more: Raw, expected: readonly string[]])[] = [
        ["a controller reads new certificates by itself", { exposure: route(), tls: letsEncrypt }, []],
        ["the program restarts for its own", { exposure: loadBalancer, tls: selfSigned }, []],
        ["no certificate", { exposure: loadBalancer }, []],
        ["nginx with Vault's", { exposure: loadBalancer, tls: vault }, ["deployments/harbor-nginx=harbor-tls-vault"]],
        ["nginx with others'", { exposure: nodePort, tls: inSecret }, ["deployments/harbor-nginx=registry-tls"]],
        [
            "every component with internal TLS",
            { harbor: { ...internalTls, metrics: true } },
            [
                "deployments/harbor-core=harbor-core-internal",
                "deployments/harbor-jobservice=harbor-jobservice-internal",
                "deployments/harbor-registry=harbor-registry-internal",
                "deployments/harbor-portal=harbor-portal-internal",
                "statefulsets/harbor-trivy=harbor-trivy-internal",
                "deployments/harbor-exporter=harbor-core-internal",
            ],
        ],
        [
            "fewer components",
            { harbor: { ...internalTls, trivy: false } },
            ["core", "jobservice", "registry", "portal"].map(
                (one) => `deployments/harbor-${one}=harbor-${one}-internal`,
            ),
        ],
    ];
    for (const [title, more, expected] of cases) {
        it(title, () => {
            assert.deepEqual(readers(more), expected);
        });
    }

    it("sees certificates, not keys, and may touch those workloads alone", async () => {
        const resources = await evaluateExposure({ harbor: internalTls, namespace: "images" });
        const { rules } = named(resources, "Role", "harbor-certificate-restarts") as { rules: ChartValues[] };
        assert.deepEqual(
            rules.map(({ resources: kinds, resourceNames, verbs }) => [
                kinds,
                (resourceNames as string[]).length,
                verbs,
            ]),
            [
                [["deployments"], 4, ["get", "patch"]],
                [["statefulsets"], 1, ["get", "patch"]],
            ],
        );
        const job = specOf(resources, "CronJob", "harbor-certificate-restarts");
        const text = JSON.stringify(job);
        assert.doesNotMatch(text, /tls\.key/);
        assert.equal(text.match(/"key":"tls.crt"/g)?.length, 5);
        assert.match(text, /"image":"docker\.io\/goharbor\/harbor-core:v2\.15\.2"/);
    });

    it("takes core's image from where Harbor's comes", async () => {
        const values = {
            core: { image: { repository: "mirror.example.com/goharbor/harbor-core" } },
            imagePullSecrets: [{ name: "mirror" }],
        };
        const resources = await evaluateExposure({ harbor: { ...internalTls, values } });
        const text = JSON.stringify(specOf(resources, "CronJob", "harbor-certificate-restarts"));
        assert.match(text, /"image":"mirror\.example\.com\/goharbor\/harbor-core:v2\.15\.2"/);
        assert.match(text, /"imagePullSecrets":\[\{"name":"mirror"\}\]/);
    });
});
