import { parseCertificates, readPem } from "../certificate-files";
import { connectionBudget, fewestConnections } from "../connections";
import type { Settings } from "../schema";

/** What Harbor and its drivers cannot do with a database. */
export function checkDatabase(settings: Settings): string[] {
    const { database } = settings;
    return [...checkConnections(settings), ...(database.kind === "external" ? checkExternal(database) : [])];
}

/** A pool that asks for more than there are makes requests fail when it is busiest (harbor#16631, #12058). */
function checkConnections(settings: Settings): string[] {
    const { clients, maxConnections, total, share, perPod } = connectionBudget(settings);
    const { core, exporter } = clients;
    const pods = `${core} of core${exporter > 0 ? ` and ${exporter} of the exporter` : ""}`;
    const of =
        settings.database.kind === "internal"
            ? `the ${maxConnections} of the chart's own PostgreSQL`
            : `database.maxConnections, which is ${maxConnections},`;
    if (settings.database.maxOpenConnections !== undefined) {
        if (perPod * (core + exporter) <= total) return [];
        return [
            `database.maxOpenConnections is ${perPod} for each of ${pods}, ${perPod * (core + exporter)} together, ` +
                `but 80 % of ${of} are ${total}: set ${share} or less, or leave it out`,
        ];
    }
    if (share >= fewestConnections) return [];
    const needed = Math.ceil((fewestConnections * (core + exporter)) / 0.8);
    return [
        `database.maxConnections is ${maxConnections}, which leaves ${share} connections for each of ${pods}: ` +
            `set ${needed} or more, on the server too, or fewer replicas`,
    ];
}

type External = Extract<Settings["database"], { kind: "external" }>;

/** A CA that nobody looks at is a connection that is less safe than it seems. */
function checkAuthority({ ca, sslmode }: External): string[] {
    if (ca === undefined) return [];
    if (!sslmode.startsWith("verify")) {
        return [
            `database.sslmode is "${sslmode}", which looks at no certificate, but database.ca is set: ` +
                'set sslmode to "verify-full", or leave ca out',
        ];
    }
    const pem = readPem(ca);
    const authority = "why" in pem ? pem : parseCertificates(pem.value);
    return "why" in authority ? [`database.ca ${authority.why}`] : [];
}

function checkExternal(database: External): string[] {
    const { password, existingSecret, pooler, create } = database;
    return [
        ...checkAuthority(database),
        ...(password !== undefined && existingSecret !== undefined
            ? [`database.existingSecret is "${existingSecret}", and database.password is set as well: set one of them`]
            : []),
        // A database that the program creates gets a password that it makes.
        ...(password === undefined && existingSecret === undefined && create === undefined
            ? [
                  "database has no password: set database.password as a secret, name a Secret by " +
                      "database.existingSecret, or let database.create make the database and its owner",
              ]
            : []),
        ...(create !== undefined && (create.password === undefined) === (create.existingSecret === undefined)
            ? [
                  `database.create has ${create.password === undefined ? "no password" : "two passwords"}: set ` +
                      "database.create.password as a secret, or name a Secret by database.create.existingSecret",
              ]
            : []),
        ...(pooler === "transaction"
            ? [
                  'database.pooler is "transaction", but Harbor prepares its statements in sessions, which such a pooler ' +
                      'takes away: set it to "session" there and here, or lead Harbor past it and set "none"',
              ]
            : []),
    ];
}
