import assert from "node:assert/strict";
import type { DatabaseOutput } from "../../config/contract";
import { jobAsksOldHost, schemaMigrationOf } from "../../config/schema-migration";
import { parseSettings } from "../../config/settings";
import { mistakesOf } from "../support/settings";

const external = { kind: "external", host: "db.example.com", existingSecret: "harbor-db" };

describe("who migrates the schema of Harbor's database", () => {
    const of = (more: Record<string, unknown>): string => {
        const migration = schemaMigrationOf(parseSettings({ cluster: { kind: "lab" }, ...more }));
        return migration.by === "hook" ? "hook" : migration.why;
    };
    const cases: readonly (readonly [title: string, more: Record<string, unknown>, expected: RegExp])[] = [
        ["the chart's own database: core", {}, /^the database is the chart's own/],
        ["CloudNativePG: the Job", { database: { kind: "cloudnative-pg" } }, /^hook$/],
        ["Zalando's operator: the Job", { database: { kind: "zalando" } }, /^hook$/],
        ["a server that exists: the Job", { database: external }, /^hook$/],
        [
            "one whose certificate is of a public CA: the Job",
            { database: { ...external, sslmode: "verify-full" } },
            /^hook$/,
        ],
        [
            "one whose certificate is of a CA that the chart's Job does not get: core",
            { database: { ...external, sslmode: "verify-full" }, harbor: { values: { caBundleSecretName: "ca" } } },
            /the CA bundle by which the database's certificate is checked$/,
        ],
        [
            "a bundle for what the Job does not talk to: the Job",
            { database: external, harbor: { values: { caBundleSecretName: "ca" } } },
            /^hook$/,
        ],
        [
            "Redis over TLS with such a CA: core, which asks Redis first in any mode",
            {
                database: external,
                cache: { kind: "external", host: "redis.example.com", tls: true },
                harbor: { values: { caBundleSecretName: "ca" } },
            },
            /the CA bundle by which the cache's certificate is checked$/,
        ],
        [
            "a raw value that says no: core",
            { database: external, harbor: { values: { enableMigrateHelmHook: false } } },
            /^harbor\.values\.enableMigrateHelmHook is false$/,
        ],
    ];
    for (const [title, more, expected] of cases) {
        it(title, () => {
            assert.match(of(more), expected);
        });
    }

    it("refuses the raw value that asks for the Job where it cannot reach the database", () => {
        const asked = { cluster: { kind: "lab" }, harbor: { values: { enableMigrateHelmHook: true } } };
        const [mistake, ...others] = mistakesOf(asked);
        assert.match(
            mistake ?? "",
            /^harbor\.values\.enableMigrateHelmHook is true, but the database is the chart's own/,
        );
        assert.deepEqual(others, []);
        assert.deepEqual(mistakesOf({ ...asked, database: external }), []);
    });
});

describe("a move of the database to another host", () => {
    const at = (host: string, harbor: Record<string, unknown> = {}) =>
        parseSettings({ cluster: { kind: "lab" }, database: { ...external, host }, harbor });
    const secret = { secretName: "s", secretKey: "k" };
    const from = (kind: DatabaseOutput["kind"]): DatabaseOutput => ({
        ...{ kind, host: external.host, port: 5432, database: "registry", user: "harbor", sslmode: "require" },
        password: secret,
    });

    it("is told where the chart's Job asks the old one, and what to set where that is gone", () => {
        assert.match(
            jobAsksOldHost(from("external"), at("new.example.com")) ?? "",
            /moves from db\.example\.com to new\.example\.com.*set harbor\.values\.enableMigrateHelmHook to false/,
        );
    });

    it("is no matter where the host stays, nothing was there, an operator's was there, or core migrates", () => {
        const core = at("new.example.com", { values: { enableMigrateHelmHook: false } });
        assert.equal(jobAsksOldHost(from("external"), at(external.host)), undefined);
        assert.equal(jobAsksOldHost(undefined, at("new.example.com")), undefined);
        assert.equal(jobAsksOldHost(from("zalando"), at("new.example.com")), undefined);
        assert.equal(jobAsksOldHost(from("external"), core), undefined);
    });
});
