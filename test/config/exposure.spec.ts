import assert from "node:assert/strict";
import { registryUrlOf } from "../../config/registry-url";
import { parseSettings } from "../../config/settings";
import { mistakesOf } from "../support/settings";

type Raw = Readonly<Record<string, unknown>>;

const host = "registry.example.com";
const secret = { kind: "certificate", existingSecret: "registry-tls" };
const nodePort = { kind: "nodePort", host, nodes: ["10.0.0.1"] };
const rateLimit = { requestsPerSecond: 25 };

interface Case {
    readonly title: string;
    readonly refused: Raw;
    readonly because: RegExp;
    readonly allowed: Raw;
}

const cases: readonly Case[] = [
    {
        title: "an address as the name of an Ingress",
        refused: { exposure: { kind: "ingress", host: "10.0.0.1", controller: "traefik" } },
        because: /^exposure\.host is "10\.0\.0\.1", but exposure\.kind "ingress" needs a name/,
        allowed: { exposure: { kind: "ingress", host, controller: "traefik" } },
    },
    {
        title: "an address as the name of a route",
        refused: { exposure: { kind: "route", host: "10.0.0.1" } },
        because: /^exposure\.host is "10\.0\.0\.1", but exposure\.kind "route" needs a name/,
        allowed: { exposure: { kind: "loadBalancer", host: "10.0.0.1" } },
    },
    {
        title: "one port of the nodes for two things",
        refused: { exposure: { ...nodePort, port: 30_003 } },
        because: /^exposure\.tlsPort is 30003, and so is exposure\.port/,
        allowed: { exposure: { ...nodePort, port: 30_003, tlsPort: 30_004 } },
    },
    {
        title: "a node named twice",
        refused: { exposure: { ...nodePort, nodes: ["10.0.0.1", "10.0.0.2", "10.0.0.1"] } },
        because: /^exposure\.nodes has 10\.0\.0\.1 twice/,
        allowed: { exposure: { ...nodePort, nodes: ["10.0.0.1", "10.0.0.2"] } },
    },
    {
        title: "no node",
        refused: { exposure: { ...nodePort, nodes: [] } },
        because: /^exposure\.nodes is \[\]; it must name a node/,
        allowed: { exposure: nodePort },
    },
    {
        title: "a port that Kubernetes gives to no node",
        refused: { exposure: { ...nodePort, port: 443 } },
        because: /^exposure\.port is 443; it must be 30000 or more/,
        allowed: { exposure: { ...nodePort, port: 32_767 } },
    },
    {
        title: "a certificate's file with a blank in its name",
        refused: { exposure: { ...nodePort, haproxy: { certificate: "/etc/ssl/my registry.pem" } } },
        because: /^exposure\.haproxy\.certificate is .*; it must be an absolute path without blanks/,
        allowed: { exposure: { ...nodePort, haproxy: { certificate: "/etc/ssl/my-registry.pem" } } },
    },
    {
        title: "a range of clients that is none",
        refused: { exposure: { kind: "loadBalancer", host, sourceRanges: ["10.0.0.0/33"] } },
        because: /^exposure\.sourceRanges\.0 is "10\.0\.0\.0\/33"; it must be a range/,
        allowed: { exposure: { kind: "loadBalancer", host, sourceRanges: ["10.0.0.0/8", "2001:db8::/32"] } },
    },
    {
        title: "an address of a load balancer that is none",
        refused: { exposure: { kind: "loadBalancer", host, ip: "203.0.113" } },
        because: /^exposure\.ip is "203\.0\.113"; it must be an address/,
        allowed: { exposure: { kind: "loadBalancer", host, ip: "203.0.113.7" } },
    },
    {
        title: "a limit on a route of Traefik's",
        refused: { exposure: { kind: "route", host, controller: "traefik", rateLimit } },
        because: /^exposure\.rateLimit is set, but exposure\.controller is "traefik"/,
        allowed: { exposure: { kind: "route", host, controller: "envoy-gateway", rateLimit } },
    },
    {
        title: "a route with a chart that has none",
        refused: { exposure: { kind: "route", host }, harbor: { version: "2.13.1" } },
        because: /^exposure\.kind is "route", but harbor\.version is "2\.13\.1"/,
        allowed: { exposure: { kind: "route", host }, harbor: { version: "2.14.4" } },
    },
    {
        title: "an external URL of another scheme",
        refused: {
            exposure: { kind: "ingress", host, controller: "traefik" },
            harbor: { externalUrl: `https://${host}` },
        },
        because:
            /^harbor\.externalUrl is .*, but the registry answers on http:\/\/registry\.example\.com \(.*tls\.kind "none"/,
        allowed: {
            exposure: { kind: "ingress", host, controller: "traefik" },
            tls: secret,
            harbor: { externalUrl: `https://${host}` },
        },
    },
    {
        title: "an external URL of another host",
        refused: {
            exposure: { kind: "route", host },
            tls: secret,
            harbor: { externalUrl: "https://harbor.example.com" },
        },
        because: /^harbor\.externalUrl is .*, but the registry answers on https:\/\/registry\.example\.com/,
        allowed: { exposure: { kind: "route", host }, tls: secret, harbor: { externalUrl: `https://${host}` } },
    },
    {
        title: "an external URL of another port",
        refused: { exposure: nodePort, harbor: { externalUrl: `https://${host}:30002` } },
        because: /^harbor\.externalUrl is .*:30002", but the registry answers on https:\/\/registry\.example\.com/,
        allowed: { exposure: nodePort, harbor: { externalUrl: `https://${host}:443` } },
    },
    {
        title: "an external URL with a path",
        refused: { exposure: nodePort, harbor: { externalUrl: `https://${host}/harbor` } },
        because: /^harbor\.externalUrl is .*root of a host only: set "https:\/\/registry\.example\.com"/,
        allowed: { exposure: nodePort, harbor: { externalUrl: `https://${host}` } },
    },
];

describe("settings of exposure", () => {
    for (const { title, refused, because, allowed } of cases) {
        it(`refuse ${title}, and allow its neighbour`, () => {
            const cluster = { kind: "kubeconfig" };
            const [first, ...rest] = mistakesOf({ cluster, ...refused });
            assert.match(first ?? "nothing was refused", because);
            assert.deepEqual(rest, []);
            assert.deepEqual(mistakesOf({ cluster, ...allowed }), []);
        });
    }

    const urls: readonly (readonly [title: string, more: Raw, url: string])[] = [
        ["a port-forward", { exposure: { kind: "clusterIP", localPort: 9000 } }, "http://localhost:9000"],
        ["HAProxy with a certificate of its own", { exposure: nodePort }, `https://${host}`],
        ["HAProxy that TLS goes through", { exposure: nodePort, tls: secret }, `https://${host}`],
        ["an Ingress", { exposure: { kind: "ingress", host, controller: "traefik" } }, `http://${host}`],
        ["a route with TLS", { exposure: { kind: "route", host }, tls: { kind: "self-signed" } }, `https://${host}`],
        [
            "a load balancer by its address",
            { exposure: { kind: "loadBalancer", host: "203.0.113.7" } },
            "http://203.0.113.7",
        ],
    ];
    for (const [title, more, url] of urls) {
        it(`give the registry's URL: ${title}`, () => {
            assert.equal(registryUrlOf(parseSettings({ cluster: { kind: "kubeconfig" }, ...more })), url);
        });
    }
});
