import assert from "node:assert/strict";
import { operatorCharts } from "../../config/catalogue";
import { partsOf } from "../../config/parts";
import type { Part } from "../../config/parts/part";
import { settingsSchema, type Settings } from "../../config/schema";

const host = "registry.example.com";
const exposures = [
    { kind: "clusterIP" },
    { kind: "nodePort", host, nodes: ["10.0.0.1", "10.0.0.2"] },
    { kind: "ingress", host, controller: "ingress-nginx" },
    { kind: "ingress", host, controller: "traefik" },
    { kind: "route", host, controller: "envoy-gateway" },
    { kind: "route", host, controller: "traefik" },
    { kind: "loadBalancer", host },
];
const certificates = [
    { kind: "none" },
    { kind: "self-signed" },
    { kind: "certificate", existingSecret: "registry-tls" },
    { kind: "lets-encrypt", email: "ops@example.com" },
    { kind: "vault", server: "https://vault.example.com:8200", existingSecret: "vault" },
];
const databases = [
    { kind: "internal" },
    { kind: "cloudnative-pg" },
    { kind: "zalando" },
    { kind: "external", host: "postgres.example.com", existingSecret: "postgres" },
];
const caches = [
    { kind: "internal" },
    { kind: "redis-ot" },
    { kind: "redis-spotahome" },
    { kind: "external", host: "redis.example.com" },
    {
        kind: "external-sentinel",
        sentinels: ["s-0.example.com:26379", "s-1.example.com:26379", "s-2.example.com:26379"],
    },
];
const storages = [
    { kind: "volume" },
    { kind: "volume", accessMode: "ReadWriteMany" },
    { kind: "nfs", server: "nfs.example.com" },
    { kind: "s3", bucket: "images", existingSecret: "s3" },
    { kind: "s3", bucket: "images", existingSecret: "s3", endpoint: "https://s3.example.com" },
    { kind: "aws", bucket: "images" },
    { kind: "minio" },
    { kind: "minio", endpoint: "https://minio.example.com", rootPassword: "hush-hush" },
    {
        kind: "swift",
        authUrl: "https://keystone.example.com:5000/v3",
        container: "images",
        username: "harbor",
        existingSecret: "swift",
    },
];
const harbors = [{}, { trivy: false }, { metrics: true, serviceMonitors: true, internalTls: true }];

/** By the schema alone: what fits together is for the checks. */
function settings(more: Record<string, unknown> = {}): Settings {
    return settingsSchema.parse({ cluster: { kind: "kubeconfig" }, ...more });
}

function part(parts: readonly Part[], id: string): Part {
    const found = parts.find((candidate) => candidate.id === id);
    assert.ok(found, `there is no ${id} among ${parts.map((candidate) => candidate.id).join(", ")}`);
    return found;
}

function alone(parts: readonly Part[]): string[] {
    return parts.filter(({ singlePointOfFailure }) => singlePointOfFailure !== undefined).map(({ id }) => id);
}

const ids = (parts: readonly Part[]): string[] => parts.map(({ id }) => id);

