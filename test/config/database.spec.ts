import assert from "node:assert/strict";
import { connectionBudget } from "../../config/connections";
import { parseSettings } from "../../config/settings";
import { warningsOf } from "../../config/warnings";
import { makeAuthority } from "../support/certificates";
import { mistakesOf } from "../support/settings";

type Raw = Readonly<Record<string, unknown>>;

const onCluster: Raw = { cluster: { kind: "kubeconfig" }, storage: { kind: "volume", accessMode: "ReadWriteMany" } };
const cores = (core: number, metrics = false): Raw => ({ harbor: { replicas: { core }, metrics } });
const external = { kind: "external", host: "pg.example.com" };
const given = { ...external, password: "hush-hush" };
const admin = { password: "hush-hush-hush" };

describe("connections", () => {
    const shares: readonly (readonly [title: string, more: Raw, perPod: number])[] = [
        ["80 % of the chart's own 1024 for one core", {}, 819],
        ["shared among the cores", cores(3), 273],
        ["shared with the exporter", cores(3, true), 204],
        ["80 % of what the operator's servers have", { database: { kind: "zalando" }, ...cores(3, true) }, 80],
        ["80 % of what an external server has", { database: given }, 80],
        ["never more than the chart's default", { database: { ...given, maxConnections: 5000 } }, 900],
        ["what was asked for", { database: { ...given, maxOpenConnections: 20 } }, 20],
    ];
    for (const [title, more, perPod] of shares) {
        it(`are ${title}`, () => {
            const budget = connectionBudget(parseSettings({ ...onCluster, ...more }));
            assert.equal(budget.perPod, perPod);
            assert.ok(budget.perPod * (budget.clients.core + budget.clients.exporter) <= 0.8 * budget.maxConnections);
        });
    }
});

interface Case {
    readonly title: string;
    readonly refused: Raw;
    readonly because: RegExp;
    readonly allowed: Raw;
}

const cases: readonly Case[] = [
    {
        title: "more connections than 80 % of an external server's",
        refused: { database: { ...given, maxOpenConnections: 21 }, ...cores(3, true) },
        because:
            /^database\.maxOpenConnections is 21 for each of 3 of core and 1 of the exporter, 84 together, but 80 % of database\.maxConnections, which is 100, are 80: set 20 or less/,
        allowed: { database: { ...given, maxOpenConnections: 20 }, ...cores(3, true) },
    },
    {
        title: "more connections than 80 % of the chart's own",
        refused: { database: { kind: "internal", maxOpenConnections: 900 } },
        because: /^database\.maxOpenConnections is 900 for each of 1 of core, .* 1024 of the chart's own .* are 819/,
        allowed: { database: { kind: "internal", maxOpenConnections: 819 } },
    },
    {
        title: "more connections than 80 % of an operator's servers",
        refused: { database: { kind: "cloudnative-pg", maxOpenConnections: 200 }, ...cores(2) },
        because:
            /^database\.maxOpenConnections is 200 for each of 2 of core, 400 together, .* are 320: set 160 or less/,
        allowed: { database: { kind: "cloudnative-pg", maxOpenConnections: 160 }, ...cores(2) },
    },
    {
        title: "so few connections that no pod can work",
        refused: { database: { ...given, maxConnections: 40 }, ...cores(4) },
        because: /^database\.maxConnections is 40, which leaves 8 connections for each of 4 of core: set 50 or more/,
        allowed: { database: { ...given, maxConnections: 50 }, ...cores(4) },
    },
    {
        title: "a pooler that takes sessions away",
        refused: { database: { ...given, pooler: "transaction" } },
        because: /^database\.pooler is "transaction".*set it to "session"/,
        allowed: { database: { ...given, pooler: "session" } },
    },
    {
        title: "no password",
        refused: { database: external },
        because: /^database has no password: set database\.password as a secret/,
        allowed: { database: { ...external, create: admin } },
    },
    {
        title: "two passwords",
        refused: { database: { ...given, existingSecret: "pg" } },
        because: /^database\.existingSecret is "pg", and database\.password is set as well: set one of them/,
        allowed: { database: { ...external, existingSecret: "pg" } },
    },
    {
        title: "a database to be made without a password of who makes it",
        refused: { database: { ...given, create: {} } },
        because: /^database\.create has no password: set database\.create\.password/,
        allowed: { database: { ...given, create: { existingSecret: "pg-admin" } } },
    },
    {
        title: "a database to be made with two passwords",
        refused: { database: { ...given, create: { ...admin, existingSecret: "pg-admin" } } },
        because: /^database\.create has two passwords/,
        allowed: { database: { ...given, create: admin } },
    },
    {
        title: "a name that is none of a role",
        refused: { database: { ...given, user: "harbor\nx" } },
        because: /^database\.user is "harbor\\nx"; it must be a role's name/,
        allowed: { database: { ...given, user: "Harbor-app@team" } },
    },
];

