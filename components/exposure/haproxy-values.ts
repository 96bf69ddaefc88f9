import type { Settings } from "../../config/schema";

export type HaProxySettings = Extract<Settings["exposure"], { kind: "nodePort" }>;

export interface HaProxySpecs {
    readonly haproxy: HaProxySettings;
    /** TLS ends in the cluster: HAProxy hands the connection on as it is. */
    readonly passThrough: boolean;
    /** Ports that it listens on. @default 80, 443, and 8404 for statistics */
    readonly listen?: { readonly http: number; readonly https: number; readonly stats: number };
    /** Account that it runs as after its start. @default haproxy, which the distributions' packages make */
    readonly user?: string;
}

/** The path that health checks ask for: Harbor's own, answered by core through the chart's nginx. */
const ping = "/api/v2.0/ping";

/**
 * A complete haproxy.cfg (HAProxy 2.4 and later): https for clients, plain http redirected to it, every node checked,
 * an hour for a layer. Pure, and without a secret: the certificate is a file of HAProxy's host.
 */
export function haProxyConfiguration(specs: HaProxySpecs): string {
    const sections = [
        [title],
        global(specs),
        defaults,
        statistics(specs),
        redirect(specs),
        ...(specs.passThrough ? passedThrough(specs) : terminated(specs)),
    ];
    return `${sections.map((lines) => lines.join("\n    ")).join("\n\n")}\n`;
}

const title = "# Written by Anchorage: what is changed here is overwritten by the next update of the stack.";

const ports = { http: 80, https: 443, stats: 8404 } as const;

function global({ user = "haproxy" }: HaProxySpecs): string[] {
    return [
        "global",
        "log /dev/log local0",
        `user ${user}`,
        `group ${user}`,
        // Two file descriptors each: within what a container or an old host allows.
        "maxconn 4000",
        // What Mozilla calls intermediate: clients of the last ten years.
        "ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets",
        "ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:!aNULL:!MD5",
        "ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
        "tune.ssl.default-dh-param 2048",
    ];
}

/** A push or a pull of a large layer is one request; what a client has to say first has half a minute. */
const defaults = [
    "defaults",
    "mode http",
    "log global",
    "option httplog",
    "option dontlognull",
    "option redispatch",
    "retries 3",
    "timeout connect 10s",
    "timeout queue 1m",
    "timeout check 5s",
    "timeout http-request 30s",
    "timeout http-keep-alive 1m",
    "timeout client 1h",
    "timeout server 1h",
    "timeout tunnel 1h",
];

/** On loopback: it shows the nodes to whoever asks. */
function statistics({ listen = ports }: HaProxySpecs): string[] {
    return [
        "frontend statistics",
        `bind 127.0.0.1:${String(listen.stats)}`,
        "stats enable",
        "stats uri /",
        "stats refresh 10s",
    ];
}

function redirect({ listen = ports }: HaProxySpecs): string[] {
    return ["frontend registry_http", `bind *:${String(listen.http)}`, "http-request redirect scheme https code 301"];
}

function terminated({ haproxy, listen = ports }: HaProxySpecs): string[][] {
    const { host, port, nodes } = haproxy;
    const certificate = haproxy.haproxy.certificate;
    return [
        [
            "frontend registry_https",
            `bind *:${String(listen.https)} ssl crt ${certificate} alpn h2,http/1.1`,
            ...rateLimit(haproxy.rateLimit),
            // Set, not added: what a client claims about itself does not reach Harbor.
            "http-request del-header X-Forwarded-For",
            "option forwardfor",
            "http-request set-header X-Real-IP %[src]",
            "http-request set-header X-Forwarded-Proto https",
            "default_backend registry",
        ],
        [
            "backend registry",
            // Layers differ in size by orders of magnitude: the node with the fewest of them is next.
            "balance leastconn",
            `option httpchk GET ${ping}`,
            `http-check send ver HTTP/1.1 hdr Host ${host}`,
            "http-check expect status 200",
            ...servers(nodes, port, ""),
        ],
    ];
}

/** Clients meet the certificate of the cluster; HAProxy sees neither requests nor, towards Harbor, the client's address. */
function passedThrough({ haproxy: { host, tlsPort, nodes }, listen = ports }: HaProxySpecs): string[][] {
    return [
        [
            "frontend registry_https",
            "mode tcp",
            "option tcplog",
            `bind *:${String(listen.https)}`,
            "default_backend registry",
        ],
        [
            "backend registry",
            "mode tcp",
            "balance leastconn",
            `option httpchk GET ${ping}`,
            `http-check send ver HTTP/1.1 hdr Host ${host}`,
            "http-check expect status 200",
            // The check asks whether a node answers; whom it is, clients find out by the certificate.
            ...servers(nodes, tlsPort, ` check-ssl verify none check-sni ${host}`),
        ],
    ];
}

function servers(nodes: readonly string[], port: number, options: string): string[] {
    return [
        "default-server inter 5s fastinter 1s fall 3 rise 2",
        ...nodes.map((node, index) => `server node${String(index + 1)} ${node}:${String(port)} check${options}`),
    ];
}

/**
 * Requests of each address, counted over as many seconds as the burst is times the limit: so many may come at once,
 * and in the long run no more than the limit. `ipv6` keeps addresses of both families.
 */
function rateLimit(limit: HaProxySettings["rateLimit"]): string[] {
    if (limit === undefined) return [];
    const { requestsPerSecond, burst } = limit;
    const most = requestsPerSecond * burst;
    return [
        `stick-table type ipv6 size 100k expire ${String(burst * 2)}s store http_req_rate(${String(burst)}s)`,
        "http-request track-sc0 src",
        `http-request deny deny_status 429 hdr Retry-After ${String(burst)} if { sc_http_req_rate(0) gt ${String(most)} }`,
    ];
}
