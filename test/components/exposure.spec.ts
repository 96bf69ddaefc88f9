import assert from "node:assert/strict";
import path from "node:path";
import { parseAllDocuments } from "yaml";
import { publicCertificate } from "../../components/certificates-values";
import type { ChartValues } from "../../components/chart-values";
import { exposureOf, type ExposureValues } from "../../components/exposure-values";
import { unknownChartValues } from "../../config/chart-keys";
import { parseSettings } from "../../config/settings";
import { exec } from "../../lib/exec";
import { projectRoot } from "../../lib/home";
import {
    cluster,
    everyExposure,
    host,
    ingress,
    inSecret,
    internalTls,
    letsEncrypt,
    nodePort,
    rateLimit,
    route,
    selfSigned,
    vault,
} from "../support/exposures";
import { helmBinary } from "../support/helm";

type Raw = Readonly<Record<string, unknown>>;

function render(more: Raw): ExposureValues {
    const settings = parseSettings({ cluster, ...more });
    const { secret, caSecret } = publicCertificate(settings);
    return exposureOf({ settings, certificateSecret: secret, caSecret });
}

const expose = (more: Raw): unknown => render(more).values["expose"];

describe("exposure in the chart's values", () => {
    it("clusterIP", () => {
        assert.deepEqual(expose({}), {
            type: "clusterIP",
            tls: { enabled: false },
            clusterIP: { name: "harbor", ports: { httpPort: 80 } },
        });
    });

    it("nodePort: http behind HAProxy; https where TLS goes through it", () => {
        const ports = { http: { port: 80, nodePort: 30_002 }, https: { port: 443, nodePort: 30_003 } };
        assert.deepEqual(expose({ exposure: nodePort }), {
            type: "nodePort",
            tls: { enabled: false },
            nodePort: { name: "harbor", ports },
        });
        assert.deepEqual(expose({ exposure: nodePort, tls: inSecret }), {
            type: "nodePort",
            tls: { enabled: true, certSource: "secret", secret: { secretName: "registry-tls" } },
            nodePort: { name: "harbor", ports },
        });
    });

    const prefix = "nginx.ingress.kubernetes.io";
    const nginx = {
        [`${prefix}/proxy-body-size`]: "0",
        [`${prefix}/proxy-request-buffering`]: "off",
        [`${prefix}/proxy-buffering`]: "off",
        [`${prefix}/proxy-read-timeout`]: "3600",
        [`${prefix}/proxy-send-timeout`]: "3600",
    };

    it("ingress-nginx: no bound, no buffer, an hour, the limit of the course", () => {
        assert.deepEqual(expose({ exposure: { ...ingress("ingress-nginx"), rateLimit }, tls: letsEncrypt }), {
            type: "ingress",
            tls: { enabled: true, certSource: "secret", secret: { secretName: "harbor-tls-lets-encrypt" } },
            ingress: {
                hosts: { core: host },
                className: "nginx",
                annotations: {
                    [`${prefix}/ssl-redirect`]: "true",
                    ...nginx,
                    [`${prefix}/limit-rps`]: "25",
                    [`${prefix}/limit-burst-multiplier`]: "5",
                },
            },
        });
    });

    it("ingress-nginx on http redirects nobody", () => {
        assert.deepEqual(expose({ exposure: { ...ingress("ingress-nginx"), className: "public" } }), {
            type: "ingress",
            tls: { enabled: false },
            ingress: {
                hosts: { core: host },
                className: "public",
                annotations: { [`${prefix}/ssl-redirect`]: "false", ...nginx },
            },
        });
    });

    it("Traefik: its entry point for https, the limit as a Middleware of the namespace", () => {
        const traefik = "traefik.ingress.kubernetes.io";
        const namespace = { namespace: "images" };
        assert.deepEqual(expose({ ...namespace, exposure: { ...ingress("traefik"), rateLimit }, tls: inSecret }), {
            type: "ingress",
            tls: { enabled: true, certSource: "secret", secret: { secretName: "registry-tls" } },
            ingress: {
                hosts: { core: host },
                className: "traefik",
                annotations: {
                    [`${traefik}/router.entrypoints`]: "websecure",
                    [`${traefik}/router.tls`]: "true",
                    [`${traefik}/router.middlewares`]: "images-harbor-rate-limit@kubernetescrd",
                },
            },
        });
    });

    it("route: our Gateway's listener, and never the chart's own certificate", () => {
        const values = (section: string, enabled: boolean): object => ({
            type: "route",
            tls: { enabled, certSource: "none" },
            route: {
                parentRefs: [
                    { group: "gateway.networking.k8s.io", kind: "Gateway", name: "harbor", sectionName: section },
                ],
                hosts: [host],
            },
        });
        assert.deepEqual(expose({ exposure: route() }), values("http", false));
        assert.deepEqual(expose({ exposure: route(), tls: inSecret }), values("https", false));
        assert.deepEqual(expose({ exposure: route(), tls: selfSigned }), values("https", true));
    });

    it("loadBalancer: its address and who may come", () => {
        const exposure = { kind: "loadBalancer", host, ip: "203.0.113.7", sourceRanges: ["10.0.0.0/8"] };
        assert.deepEqual(expose({ exposure, tls: inSecret }), {
            type: "loadBalancer",
            tls: { enabled: true, certSource: "secret", secret: { secretName: "registry-tls" } },
            loadBalancer: { name: "harbor", sourceRanges: ["10.0.0.0/8"], IP: "203.0.113.7" },
        });
    });

    it("offers the stack's own CA for download, and no other Secret", () => {
        assert.equal(render({ exposure: route(), tls: selfSigned }).values["caSecretName"], "harbor-ca");
        for (const tls of [vault, inSecret]) {
            assert.equal(render({ exposure: route(), tls }).values["caSecretName"], undefined);
        }
    });

    for (const [title, more] of everyExposure) {
        it(`has keys that the chart knows, the registry's URL, and an output: ${title}`, () => {
            const { values, registryUrl, output } = render(more);
            assert.deepEqual(unknownChartValues(values, "2.15.2"), []);
            const { exposure, tls } = parseSettings({ cluster, ...more });
            const scheme = tls.kind !== "none" || exposure.kind === "nodePort" ? "https" : "http";
            assert.equal(registryUrl, exposure.kind === "clusterIP" ? "http://localhost:8080" : `${scheme}://${host}`);
            assert.equal(output.kind, exposure.kind);
        });
    }

    it("tell Traefik whom to trust behind it, by the chart's Services", () => {
        const { values } = render({ exposure: ingress("traefik"), tls: inSecret, harbor: internalTls });
        const annotation = "traefik.ingress.kubernetes.io/service.serverstransport";
        for (const component of ["core", "portal"]) {
            assert.deepEqual((values[component] as ChartValues)["serviceAnnotations"], {
                [annotation]: `harbor-harbor-${component}@kubernetescrd`,
            });
        }
    });

    const outputs: readonly (readonly [title: string, more: Raw, expected: object])[] = [
        [
            "a Gateway's address, and the CA",
            { exposure: route(), tls: selfSigned },
            {
                kind: "route",
                host,
                address: {
                    resource: "gateways.gateway.networking.k8s.io/harbor",
                    jsonPath: "{.status.addresses[0].value}",
                },
                caSecret: "harbor-ca",
            },
        ],
        [
            "an Ingress's",
            { exposure: ingress("traefik"), tls: letsEncrypt },
            { kind: "ingress", host, address: balancer("ingress/harbor-ingress") },
        ],
        [
            "a Service's, and Vault's CA",
            { exposure: { kind: "loadBalancer", host }, tls: vault },
            { kind: "loadBalancer", host, address: balancer("service/harbor"), caSecret: "harbor-tls-vault" },
        ],
    ];
    for (const [title, more, expected] of outputs) {
        it(`say where the registry is: ${title}`, () => {
            assert.deepEqual(render(more).output, expected);
        });
    }

    it("say which haproxy.cfg it takes, and where it is installed", () => {
        const { output } = render({ exposure: { ...nodePort, haproxy: { install: { host: "lb.example.com" } } } });
        assert.ok(output.kind === "nodePort");
        assert.equal(output.port, 30_002);
        assert.equal(output.installedOn, "lb.example.com");
        assert.match(output.configuration, /^ {4}server node1 10\.0\.0\.1:30002 check$/m);
        const through = render({ exposure: nodePort, tls: vault }).output;
        assert.ok(through.kind === "nodePort");
        assert.equal(through.port, 30_003);
        assert.match(through.configuration, /^ {4}server node1 10\.0\.0\.1:30003 check check-ssl/m);
    });
});

