import assert from "node:assert/strict";
import { databaseOutput } from "../../components/database/database-output";
import type { DatabaseOutput } from "../../config/contract";
import { parseSettings } from "../../config/settings";
import { makeAuthority } from "../support/certificates";

describe("the output database", () => {
    it("names where it is, and the Secret with its password, of each kind", () => {
        const external = { kind: "external", host: "db.example.com", port: 6432, user: "hub", sslmode: "verify-full" };
        const cases: [given: object, host: string, user: string, sslmode: string, secret: string, key: string][] = [
            [{ kind: "internal" }, "harbor-database", "postgres", "disable", "harbor-database", "POSTGRES_PASSWORD"],
            [
                { kind: "cloudnative-pg" },
                "harbor-postgresql-rw",
                "harbor",
                "require",
                "harbor-postgresql-app",
                "password",
            ],
            [
                { kind: "zalando", team: "acid" },
                "acid-postgresql",
                "harbor",
                "require",
                "harbor.acid-postgresql.credentials.postgresql.acid.zalan.do",
                "password",
            ],
            [
                { ...external, password: "given" },
                "db.example.com",
                "hub",
                "verify-full",
                "harbor-database-credentials",
                "password",
            ],
            [{ ...external, existingSecret: "mine" }, "db.example.com", "hub", "verify-full", "mine", "password"],
        ];
        for (const [given, host, user, sslmode, secretName, secretKey] of cases) {
            const output = databaseOutput(parseSettings({ cluster: { kind: "kubeconfig" }, database: given }));
            assert.deepEqual(
                [output.host, output.user, output.sslmode, output.database, output.password],
                [host, user, sslmode, "registry", { secretName, secretKey }],
            );
            assert.equal(output.port, host === "db.example.com" ? 6432 : 5432);
        }
    });

    it("names the CA of its certificate where that is one of the user's", async () => {
        const { certificate: ca } = await makeAuthority("of the database");
        const database = { kind: "external", host: "db.example.com", sslmode: "verify-full", password: "hush-hush" };
        const of = (more: object): DatabaseOutput =>
            databaseOutput(parseSettings({ cluster: { kind: "kubeconfig" }, database: { ...database, ...more } }));
        assert.deepEqual(of({ ca }).ca, { secretName: "harbor-database-ca", secretKey: "ca.crt" });
        assert.equal("ca" in of({}), false);
    });
});
