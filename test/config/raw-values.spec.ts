import assert from "node:assert/strict";
import { chartKeys, type ChartKeys } from "../../config/chart-keys";
import { forbiddenValues } from "../../config/checks/raw-values";
import { mistakesOf } from "../support/settings";

const withValues = (values: unknown, more: Record<string, unknown> = {}) => ({
    cluster: { kind: "lab" },
    harbor: { values, ...more },
});
const nested = (path: string, value: unknown): unknown =>
    path.split(".").reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);

function find(path: string): ChartKeys | undefined {
    return path
        .split(".")
        .reduce<ChartKeys | undefined>(
            (here, key) => (typeof here === "object" ? here.get(key) : undefined),
            chartKeys(),
        );
}

describe("raw values of the chart", () => {
    describe("that are the program's own", () => {
        for (const [path, why] of Object.entries(forbiddenValues)) {
            it(`refuses ${path}, which the chart has`, () => {
                const keys = find(path);
                assert.ok(keys !== undefined, "the chart has no such key");
                const value = typeof keys === "object" ? {} : "x";
                assert.deepEqual(mistakesOf(withValues(nested(path, value))), [
                    `harbor.values.${path} is not for raw values: ${why}`,
                ]);
            });
        }

        const others: readonly (readonly [title: string, values: unknown, expected: RegExp])[] = [
            [
                "a key below one",
                { expose: { type: "ingress" } },
                /^harbor\.values\.expose is not for raw values: set exposure/,
            ],
            [
                "the same lock by its variable",
                { core: { extraEnvVars: [{ name: "CONFIG_OVERWRITE_JSON", value: "{}" }] } },
                /^harbor\.values\.core\.extraEnvVars has CONFIG_OVERWRITE_JSON/,
            ],
            [
                "a proxy with a password",
                { proxy: { httpsProxy: "http://user:hush@proxy.example.com:3128" } },
                /^harbor\.values\.proxy\.httpsProxy has a password in it/,
            ],
        ];
        for (const [title, values, expected] of others) {
            it(`refuses ${title}, and does not show its value`, () => {
                const [first, ...rest] = mistakesOf(withValues(values));
                assert.match(first ?? "nothing was refused", expected);
                assert.doesNotMatch(first ?? "", /hush/);
                assert.deepEqual(rest, []);
            });
        }
    });

    describe("that the chart does not have", () => {
        const refused: readonly (readonly [title: string, values: unknown, expected: string | RegExp])[] = [
            [
                "a misspelt key at the top",
                { loglevel: "debug" },
                "harbor.values.loglevel is no value of the chart; did you mean harbor.values.logLevel?",
            ],
            [
                "a misspelt key far below",
                { core: { podDisruptionBudget: { minAvailble: 1 } } },
                "harbor.values.core.podDisruptionBudget.minAvailble is no value of the chart; did you mean harbor.values.core.podDisruptionBudget.minAvailable?",
            ],
            [
                "a key of another component",
                { portal: { quotaUpdateProvider: "redis" } },
                "harbor.values.portal.quotaUpdateProvider is no value of the chart; there is harbor.values.core.quotaUpdateProvider",
            ],
            [
                "resources of the registry's pod instead of its containers",
                { registry: { resources: {} } },
                /^harbor\.values\.registry\.resources is no value of the chart; there is /,
            ],
            [
                "a key that is nowhere",
                { core: { zzzzzzzz: 1 } },
                /^harbor\.values\.core\.zzzzzzzz is no value of the chart; keys there are: image, serviceAccountName/,
            ],
            [
                "a key with a dot, as --set has it",
                { "core.quotaUpdateProvider": "redis" },
                "harbor.values.core.quotaUpdateProvider is no value of the chart; write a map for each dot",
            ],
            ["a text for a map", { core: "hush" }, /^harbor\.values\.core is no map, and the chart has one there/],
        ];
        for (const [title, values, expected] of refused) {
            it(`refuses ${title}`, () => {
                const [first = "nothing was refused", ...rest] = mistakesOf(withValues(values));
                if (typeof expected === "string") assert.equal(first, expected);
                else assert.match(first, expected);
                assert.doesNotMatch(first, /hush/);
                assert.deepEqual(rest, []);
            });
        }

        it("refuses a key that came with a later chart", () => {
            const values = { core: { podDisruptionBudget: { enabled: true } } };
            assert.deepEqual(mistakesOf(withValues(values, { version: "2.14.4" })), [
                'harbor.values.core.podDisruptionBudget came with chart 1.19, but harbor.version is "2.14.4": set a newer version, or leave it out',
            ]);
            assert.deepEqual(mistakesOf(withValues(values, { version: "2.15.1" })), []);
        });

        it("tells all of them at once", () => {
            const values = { loglevel: "debug", core: { replica: 2, replicas: 2 }, secretKey: "hush" };
            assert.equal(mistakesOf(withValues(values)).length, 4);
        });
    });

    describe("that name a CA", () => {
        const s3 = { kind: "s3", bucket: "images", endpoint: "https://s3.example.com", existingSecret: "keys" };
        const loadBalancer = { kind: "loadBalancer", host: "registry.example.com" };
        const stack = (values: unknown, more: Record<string, unknown>) => ({
            cluster: { kind: "kubeconfig" },
            harbor: { values },
            ...more,
        });

        it("are refused where the storage names one, and allowed where it does not", () => {
            const values = { caBundleSecretName: "our-ca" };
            assert.deepEqual(mistakesOf(stack(values, { storage: s3 })), []);
            const [first, ...rest] = mistakesOf(stack(values, { storage: { ...s3, caSecret: "s3-ca" } }));
            assert.match(first ?? "", /caBundleSecretName takes the place of storage\.caSecret, which is "s3-ca"/);
            assert.deepEqual(rest, []);
        });

        it("are refused where the stack has a CA of its own, and allowed where it has none", () => {
            const values = { caSecretName: "our-ca" };
            assert.deepEqual(mistakesOf(stack(values, { storage: s3, exposure: loadBalancer })), []);
            const tls = { kind: "self-signed" };
            const [first, ...rest] = mistakesOf(stack(values, { storage: s3, exposure: loadBalancer, tls }));
            assert.match(first ?? "", /caSecretName is not for raw values with tls\.kind "self-signed"/);
            assert.deepEqual(rest, []);
        });
    });

    const allowed: readonly (readonly [title: string, values: unknown])[] = [
        ["nothing", {}],
        ["a level of the log", { logLevel: "debug" }],
        ["any keys in a map that has no fixed ones", { core: { podAnnotations: { "example.com/a": "b" } } }],
        ["lists", { core: { tolerations: [{ key: "registry", operator: "Exists" }] } }],
        ["variables of a component", { core: { extraEnvVars: [{ name: "HTTP_TIMEOUT", value: "60" }] } }],
        ["a repository of images", { core: { image: { repository: "registry.example.com/goharbor/harbor-core" } } }],
        ["a portal of one's own", { portal: { image: { repository: "registry.example.com/portal", tag: "v1" } } }],
        ["a proxy without a password", { proxy: { httpProxy: "http://proxy.example.com:3128" } }],
        ["resources of one component", { trivy: { resources: { limits: { memory: "3Gi" } } } }],
        ["a removed default", { containerSecurityContext: null }],
        [
            "labels of the ServiceMonitor",
            { metrics: { serviceMonitor: { additionalLabels: { release: "prometheus" } } } },
        ],
    ];
    for (const [title, values] of allowed) {
        it(`allows ${title}`, () => {
            assert.deepEqual(mistakesOf(withValues(values)), []);
        });
    }
});