function balancer(resource: string): object {
    const first = ".status.loadBalancer.ingress[0]";
    return { resource, jsonPath: `{${first}.ip}{${first}.hostname}` };
}

describe("exposure in the contract chart", () => {
    const helm = helmBinary();
    const kinds: Readonly<Record<string, string>> = {
        clusterIP: "Service",
        nodePort: "Service",
        ingress: "Ingress",
        route: "HTTPRoute",
        loadBalancer: "Service",
    };
    for (const [title, more] of everyExposure) {
        it(`renders: ${title}`, async function () {
            this.timeout(60_000);
            if (helm === undefined) return this.skip();
            const { values, output } = render(more);
            const chart = path.join(projectRoot, "lab", "charts", "harbor");
            const secrets = { existingSecretSecretKey: "k", harborAdminPassword: "x" };
            const { stdout } = await exec(helm, ["template", "harbor", chart, "--values", "-"], {
                input: JSON.stringify({ ...values, ...secrets }),
            });
            const objects = parseAllDocuments(stdout).map((document) => document.toJS() as ChartValues | null);
            const name = { ingress: "harbor-ingress", route: "harbor-route" }[output.kind as string] ?? "harbor";
            const found = objects.some(
                (object) =>
                    object?.["kind"] === kinds[output.kind] &&
                    (object?.["metadata"] as { name?: string } | undefined)?.name === name,
            );
            assert.ok(found, `there is no ${String(kinds[output.kind])} ${name}`);
        });
    }
});
