import assert from "node:assert/strict";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace";
import { Database } from "../../components/database";
import { databaseValues } from "../../components/database-values";
import { databaseCluster } from "../../components/database/clusters";
import { unknownChartValues } from "../../config/chart-keys";
import type { Settings } from "../../config/schema";
import { parseSettings } from "../../config/settings";
import type { Tree } from "../support/chart-objects";
import { violations } from "../support/custom-resource";
import { makeAuthority } from "../support/certificates";
import { evaluateDependencies, type DependentResource } from "../support/mock-dependencies";
import { referenceDefinition } from "../support/reference-data";
import { secretValue } from "../support/secret-value";

type Raw = Readonly<Record<string, unknown>>;

const external = { kind: "external", host: "pg.example.com", password: "of-the-owner" };
const settings = (database: Raw, more: Raw = {}): Settings =>
    parseSettings({
        cluster: { kind: "kubeconfig" },
        storage: { kind: "volume", accessMode: "ReadWriteMany" },
        database,
        ...more,
    });
const several = { harbor: { replicas: { core: 3 }, metrics: true } };

describe("database values", () => {
    const table: readonly (readonly [title: string, given: Settings, expected: Tree])[] = [
        ["the chart's own", settings({ kind: "internal" }), { type: "internal", maxIdleConns: 100, maxOpenConns: 819 }],
        [
            "CloudNativePG's, by the Service of its primary and the Secret of its owner",
            settings({ kind: "cloudnative-pg" }, several),
            {
                type: "external",
                external: {
                    ...{ host: "harbor-postgresql-rw", port: "5432", username: "harbor", coreDatabase: "registry" },
                    ...{ existingSecret: "harbor-postgresql-app", sslmode: "require" },
                },
                ...{ maxIdleConns: 80, maxOpenConns: 80 },
            },
        ],
        [
            "Zalando's, as in the course",
            settings({ kind: "zalando" }),
            {
                type: "external",
                external: {
                    ...{ host: "harbor-postgresql", port: "5432", username: "harbor", coreDatabase: "registry" },
                    existingSecret: "harbor.harbor-postgresql.credentials.postgresql.acid.zalan.do",
                    sslmode: "require",
                },
                ...{ maxIdleConns: 100, maxOpenConns: 320 },
            },
        ],
        [
            "a server that exists, with a password that was given",
            settings({ ...external, port: 6432, user: "app", database: "images", maxOpenConnections: 30 }),
            {
                type: "external",
                external: {
                    ...{ host: "pg.example.com", port: "6432", username: "app", coreDatabase: "images" },
                    ...{ existingSecret: "harbor-database-credentials", sslmode: "require" },
                },
                ...{ maxIdleConns: 30, maxOpenConns: 30 },
            },
        ],
        [
            "a server that exists, with a Secret that exists",
            settings({ kind: "external", host: "10.0.0.7", existingSecret: "pg", sslmode: "verify-full" }),
            {
                type: "external",
                external: {
                    ...{ host: "10.0.0.7", port: "5432", username: "harbor", coreDatabase: "registry" },
                    ...{ existingSecret: "pg", sslmode: "verify-full" },
                },
                ...{ maxIdleConns: 80, maxOpenConns: 80 },
            },
        ],
    ];
    for (const [title, given, expected] of table) {
        it(`name ${title}`, () => {
            const values = databaseValues(given);
            assert.deepEqual(values, { database: expected });
            assert.deepEqual(unknownChartValues(values, given.harbor.version), []);
        });
    }
});