describe("database settings", () => {
    for (const { title, refused, because, allowed } of cases) {
        it(`refuse ${title}, allow its neighbour`, () => {
            const [first, ...rest] = mistakesOf({ ...onCluster, ...refused });
            assert.match(first ?? "nothing was refused", because);
            assert.deepEqual(rest, []);
            assert.deepEqual(mistakesOf({ ...onCluster, ...allowed }), []);
        });
    }

    it("refuse a CA that is none, or that nobody looks at, or that raw values would take away", async () => {
        const { certificate: ca } = await makeAuthority("of the database");
        const verified = { ...given, sslmode: "verify-full", ca };
        const mistakes = (database: Raw, more: Raw = {}): readonly string[] =>
            mistakesOf({ ...onCluster, database, ...more });
        assert.deepEqual(mistakes(verified), []);
        assert.deepEqual(mistakes({ ...verified, sslmode: "verify-ca" }), []);
        const bundle = { harbor: { values: { caBundleSecretName: "all-authorities" } } };
        assert.deepEqual(mistakes({ ...given, sslmode: "verify-full" }, bundle), []);
        const refused: readonly (readonly [mistakes: readonly string[], because: RegExp])[] = [
            [
                mistakes({ ...given, ca }),
                /^database\.sslmode is "require", which looks at no certificate, but database\.ca is set: set sslmode to "verify-full"/,
            ],
            [mistakes({ ...verified, ca: "no-such.pem" }), /^database\.ca is neither PEM nor a file that can be read/],
            [
                mistakes({ ...verified, ca: "-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n" }),
                /^database\.ca has something in it that is called a certificate and is none/,
            ],
            [mistakes(verified, bundle), /^harbor\.values\.caBundleSecretName takes the place of database\.ca/],
        ];
        for (const [[first, ...rest], because] of refused) {
            assert.match(first ?? "nothing was refused", because);
            assert.deepEqual(rest, []);
        }
    });

    it("warn of a certificate that only a public CA can have signed, and of no other", async () => {
        const { certificate: ca } = await makeAuthority("of the database");
        const warnings = (more: Raw, harbor: Raw = {}): string[] =>
            warningsOf(parseSettings({ ...onCluster, database: { ...given, ...more }, harbor }));
        assert.match(warnings({ sslmode: "verify-ca" }).join(), /"verify-ca" without database\.ca: .* of a public CA/);
        assert.deepEqual(warnings({ sslmode: "verify-ca", ca }), []);
        assert.deepEqual(warnings({ sslmode: "require" }), []);
        assert.deepEqual(warnings({ sslmode: "verify-full" }, { values: { caBundleSecretName: "all" } }), []);
    });

    it("never show a password", () => {
        const shown = mistakesOf({
            ...onCluster,
            database: { ...given, existingSecret: "pg", create: { ...admin, existingSecret: "pg-admin" } },
        }).join("\n");
        assert.doesNotMatch(shown, /hush/);
    });
});
