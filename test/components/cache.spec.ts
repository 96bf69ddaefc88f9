import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace";
import { Cache } from "../../components/cache";
import { cacheValues } from "../../components/cache-values";
import { redisFailover, type RedisFailover } from "../../components/cache/failovers";
import { readyScript, readySpec } from "../../components/cache/ready";
import { unknownChartValues } from "../../config/chart-keys";
import type { Settings } from "../../config/schema";
import { parseSettings } from "../../config/settings";
import type { Tree } from "../support/chart-objects";
import { violations } from "../support/custom-resource";
import { evaluateDependencies, type DependentResource } from "../support/mock-dependencies";
import { referenceDefinition } from "../support/reference-data";
import { secretValue } from "../support/secret-value";

type Raw = Readonly<Record<string, unknown>>;

const settings = (cache: Raw, more: Raw = {}): Settings =>
    parseSettings({ cluster: { kind: "kubeconfig" }, cache, ...more });
const failoverOf = (cache: Raw, more: Raw = {}): RedisFailover => {
    const given = settings(cache, more);
    const failover = redisFailover(given.cache, given.placement);
    assert.ok(failover);
    return failover;
};

describe("cache values", () => {
    const table: readonly (readonly [title: string, cache: Raw, expected: Tree])[] = [
        ["the chart's own", { kind: "internal" }, { type: "internal" }],
        [
            "each Sentinel of the OT operator",
            { kind: "redis-ot" },
            {
                type: "external",
                external: {
                    addr:
                        "harbor-cache-s-0.harbor-cache-s-hl:26379,harbor-cache-s-1.harbor-cache-s-hl:26379," +
                        "harbor-cache-s-2.harbor-cache-s-hl:26379",
                    ...{ sentinelMasterSet: "mymaster", existingSecret: "harbor-redis-auth" },
                },
            },
        ],
        [
            "the course's Service of Sentinels",
            { kind: "redis-spotahome" },
            {
                type: "external",
                external: {
                    addr: "rfs-redisfailover:26379",
                    ...{ sentinelMasterSet: "mymaster", existingSecret: "harbor-redis-auth" },
                },
            },
        ],
        [
            "a server that exists, without a password",
            { kind: "external", host: "redis.example.com" },
            { type: "external", external: { addr: "redis.example.com:6379" } },
        ],
        [
            "a server that exists, with TLS and a password that was given",
            { kind: "external", host: "10.0.0.9", port: 6380, tls: true, password: "hush" },
            {
                type: "external",
                external: {
                    ...{ addr: "10.0.0.9:6380", existingSecret: "harbor-redis-auth" },
                    tlsOptions: { enable: true },
                },
            },
        ],
        [
            "Sentinels that exist, with a Secret that exists",
            {
                ...{ kind: "external-sentinel", sentinels: ["a.example.com:26379", "b:5000"] },
                ...{ master: "images", existingSecret: "redis" },
            },
            {
                type: "external",
                external: {
                    ...{ addr: "a.example.com:26379,b:5000", sentinelMasterSet: "images", existingSecret: "redis" },
                },
            },
        ],
    ];
    for (const [title, cache, expected] of table) {
        it(`name ${title}`, () => {
            const given = settings(cache);
            const values = cacheValues(given);
            assert.deepEqual(values, { redis: expected });
            assert.deepEqual(unknownChartValues(values, given.harbor.version), []);
        });
    }

    it("have no key that an old chart does not know", () => {
        for (const cache of [{ kind: "redis-ot" }, { kind: "external", host: "redis" }]) {
            assert.deepEqual(unknownChartValues(cacheValues(settings(cache)), "2.12.2"), []);
        }
    });
});