describe("database clusters", () => {
    const placements: readonly Raw[] = [
        {},
        { placement: { spread: "required", priorityClass: "high", resources: "large" } },
        { placement: { spread: "none", resources: "none" } },
    ];
    const kinds = [
        { kind: "cloudnative-pg", file: "cnpg-clusters" },
        { kind: "zalando", file: "zalando-postgresqls" },
    ] as const;

    for (const { kind, file } of kinds) {
        const of = (database: Raw = {}, more: Raw = {}): NonNullable<ReturnType<typeof databaseCluster>> => {
            const given = settings({ kind, ...database }, more);
            const cluster = databaseCluster(given.database, given.placement);
            assert.ok(cluster);
            return cluster;
        };

        it(`of ${kind} have the form of their definition`, function () {
            const definition = referenceDefinition(file);
            if (definition === undefined) return this.skip();
            for (const placement of placements) {
                for (const database of [{}, { instances: 1, storageClass: "fast", version: "18" }]) {
                    const { apiVersion, kind: objectKind, spec } = of(database, placement);
                    const object = { apiVersion, kind: objectKind, metadata: {}, spec };
                    assert.deepEqual(violations(object, definition), []);
                }
            }
            // The check itself sees what is wrong.
            const { apiVersion, kind: objectKind, spec } = of();
            const wrong = { apiVersion, kind: objectKind, metadata: {}, spec: { ...spec, instancez: 2 } };
            assert.deepEqual(violations(wrong, definition), [`${objectKind}.spec.instancez is no field`]);
        });

        it(`of ${kind} are waited for, by what their operator says of them`, function () {
            const definition = referenceDefinition(file);
            if (definition === undefined) return this.skip();
            const { readyWhen } = of();
            const field = /^jsonpath=\{\.status\.(\w+)\}=/.exec(readyWhen)?.[1] ?? "conditions";
            const { versions } = definition["spec"] as { versions: { schema: { openAPIV3Schema: Tree } }[] };
            const { properties } = versions[0]?.schema.openAPIV3Schema ?? {};
            assert.ok(JSON.stringify((properties as Tree)["status"]).includes(`"${field}":`), readyWhen);
        });

        it(`of ${kind} are spread, unless there is one instance or no wish for it`, () => {
            const spread = (cluster: { spec: Raw }): number =>
                ((cluster.spec["topologySpreadConstraints"] as unknown[] | undefined) ?? []).length;
            assert.equal(spread(of()), 2);
            assert.equal(spread(of({ instances: 1 })), 0);
            assert.equal(spread(of({}, { placement: { spread: "none" } })), 0);
            assert.match(JSON.stringify(of({}, { placement: { spread: "required" } })), /"DoNotSchedule"/);
        });

        it(`of ${kind} have what was asked for`, () => {
            const asked = { instances: 3, size: "64Gi", storageClass: "fast", maxConnections: 250, version: "16" };
            const text = JSON.stringify(of(asked).spec);
            assert.match(text, /"max_connections":"250"/);
            assert.match(text, /"size":"64Gi","storageClass":"fast"/);
            assert.match(text, /"(instances|numberOfInstances)":3/);
            assert.match(text, /postgresql:16\.\d|"version":"16"/);
            assert.match(text, /"requests":\{"cpu":"100m","memory":"256Mi"\}/);
        });
    }

    it("of Zalando are the seed's: team harbor, two instances, registry owned by harbor", () => {
        const given = settings({ kind: "zalando" });
        const cluster = databaseCluster(given.database, given.placement);
        const { teamId, numberOfInstances, users, databases } = cluster?.spec ?? {};
        assert.deepEqual(
            { teamId, numberOfInstances, users, databases },
            { teamId: "harbor", numberOfInstances: 2, users: { harbor: [] }, databases: { registry: "harbor" } },
        );
    });
});