/** What every stack's parts have in common. */
function assertSound(parts: readonly Part[]): void {
    const known = ids(parts);
    assert.equal(new Set(known).size, known.length, known.join(", "));
    for (const { id, title, uses, namespace, instances, version, singlePointOfFailure } of parts) {
        assert.match(id, /^[a-z][a-z0-9-]*$/);
        assert.ok(title.length > 0, id);
        assert.ok(!/undefined|\[object/.test(title), title);
        for (const used of uses) {
            assert.ok(known.includes(used.part), `${id} uses ${used.part}`);
            assert.ok(used.what.length > 0 && used.part !== id, id);
        }
        assert.equal(new Set(uses.map((used) => used.part)).size, uses.length, `${id} uses a part twice`);
        // What has pods of ours has a version and a place, and the other way round.
        if (instances !== undefined)
            assert.ok(version !== undefined && (id === "cluster" || namespace !== undefined), id);
        if (singlePointOfFailure) assert.ok(singlePointOfFailure.why !== "" && singlePointOfFailure.mend !== "", id);
    }
    const reached = new Set(["clients"]);
    for (const id of reached) for (const used of part(parts, id).uses) reached.add(used.part);
    for (const id of ["core", "portal", "registry", "database", "cache", "storage"]) {
        assert.ok(reached.has(id), `clients do not reach ${id}`);
    }
    const touched = new Set(parts.flatMap(({ id, uses }) => (uses.length > 0 ? [id, ...uses.map((u) => u.part)] : [])));
    for (const id of known) if (id !== "cluster") assert.ok(touched.has(id), `${id} has no arrow`);
}

describe("parts of a stack", () => {
    it("hang together for every choice of each part", () => {
        let stacks = 0;
        for (const exposure of exposures)
            for (const tls of certificates)
                for (const harbor of harbors)
                    for (const [index, storage] of storages.entries()) {
                        if (exposure.kind === "clusterIP" && tls.kind !== "none") continue; // refused by the checks
                        const database = databases[(index + stacks) % databases.length];
                        const cache = caches[(index + stacks) % caches.length];
                        assertSound(partsOf(settings({ exposure, tls, database, cache, storage, harbor })));
                        stacks += 1;
                    }
        const ways = exposures.length * certificates.length - (certificates.length - 1);
        assert.equal(stacks, ways * harbors.length * storages.length);
    });

    it("are the same each time", () => {
        assert.deepEqual(partsOf(settings()), partsOf(settings()));
    });

    it("are all single in the smallest stack, each with what mends it", () => {
        const parts = partsOf(settings());
        assert.deepEqual(alone(parts), [
            "port-forward",
            "nginx",
            "portal",
            "core",
            "jobservice",
            "registry",
            "trivy",
            "database",
            "cache",
            "storage",
        ]);
        assert.equal(part(parts, "core").singlePointOfFailure?.mend, "set harbor.replicas.core: 2");
        assert.equal(part(parts, "database").singlePointOfFailure?.mend, "set database.kind: cloudnative-pg");
        assert.match(
            part(parts, "registry").singlePointOfFailure?.mend ?? "",
            /ReadWriteMany; then set harbor\.replicas\.reg/,
        );
    });

    it("are single no longer where the settings that mend them are set", () => {
        const parts = partsOf(
            settings({
                exposure: { kind: "route", host, className: "envoy-of-three" },
                tls: { kind: "lets-encrypt", email: "ops@example.com" },
                harbor: { replicas: { portal: 2, core: 2, jobservice: 2, registry: 2, trivy: 2 } },
                database: { kind: "cloudnative-pg" },
                cache: { kind: "redis-ot" },
                storage: { kind: "s3", bucket: "images", existingSecret: "s3" },
            }),
        );
        assert.deepEqual(alone(parts), []);
    });

    const twice = { replicas: { portal: 2, core: 2, jobservice: 2, registry: 2, trivy: 2 } };
    const single: readonly (readonly [
        title: string,
        more: Record<string, unknown>,
        id: string,
        expected: RegExp | undefined,
    ])[] = [
        [
            "pods that may share a node",
            { harbor: twice, placement: { spread: "none" } },
            "core",
            /^set placement\.spread: preferred$/,
        ],
        ["pods that are spread", { harbor: twice }, "core", undefined],
        ["one PostgreSQL", { database: { kind: "zalando", instances: 1 } }, "database", /^set database\.instances: 2$/],
        ["two PostgreSQL", { database: { kind: "zalando" } }, "database", undefined],
        ["a PostgreSQL of others", { database: databases[3] }, "database", undefined],
        ["one Redis", { cache: { kind: "redis-ot", replicas: 1 } }, "cache", /^set cache\.replicas: 3$/],
        ["two Sentinels", { cache: { kind: "redis-ot", sentinels: 2 } }, "cache", /^set cache\.sentinels: 3$/],
        ["three Sentinels", { cache: { kind: "redis-ot" } }, "cache", undefined],
        ["one Redis of others", { cache: caches[3] }, "cache", /external-sentinel/],
        ["Sentinels of others", { cache: caches[4] }, "cache", undefined],
        ["a volume on one node", { storage: { kind: "volume" } }, "storage", /ReadWriteMany/],
        ["a shared volume", { storage: storages[1] }, "storage", undefined],
        ["NFS", { storage: storages[2] }, "storage", /set storage\.kind: s3/],
        ["MinIO in the cluster", { storage: { kind: "minio" } }, "storage", /set storage\.kind: s3/],
        ["MinIO elsewhere", { storage: storages[7] }, "storage", undefined],
        ["one HAProxy", { exposure: exposures[1] }, "haproxy", /second host/],
        ["one pod of a controller", { exposure: exposures[3] }, "traefik", /harbor\.replicas\.core: 2/],
        ["one Envoy", { exposure: { kind: "route", host } }, "gateway", /harbor\.replicas\.core: 2/],
        ["two Envoys", { exposure: { kind: "route", host }, harbor: twice }, "gateway", undefined],
        ["two pods of a controller", { exposure: exposures[3], harbor: twice }, "traefik", undefined],
        [
            "a controller of the cluster's own",
            { exposure: exposures[3], operators: { traefik: { installed: true } } },
            "traefik",
            undefined,
        ],
        ["one machine", { cluster: { kind: "kind" } }, "cluster", /cluster\.kind: kubeconfig/],
    ];
    for (const [title, more, id, expected] of single) {
        it(`${expected ? "tell" : "do not tell"} of a single point of failure: ${title}`, () => {
            const mend = part(partsOf(settings(more)), id).singlePointOfFailure?.mend;
            if (expected) assert.match(mend ?? "none", expected);
            else assert.equal(mend, undefined);
        });
    }

    it("have the versions of the catalogue", () => {
        const parts = partsOf(
            settings({
                exposure: { kind: "route", host },
                tls: { kind: "lets-encrypt", email: "ops@example.com" },
                database: { kind: "cloudnative-pg" },
                cache: { kind: "redis-ot" },
                harbor: { version: "2.14.4" },
            }),
        );
        assert.equal(part(parts, "core").version, "2.14.4");
        for (const id of ["cert-manager", "envoy-gateway", "cloudnative-pg", "redis-ot"] as const) {
            assert.equal(part(parts, id).version, operatorCharts[id].app, id);
            assert.equal(part(parts, id).namespace, operatorCharts[id].namespace, id);
        }
        assert.match(part(parts, "database").version ?? "", /^17\.\d+$/);
        assert.match(part(parts, "cache").version ?? "", /^7\.\d/);
        assert.deepEqual(
            part(parts, "envoy-gateway").uses.map((used) => used.part),
            ["gateway"],
        );
    });

    it("tell nothing of an operator that the cluster has already but that it is used", () => {
        const parts = partsOf(settings({ database: { kind: "zalando" }, operators: { zalando: { installed: true } } }));
        const { title, version, namespace, uses } = part(parts, "zalando");
        assert.equal(title, "Zalando's postgres-operator, the cluster's own");
        assert.deepEqual([version, namespace], [undefined, undefined]);
        assert.deepEqual(uses, [{ part: "database", what: "makes and watches" }]);
    });

    it("tell which are retired", () => {
        const retired = (more: Record<string, unknown>): string[] =>
            partsOf(settings(more)).flatMap(({ id, retired: since }) => (since ? [`${id} ${since.since}`] : []));
        assert.deepEqual(retired({ exposure: exposures[2], cache: caches[2], storage: { kind: "minio" } }), [
            "ingress-nginx 2026-03",
            "storage 2026-02",
            "redis-spotahome 2023-08",
        ]);
        assert.deepEqual(retired({ exposure: exposures[4], cache: caches[1] }), []);
    });

    it("say https where there is TLS, on every way", () => {
        const flow = (more: Record<string, unknown>): string | undefined =>
            part(partsOf(settings(more)), "clients").uses[0]?.what;
        assert.equal(flow({}), "http");
        assert.equal(flow({ exposure: exposures[4], tls: { kind: "none" } }), "http");
        assert.equal(flow({ exposure: exposures[4], tls: { kind: "self-signed" } }), "https");
        assert.equal(flow({ exposure: exposures[1] }), "https");
        const inner = partsOf(settings({ harbor: { internalTls: true } }));
        assert.match(part(inner, "core").uses.find((used) => used.part === "registry")?.what ?? "", /^https, /);
        assert.match(part(inner, "nginx").uses.find((used) => used.part === "core")?.what ?? "", /^https, /);
        assert.ok(part(inner, "core").uses.some((used) => used.part === "cert-manager"));
    });

    it("show where TLS ends: at the controller, at HAProxy, or at nginx", () => {
        const certified = (more: Record<string, unknown>): string[] =>
            partsOf(settings(more)).flatMap(({ id, uses }) =>
                uses.some(({ part: used }) => used === "certificate" || used === "cert-manager") ? [id] : [],
            );
        const [, , inSecret, , byVault] = certificates;
        const files = { kind: "certificate", certificate: "-----BEGIN", key: "-----BEGIN" };
        assert.deepEqual(certified({ exposure: exposures[2], tls: inSecret }), ["ingress-nginx"]);
        assert.deepEqual(certified({ exposure: exposures[4], tls: inSecret }), ["gateway"]);
        assert.deepEqual(certified({ exposure: exposures[6], tls: inSecret }), ["nginx"]);
        assert.deepEqual(certified({ exposure: exposures[1], tls: files }), ["haproxy"]);
        assert.deepEqual(certified({ exposure: exposures[1], tls: inSecret }), ["nginx"]);
        assert.deepEqual(certified({ exposure: exposures[1], tls: byVault }), ["nginx"]);
        const haproxy = (more: Record<string, unknown>): string | undefined =>
            part(partsOf(settings(more)), "haproxy").uses[0]?.what;
        assert.equal(haproxy({ exposure: exposures[1] }), "http, port 30002 of 2 nodes");
        assert.equal(haproxy({ exposure: exposures[1], tls: byVault }), "https, port 30003 of 2 nodes");
    });

    it("hold no secret", () => {
        const text = JSON.stringify(
            partsOf(
                settings({
                    storage: storages[7],
                    database: { kind: "external", host: "db.example.com", password: "hush-hush" },
                    cache: { kind: "external", host: "redis.example.com", password: "hush-hush" },
                }),
            ),
        );
        assert.ok(!text.includes("hush-hush"));
    });
});