describe("redis failovers", () => {
    const kinds = [
        { kind: "redis-ot", file: "ot-redisreplications" },
        { kind: "redis-spotahome", file: "spotahome-redisfailovers" },
    ] as const;
    const placements: readonly Raw[] = [
        {},
        { placement: { spread: "required", priorityClass: "high", resources: "large" } },
        { placement: { spread: "none", resources: "none", disruptionBudgets: false } },
    ];

    for (const { kind, file } of kinds) {
        it(`of ${kind} have the form of their definition`, function () {
            const definition = referenceDefinition(file);
            if (definition === undefined) return this.skip();
            for (const placement of placements) {
                for (const cache of [{}, { replicas: 1, sentinels: 1, storageClass: "fast" }]) {
                    const { apiVersion, kind: objectKind, spec } = failoverOf({ kind, ...cache }, placement);
                    const object = { apiVersion, kind: objectKind, metadata: {}, spec: spec("0") };
                    assert.deepEqual(violations(object, definition), []);
                }
            }
            const { apiVersion, kind: objectKind, spec } = failoverOf({ kind });
            const wrong = { apiVersion, kind: objectKind, metadata: {}, spec: { ...spec("0"), size: 3 } };
            assert.deepEqual(violations(wrong, definition), [`${objectKind}.spec.size is no field`]);
        });

        it(`of ${kind} have what was asked for, each server and Sentinel apart`, () => {
            const asked = { kind, replicas: 3, sentinels: 5, size: "64Gi", storageClass: "fast" };
            const text = JSON.stringify(failoverOf(asked).spec("0"));
            assert.match(text, /"storage":"64Gi"/);
            assert.match(text, /"storageClassName":"fast"/);
            assert.match(text, /"(clusterSize|replicas)":3/);
            assert.match(text, /"(size|replicas)":5/);
            assert.equal(text.match(/"topologySpreadConstraints"/g)?.length, 2);
        });

        it(`of ${kind} restart their servers when the password changes`, () => {
            const { spec, annotations } = failoverOf({ kind });
            assert.ok(JSON.stringify([spec("hash-1"), annotations("hash-1")]).includes("hash-1"));
        });
    }

    it("of the OT operator have Sentinels without a password, which Harbor could not give", () => {
        const { sentinel, kubernetesConfig } = failoverOf({ kind: "redis-ot" }).spec("0");
        assert.ok(!("redisSecret" in (sentinel as Tree)));
        assert.deepEqual((kubernetesConfig as Tree)["redisSecret"], {
            ...{ name: "harbor-redis-auth", key: "REDIS_PASSWORD" },
        });
    });

    it("of spotahome are the course's: three servers, three Sentinels, one Secret", () => {
        const { auth, redis, sentinel } = failoverOf({ kind: "redis-spotahome" }).spec("0");
        assert.deepEqual(auth, { secretPath: "harbor-redis-auth" });
        assert.equal((redis as Tree)["replicas"], 3);
        assert.equal((sentinel as Tree)["replicas"], 3);
    });
});

describe("cache", () => {
    const made = async (given: Settings): Promise<{ resources: readonly DependentResource[]; part: Cache }> => {
        let part: Cache | undefined;
        const resources = await evaluateDependencies(() => {
            const operator = [new Namespace("operator")];
            return (part = new Cache("cache", { settings: given, namespace: "harbor", operator }));
        });
        assert.ok(part);
        return { resources: resources.filter(({ name }) => name.startsWith("cache-")), part };
    };
    const named = (resources: readonly DependentResource[], name: string): DependentResource => {
        const found = resources.find((resource) => resource.name === name);
        assert.ok(found, `there is no ${name}`);
        return found;
    };
    const namesOf = (resources: readonly DependentResource[]): string[] => resources.map(({ name }) => name).sort();

    it("of the OT operator waits for its Secret and its operator, and is waited for until it has a master", async () => {
        const { resources, part } = await made(settings({ kind: "redis-ot" }));
        assert.deepEqual(namesOf(resources), [
            "cache-credentials",
            "cache-password",
            "cache-sentinels",
            "cache-servers",
        ]);
        const { inputs, dependencies } = named(resources, "cache-servers");
        for (const before of ["cache-credentials", "operator"]) assert.ok(dependencies.includes(before), before);
        const { annotations } = inputs["metadata"] as { annotations: Raw };
        assert.equal(annotations["pulumi.com/waitFor"], "jsonpath={.status.masterNode}");
        assert.equal(part.secrets.length, 1);
        assert.ok(part.ready.includes(part));
    });

    it("of spotahome, which says nothing, is waited for by a Job after its servers", async () => {
        const { resources } = await made(settings({ kind: "redis-spotahome" }));
        assert.deepEqual(namesOf(resources), ["cache-credentials", "cache-password", "cache-ready", "cache-servers"]);
        assert.ok(named(resources, "cache-ready").dependencies.includes("cache-servers"));
        const secret = secretValue(named(resources, "cache-credentials").inputs["stringData"]);
        const password = "generated-cache-password";
        assert.deepEqual(secret, { REDIS_PASSWORD: password, password });
        assert.doesNotMatch(JSON.stringify(named(resources, "cache-ready").inputs), /generated-/);
    });

    it("protects no Sentinels where budgets are off", async () => {
        const { resources } = await made(settings({ kind: "redis-ot" }, { placement: { disruptionBudgets: false } }));
        assert.ok(!namesOf(resources).includes("cache-sentinels"));
    });

    it("that exists gets a Secret of what was given, which restarts Harbor's pods", async () => {
        const { resources, part } = await made(
            settings({ kind: "external", host: "redis", user: "harbor", password: "hush" }),
        );
        assert.deepEqual(namesOf(resources), ["cache-credentials"]);
        const secret = secretValue(named(resources, "cache-credentials").inputs["stringData"]);
        assert.deepEqual(secret, { REDIS_PASSWORD: "hush", REDIS_USERNAME: "harbor" });
        assert.equal(part.secrets.length, 2);
    });

    for (const cache of [{ kind: "internal" }, { kind: "external", host: "redis", existingSecret: "redis" }]) {
        it(`of kind ${cache.kind} needs no object where nothing is given`, async () => {
            const { resources, part } = await made(settings(cache));
            assert.deepEqual(resources, []);
            assert.deepEqual(part.secrets, []);
        });
    }
});

