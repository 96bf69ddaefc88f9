import assert from "node:assert/strict";
import type { ChartValues } from "../../components/chart-values";
import { Registry } from "../../components/registry";
import { parseSettings } from "../../config/settings";
import type { Definition } from "../../lab/custom-resources/definition";
import { assertDefined, customObjects, definitionsOf } from "../support/custom-objects";
import {
    cluster,
    evaluateExposure,
    everyExposure,
    host,
    ingress,
    inSecret,
    internalTls,
    rateLimit,
    route,
    selfSigned,
} from "../support/exposures";
import { evaluateDependencies } from "../support/mock-dependencies";
import type { MockResource } from "../support/mocks";

describe("exposure's objects", () => {
    let definitions: readonly Definition[] | undefined;
    before(async function () {
        this.timeout(120_000);
        definitions = await definitionsOf(["cert-manager", "envoy-gateway", "gateway-api", "traefik"]);
    });

    for (const [title, more] of everyExposure) {
        it(`have the form of their definitions: ${title}`, async function () {
            if (definitions === undefined) return this.skip();
            assertDefined(await evaluateExposure(more), definitions);
        });
    }

    it("are seen to have a field too many", async function () {
        if (definitions === undefined) return this.skip();
        const [gateway] = customObjects(await evaluateExposure({ exposure: route() })).filter(
            ({ inputs }) => inputs["kind"] === "Gateway",
        );
        assert.ok(gateway);
        const spec = { ...(gateway.inputs["spec"] as object), listener: [] };
        const wrong = { ...gateway, inputs: { ...gateway.inputs, spec } };
        const known = definitions;
        assert.throws(() => assertDefined([wrong], known), /Gateway\.spec\.listener is no field/);
    });

    const specOf = (resources: readonly MockResource[], kind: string, name: string): ChartValues => {
        const found = customObjects(resources).find(
            ({ inputs }) => inputs["kind"] === kind && (inputs["metadata"] as { name: string }).name === name,
        );
        assert.ok(found, `${kind} ${name} is missing`);
        return found.inputs["spec"] as ChartValues;
    };

    it("of a route: a Gateway with the certificate, waited for; a redirect; hours; a limit for each address", async () => {
        const resources = await evaluateExposure({ exposure: { ...route(), rateLimit }, tls: inSecret });
        const [gateway] = customObjects(resources).filter(({ inputs }) => inputs["kind"] === "Gateway");
        assert.deepEqual(gateway?.inputs["metadata"], {
            name: "harbor",
            namespace: "harbor",
            annotations: { "pulumi.com/waitFor": "condition=Programmed", "pulumi.com/timeoutSeconds": "300" },
        });
        const listeners = specOf(resources, "Gateway", "harbor")["listeners"] as ChartValues[];
        assert.deepEqual(
            listeners.map(({ name, port, protocol, hostname }) => [name, port, protocol, hostname]),
            [
                ["http", 80, "HTTP", host],
                ["https", 443, "HTTPS", host],
            ],
        );
        assert.deepEqual(listeners[1]?.["tls"], {
            mode: "Terminate",
            certificateRefs: [{ group: "", kind: "Secret", name: "registry-tls" }],
        });
        assert.equal(
            specOf(resources, "GatewayClass", "harbor-envoy-gateway")["controllerName"],
            "gateway.envoyproxy.io/gatewayclass-controller",
        );
        const redirect = specOf(resources, "HTTPRoute", "harbor-redirect");
        assert.deepEqual((redirect["rules"] as ChartValues[])[0]?.["filters"], [
            { type: "RequestRedirect", requestRedirect: { scheme: "https", port: 443, statusCode: 301 } },
        ]);
        const backend = specOf(resources, "BackendTrafficPolicy", "harbor");
        assert.deepEqual(backend["targetRefs"], [
            { group: "gateway.networking.k8s.io", kind: "HTTPRoute", name: "harbor-route" },
        ]);
        assert.deepEqual(backend["timeout"], {
            http: { requestTimeout: "1h", connectionIdleTimeout: "1h", streamIdleTimeout: "1h" },
        });
        const selector = (value: string): object[] => [{ sourceCIDR: { type: "Distinct", value } }];
        const rule = (value: string, requests: number, unit: string): object => ({
            clientSelectors: selector(value),
            limit: { requests, unit },
        });
        assert.deepEqual(backend["rateLimit"], {
            local: {
                rules: [
                    rule("0.0.0.0/0", 125, "Second"),
                    rule("0.0.0.0/0", 1500, "Minute"),
                    rule("::/0", 125, "Second"),
                    rule("::/0", 1500, "Minute"),
                ],
            },
        });
    });

    it("of a route on http: no redirect, no limit; of a class that exists: no class", async () => {
        const resources = await evaluateExposure({ exposure: { ...route(), className: "shared" } });
        const kinds = customObjects(resources).map(({ inputs }) => String(inputs["kind"]));
        assert.deepEqual(kinds.sort(), ["BackendTrafficPolicy", "ClientTrafficPolicy", "Gateway"]);
        assert.equal(specOf(resources, "Gateway", "harbor")["gatewayClassName"], "shared");
        assert.equal(specOf(resources, "BackendTrafficPolicy", "harbor")["rateLimit"], undefined);
    });

    it("of a route of a Harbor that outlives a node: two Envoys apart, one of which may be drained", async () => {
        const harbor = { replicas: { core: 2 } };
        const resources = await evaluateExposure({ exposure: route(), harbor });
        const reference = { group: "gateway.envoyproxy.io", kind: "EnvoyProxy", name: "harbor" };
        assert.deepEqual(specOf(resources, "Gateway", "harbor")["infrastructure"], { parametersRef: reference });
        const { kubernetes } = specOf(resources, "EnvoyProxy", "harbor")["provider"] as { kubernetes: ChartValues };
        const { replicas, pod } = kubernetes["envoyDeployment"] as ChartValues;
        assert.equal(replicas, 2);
        const constraints = (pod as ChartValues)["topologySpreadConstraints"] as ChartValues[];
        const matchLabels = {
            "gateway.envoyproxy.io/owning-gateway-name": "harbor",
            "gateway.envoyproxy.io/owning-gateway-namespace": "harbor",
        };
        assert.deepEqual(
            constraints.map(({ labelSelector }) => labelSelector),
            [{ matchLabels }, { matchLabels }],
        );
        assert.deepEqual(kubernetes["envoyPDB"], { maxUnavailable: 1 });

        const alone = specOf(await evaluateExposure({ exposure: route() }), "EnvoyProxy", "harbor");
        assert.deepEqual(alone["provider"], { type: "Kubernetes", kubernetes: { envoyDeployment: { replicas: 1 } } });
    });

    it("of a route of Traefik: the ports of its entry points, and nothing of Envoy's", async () => {
        const resources = await evaluateExposure({ exposure: route("traefik"), tls: inSecret });
        const listeners = specOf(resources, "Gateway", "harbor")["listeners"] as ChartValues[];
        assert.deepEqual(
            listeners.map(({ port }) => port),
            [8000, 8443],
        );
        assert.ok(!customObjects(resources).some(({ inputs }) => String(inputs["apiVersion"]).includes("envoy")));
    });

    it("of a route with internal TLS: a policy for each component that it sends requests to", async () => {
        const resources = await evaluateExposure({ exposure: route(), tls: inSecret, harbor: internalTls });
        for (const component of ["harbor-core", "harbor-portal"]) {
            assert.deepEqual(specOf(resources, "BackendTLSPolicy", component), {
                targetRefs: [{ group: "", kind: "Service", name: component }],
                validation: {
                    caCertificateRefs: [{ group: "", kind: "Secret", name: `${component}-internal` }],
                    hostname: component,
                },
            });
        }
    });

    it("of Traefik: the limit as a Middleware, and whom to trust behind it", async () => {
        const exposure = { ...ingress("traefik"), rateLimit };
        const resources = await evaluateExposure({ exposure, tls: inSecret, harbor: internalTls });
        assert.deepEqual(specOf(resources, "Middleware", "harbor-rate-limit"), {
            rateLimit: { average: 25, burst: 125, period: "1s" },
        });
        assert.deepEqual(specOf(resources, "ServersTransport", "harbor-core"), {
            serverName: "harbor-core",
            rootCAs: [{ secret: "harbor-core-internal" }],
        });
    });

    it("come after their controller and the certificate, and before Harbor", async () => {
        const settings = parseSettings({ cluster, exposure: route(), tls: selfSigned });
        const resources = await evaluateDependencies(() => new Registry("registry", { settings }));
        const of = (name: string): readonly string[] => {
            const found = resources.find((resource) => resource.name === name);
            assert.ok(found, `there is no ${name} among ${resources.map((one) => one.name).join(", ")}`);
            return found.dependencies;
        };
        for (const before of ["registry-operators-envoy-gateway", "registry-certificates-secret"]) {
            assert.ok(of("registry-exposure-gateway-class").includes(before), before);
            assert.ok(of("registry-exposure-gateway-gateway").includes(before), before);
        }
        assert.ok(of("registry-harbor").includes("registry-exposure-gateway-gateway"));
        assert.ok(of("registry-harbor").includes("registry-certificates-secret"));
    });
});
