import { isIP } from "node:net";
import { z } from "zod";
import { count, host, httpUrl, name, port, secret } from "./fields";

const rateLimit = z
    .strictObject({
        requestsPerSecond: count(100_000).describe("of each client; more are answered 429"),
        burst: count(100).default(5).describe("times as many at once"),
    })
    .optional()
    .describe("limit for each client");

const publicHost = host.describe("name that clients type");

const nodePort = z.int().min(30_000, "must be 30000 or more").max(32_767, "must be 32767 or less");

const cidr = z.string().refine((text) => {
    const [address = "", bits = ""] = text.split("/");
    const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
    return /^\d{1,3}$/.test(bits) && Number(bits) <= most && text === `${address}/${bits}`;
}, "must be a range such as 10.0.0.0/8");

export const exposure = z.discriminatedUnion("kind", [
    z.strictObject({
        kind: z.literal("clusterIP").describe("inside the cluster; reached by a port-forward"),
        localPort: port.default(8080).describe("port on this machine that is forwarded"),
    }),
    z.strictObject({
        kind: z.literal("nodePort").describe("a port of every node, behind an HAProxy that the program writes"),
        host: publicHost,
        port: nodePort.default(30_002).describe("of the nodes"),
        tlsPort: nodePort
            .default(30_003)
            .describe("of the nodes, where TLS goes through HAProxy: a certificate in a Secret, or Vault's"),
        nodes: z.array(host).min(1, "must name a node").describe("addresses of the nodes, for HAProxy"),
        haproxy: z
            .strictObject({
                certificate: z
                    .string()
                    .regex(/^(\/[-\w.]+)+$/, "must be an absolute path without blanks")
                    .default("/etc/ssl/haproxy/registry.pem")
                    .describe(
                        "file with certificate and key on its host; written with install, where the stack has one",
                    ),
                install: z
                    .strictObject({
                        host: host.describe("reached by SSH"),
                        user: z
                            .string()
                            .min(1, "must not be empty")
                            .default("root")
                            .describe("may write /etc/haproxy and reload it"),
                        port: port.default(22).describe("of SSH"),
                        privateKey: secret
                            .optional()
                            .describe("secret: pulumi config set --secret --path exposure.haproxy.install.privateKey"),
                    })
                    .optional()
                    .describe("puts the configuration on a host"),
            })
            .prefault({})
            .describe("the load balancer in front"),
        rateLimit,
    }),
    z.strictObject({
        kind: z.literal("ingress").describe("an Ingress"),
        host: publicHost,
        controller: z
            .enum(["ingress-nginx", "traefik"])
            .default("ingress-nginx")
            .describe("ingress-nginx is retired upstream"),
        className: z.string().optional().describe("default: the controller's"),
        rateLimit,
    }),
    z.strictObject({
        kind: z.literal("route").describe("Gateway API: a Gateway, an HTTPRoute, a redirect to HTTPS"),
        host: publicHost,
        controller: z.enum(["envoy-gateway", "traefik"]).default("envoy-gateway").describe("serves the Gateway"),
        className: z.string().optional().describe("GatewayClass; default: the controller's, made by the program"),
        rateLimit,
    }),
    z.strictObject({
        kind: z.literal("loadBalancer").describe("a Service of type LoadBalancer"),
        host: publicHost,
        ip: z
            .string()
            .refine((text) => isIP(text) !== 0, "must be an address such as 203.0.113.7")
            .optional()
            .describe("address to ask for"),
        sourceRanges: z.array(cidr).default([]).describe("clients that may connect, as CIDRs; default: all"),
    }),
]);

export const tls = z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("none").describe("http; with nodePort HAProxy has a certificate on its host") }),
    z.strictObject({
        kind: z.literal("self-signed").describe("a CA of the stack's own, and a certificate by it"),
    }),
    z.strictObject({
        kind: z.literal("certificate").describe("a certificate that was bought or made elsewhere"),
        certificate: z.string().optional().describe("PEM with its chain, or the path of such a file"),
        key: secret.optional().describe("secret: its key as PEM, or the path of such a file"),
        existingSecret: name.optional().describe("Secret of type kubernetes.io/tls in the namespace"),
    }),
    z.strictObject({
        kind: z.literal("lets-encrypt").describe("Let's Encrypt by cert-manager, HTTP-01"),
        email: z.email("must be a mail address").describe("gets warnings of certificates that run out"),
        environment: z.enum(["production", "staging"]).default("production").describe("staging: tests without limits"),
    }),
    z.strictObject({
        kind: z.literal("vault").describe("HashiCorp Vault's PKI by cert-manager"),
        server: httpUrl.describe("such as https://vault.example.com:8200"),
        path: z
            .string()
            .regex(/^[^/].*\/sign\/.+$/, "must be <mount>/sign/<role>")
            .default("pki/sign/harbor")
            .describe("of the role that signs"),
        caBundle: z.string().optional().describe("CA of Vault's own certificate: PEM, or the path of such a file"),
        existingSecret: name.describe("Secret in the namespace with the key token, or secretId with roleId"),
        roleId: z.string().optional().describe("AppRole; default: the token in the Secret"),
    }),
]);