describe("wait for a Redis that is silent", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "anchorage-redis-"));
    after(() => rmSync(folder, { recursive: true }));

    /** Answers of a Sentinel and of the server that it names; each call takes the next, and the last one stays. */
    function run(sentinel: readonly string[], server: readonly string[]): { code: number | null; out: string } {
        const cli = path.join(folder, "redis-cli");
        writeFileSync(path.join(folder, "sentinel"), `${sentinel.join("\n")}\n`);
        writeFileSync(path.join(folder, "server"), `${server.join("\n")}\n`);
        writeFileSync(
            cli,
            [
                "#!/bin/sh",
                'cd "$(dirname "$0")"',
                'case "$*" in',
                '"-h rfs -p 26379 SENTINEL get-master-addr-by-name mymaster")',
                '    [ -z "$REDISCLI_AUTH" ] || exit 9',
                "    file=sentinel ;;",
                '"-h 10.0.0.3 INFO replication")',
                '    [ "$REDISCLI_AUTH" = hush ] || exit 9',
                "    file=server ;;",
                "*) exit 8 ;;",
                "esac",
                'head -n 1 "$file"',
                'if [ "$(wc -l < "$file")" -gt 1 ]; then sed -i 1d "$file"; fi',
                "",
            ].join("\n"),
        );
        chmodSync(cli, 0o755);
        // In place of each wait: the fourth ends it.
        const script = readyScript.replace("sleep 2", "n=$((n + 1)); [ $n -lt 4 ] || exit 7");
        assert.notEqual(script, readyScript);
        const { status, stdout } = spawnSync("/bin/sh", ["-ec", script], {
            encoding: "utf8",
            env: { PATH: `${folder}:/usr/bin:/bin`, SENTINEL: "rfs:26379", MASTER_SET: "mymaster", PASSWORD: "hush" },
        });
        return { code: status, out: stdout };
    }

    it("ends when the Sentinel names a master that is one", () => {
        const { code, out } = run(["", "127.0.0.1", "10.0.0.3"], ["role:slave", "role:master"]);
        assert.equal(code, 0);
        assert.match(out, /no master yet[^]*the master is 10\.0\.0\.3/);
    });

    it("goes on waiting otherwise, whatever the Sentinel answers", () => {
        for (const [sentinel, server] of [
            ["127.0.0.1", "role:master"],
            ["10.0.0.3", "role:slave"],
            ["ERR No such master; rm -rf", "role:master"],
        ] as const) {
            assert.equal(run([sentinel], [server]).code, 7, sentinel);
        }
    });

    it("has the password from its Secret", () => {
        const [container] = readySpec("rfs:26379", settings({ kind: "redis-spotahome" }).placement).template.spec
            .containers;
        assert.deepEqual(
            container?.env.find(({ name }) => name === "PASSWORD"),
            {
                name: "PASSWORD",
                valueFrom: { secretKeyRef: { name: "harbor-redis-auth", key: "REDIS_PASSWORD" } },
            },
        );
    });
});