describe("database", () => {
    const made = async (given: Settings): Promise<{ resources: readonly DependentResource[]; part: Database }> => {
        let part: Database | undefined;
        const resources = await evaluateDependencies(() => {
            const operator = [new Namespace("operator")];
            return (part = new Database("database", { settings: given, namespace: "harbor", operator }));
        });
        assert.ok(part);
        return { resources: resources.filter(({ name }) => name.startsWith("database-")), part };
    };
    const named = (resources: readonly DependentResource[], name: string): DependentResource => {
        const found = resources.find((resource) => resource.name === name);
        assert.ok(found, `there is no ${name}`);
        return found;
    };

    for (const [kind, readyWhen] of [
        ["cloudnative-pg", "condition=Ready"],
        ["zalando", "jsonpath={.status.PostgresClusterStatus}=Running"],
    ] as const) {
        it(`of ${kind} is one cluster after its operator, and is waited for`, async () => {
            const { resources, part } = await made(settings({ kind }));
            assert.deepEqual(
                resources.map(({ name }) => name),
                ["database-cluster"],
            );
            const { inputs, dependencies } = named(resources, "database-cluster");
            assert.ok(dependencies.includes("operator"));
            const metadata = inputs["metadata"] as { namespace: string; annotations: Record<string, string> };
            assert.equal(metadata.namespace, "harbor");
            assert.equal(metadata.annotations["pulumi.com/waitFor"], readyWhen);
            assert.ok(part.ready.includes(part));
        });
    }

    it("that exists gets a Secret of the password that was given, which restarts Harbor's pods", async () => {
        const { resources, part } = await made(settings(external));
        assert.deepEqual(
            resources.map(({ name }) => name),
            ["database-credentials"],
        );
        const { stringData } = named(resources, "database-credentials").inputs;
        assert.deepEqual(secretValue(stringData), { password: "of-the-owner" });
        assert.equal(part.secrets.length, 1);
    });

    it("that exists with a Secret of its own needs nothing", async () => {
        const { resources, part } = await made(settings({ kind: "external", host: "pg", existingSecret: "pg" }));
        assert.deepEqual(resources, []);
        assert.deepEqual(part.secrets, []);
    });

    it("that is to be made gets a Job after its Secrets, and a password where none was given", async () => {
        const create = { user: "admin", password: "of-the-admin" };
        const { resources } = await made(settings({ kind: "external", host: "pg", create }));
        const job = named(resources, "database-set-up");
        for (const secret of ["database-credentials", "database-admin"]) assert.ok(job.dependencies.includes(secret));
        assert.ok(resources.some(({ type }) => type === "random:index/randomPassword:RandomPassword"));
        assert.match(JSON.stringify(job.inputs), /"anchorage\/secrets":"[0-9a-f]{64}"/);
        assert.doesNotMatch(JSON.stringify(job.inputs), /of-the-|generated-/);
        const { stringData } = named(resources, "database-admin").inputs;
        assert.deepEqual(secretValue(stringData), { password: "of-the-admin" });
    });

    it("that has a CA of the user's gives it to Harbor's components and to the Job, and another one restarts them", async () => {
        const { certificate } = await makeAuthority("of the database");
        const create = { user: "admin", password: "of-the-admin" };
        const given = settings({ ...external, sslmode: "verify-full", ca: certificate, create });
        const values = databaseValues(given);
        assert.equal(values["caBundleSecretName"], "harbor-database-ca");
        for (const version of ["2.12.2", "2.15.2"]) assert.deepEqual(unknownChartValues(values, version), []);
        const { resources, part } = await made(given);
        const { metadata, stringData } = named(resources, "database-ca").inputs;
        assert.equal((metadata as Tree)["name"], "harbor-database-ca");
        assert.equal(String((secretValue(stringData) as Tree)["ca.crt"]).trim(), certificate.trim());
        assert.equal(part.secrets.length, 2);
        const job = named(resources, "database-set-up");
        assert.ok(job.dependencies.includes("database-ca"));
        const text = JSON.stringify(job.inputs);
        assert.match(text, /"name":"PGSSLROOTCERT","value":"\/ca\/ca\.crt"/);
        assert.match(text, /"volumeMounts":\[\{"mountPath":"\/ca","name":"ca","readOnly":true\}\]/);
        assert.match(text, /"volumes":\[\{"name":"ca","secret":\{"secretName":"harbor-database-ca"\}\}\]/);
    });

    it("whose certificate is of a public CA is checked by those of the Job's image", async () => {
        const create = { user: "admin", password: "of-the-admin" };
        const { resources } = await made(settings({ ...external, sslmode: "verify-full", create }));
        const text = JSON.stringify(named(resources, "database-set-up").inputs);
        assert.match(text, /"name":"PGSSLROOTCERT","value":"\/etc\/ssl\/certs\/ca-certificates\.crt"/);
        assert.doesNotMatch(text, /volumes/);
    });

    it("of the chart gets a password as a secret value, and no object", async () => {
        const { resources, part } = await made(settings({ kind: "internal" }));
        assert.deepEqual(
            resources.map(({ name }) => name),
            ["database-password"],
        );
        assert.ok(part.internalPassword);
    });
});
