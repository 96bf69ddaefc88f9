import { Certificates } from "../../components/certificates";
import { Exposure } from "../../components/exposure";
import { parseSettings } from "../../config/settings";
import { evaluate, type MockResource } from "./mocks";

type Raw = Readonly<Record<string, unknown>>;

export const host = "registry.example.com";
export const cluster = { kind: "kubeconfig" };
export const inSecret = { kind: "certificate", existingSecret: "registry-tls" };
export const selfSigned = { kind: "self-signed" };
export const rateLimit = { requestsPerSecond: 25 };
export const nodePort = { kind: "nodePort", host, nodes: ["10.0.0.1"] };
export const ingress = (controller: string): Raw => ({ kind: "ingress", host, controller });
export const route = (controller = "envoy-gateway"): Raw => ({ kind: "route", host, controller });
export const vault = { kind: "vault", server: "https://vault.example.com:8200", existingSecret: "vault-token" };
export const letsEncrypt = { kind: "lets-encrypt", email: "ops@example.com" };
export const internalTls = { internalTls: true };

/** Every kind with the certificates that go with it. */
export const everyExposure: readonly (readonly [title: string, more: Raw])[] = [
    ["clusterIP", { exposure: { kind: "clusterIP" } }],
    ["nodePort", { exposure: { ...nodePort, rateLimit } }],
    ["nodePort, TLS through HAProxy", { exposure: nodePort, tls: vault }],
    ["ingress-nginx on http", { exposure: ingress("ingress-nginx") }],
    ["ingress-nginx", { exposure: { ...ingress("ingress-nginx"), rateLimit }, tls: letsEncrypt }],
    ["ingress-nginx, internal TLS", { exposure: ingress("ingress-nginx"), tls: inSecret, harbor: internalTls }],
    ["Traefik", { exposure: { ...ingress("traefik"), rateLimit }, tls: letsEncrypt, harbor: internalTls }],
    ["a route on http", { exposure: route() }],
    ["a route", { exposure: { ...route(), rateLimit }, tls: letsEncrypt }],
    ["a route, internal TLS", { exposure: route(), tls: selfSigned, harbor: { ...internalTls, metrics: true } }],
    ["a route of Traefik", { exposure: route("traefik"), tls: vault, harbor: internalTls }],
    ["a load balancer", { exposure: { kind: "loadBalancer", host }, tls: vault }],
    ["a load balancer on http", { exposure: { kind: "loadBalancer", host, ip: "203.0.113.7" } }],
];

/** What the exposure and its certificates make: of those settings, and of nothing else. */
export function evaluateExposure(more: Raw): Promise<readonly MockResource[]> {
    const settings = parseSettings({ cluster, ...more });
    return evaluate(() => {
        const { namespace } = settings;
        const certificates = new Certificates("certificates", { settings, namespace, certManager: [] });
        const { public: certificate, pair } = certificates;
        return new Exposure("exposure", { settings, namespace, certificate, pair, after: [certificates] });
    });
}
