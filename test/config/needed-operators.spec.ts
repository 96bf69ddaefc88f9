import assert from "node:assert/strict";
import { neededOperators } from "../../config/needed-operators";
import { parseSettings } from "../../config/settings";
import { warningsOf } from "../../config/warnings";

type Raw = Readonly<Record<string, unknown>>;

const host = "registry.example.com";
const ingress = (controller: string): Raw => ({ kind: "ingress", host, controller });
const route = (controller: string): Raw => ({ kind: "route", host, controller });
const settings = (more: Raw): ReturnType<typeof parseSettings> =>
    parseSettings({ cluster: { kind: "kubeconfig" }, ...more });
const vault = { kind: "vault", server: "https://vault.example.com:8200", existingSecret: "vault-token" };

describe("needed operators", () => {
    const cases: readonly (readonly [title: string, more: Raw, expected: readonly string[]])[] = [
        ["nothing by default", {}, []],
        ["nothing for what exists elsewhere", { cache: { kind: "external", host: "redis", existingSecret: "r" } }, []],
        ["the Ingress controller", { exposure: ingress("ingress-nginx") }, ["ingress-nginx"]],
        ["the other Ingress controller", { exposure: ingress("traefik") }, ["traefik"]],
        ["the Gateway's controller", { exposure: route("envoy-gateway") }, ["envoy-gateway"]],
        ["the other Gateway's controller", { exposure: route("traefik") }, ["traefik"]],
        ["that of the database", { database: { kind: "cloudnative-pg" } }, ["cloudnative-pg"]],
        ["that of the other database", { database: { kind: "zalando" } }, ["zalando"]],
        ["that of the cache", { cache: { kind: "redis-ot" } }, ["redis-ot"]],
        ["that of the other cache", { cache: { kind: "redis-spotahome" } }, ["redis-spotahome"]],
        [
            "all of a seed's stack, in one order",
            {
                generation: "seed",
                cache: {},
                database: {},
                exposure: { host },
                tls: { kind: "lets-encrypt", email: "a@example.com" },
            },
            ["cert-manager", "ingress-nginx", "zalando", "redis-spotahome"],
        ],
        [
            "all of today's stack, one that is installed among them",
            { cache: {}, database: {}, exposure: { host }, operators: { "envoy-gateway": { installed: true } } },
            ["envoy-gateway", "cloudnative-pg", "redis-ot"],
        ],
    ];
    for (const [title, more, expected] of cases) {
        it(`are ${title}`, () => assert.deepEqual(neededOperators(settings(more)), expected));
    }

    // What fits to which exposure is checked elsewhere: here the setting alone decides.
    const base = settings({});
    const certificates: readonly (readonly [title: string, tls: Raw, internalTls: boolean, needed: boolean])[] = [
        ["no TLS", { kind: "none" }, false, false],
        ["a given certificate", { kind: "certificate", existingSecret: "tls" }, false, false],
        ["Let's Encrypt", { kind: "lets-encrypt", email: "a@example.com", environment: "staging" }, false, true],
        ["the stack's own CA, which the program makes", { kind: "self-signed" }, false, false],
        ["Vault", { ...vault, path: "pki/sign/harbor" }, false, true],
        ["internal TLS alone", { kind: "none" }, true, true],
    ];
    for (const [title, tls, internalTls, needed] of certificates) {
        it(`have ${needed ? "cert-manager" : "no cert-manager"} for ${title}`, () => {
            const given = {
                ...base,
                tls: tls as unknown as typeof base.tls,
                harbor: { ...base.harbor, internalTls },
            };
            assert.deepEqual(neededOperators(given), needed ? ["cert-manager"] : []);
        });
    }
});

describe("warnings", () => {
    it("are none for parts that are alive", () => {
        const more = { cache: { kind: "redis-ot" }, database: { kind: "zalando" }, exposure: route("envoy-gateway") };
        assert.deepEqual(warningsOf(settings(more)), []);
        assert.deepEqual(warningsOf(settings({ exposure: ingress("traefik") })), []);
    });

    const retired: readonly (readonly [more: Raw, expected: RegExp])[] = [
        [
            { exposure: ingress("ingress-nginx") },
            /^exposure\.controller is "ingress-nginx", which is retired since 2026-03: .*exposure\.kind "route"/,
        ],
        [
            { cache: { kind: "redis-spotahome" } },
            /^cache\.kind is "redis-spotahome", which is retired since 2023-08: .*cache\.kind "redis-ot"/,
        ],
        [{ storage: { kind: "minio" } }, /^storage\.kind is "minio", which is retired since 2026-02: .*SeaweedFS/],
        [{ exposure: route("traefik") }, /^exposure\.controller is "traefik".*CRDs of the Gateway API/],
    ];
    for (const [more, expected] of retired) {
        it(`say ${expected.source}`, () => {
            const [first, ...rest] = warningsOf(settings(more));
            assert.match(first ?? "nothing was said", expected);
            assert.deepEqual(rest, []);
        });
    }

    it("say nothing of CRDs where the controller is there already", () => {
        const more = { exposure: route("traefik"), operators: { traefik: { installed: true } } };
        assert.deepEqual(warningsOf(settings(more)), []);
    });
});
