import type { DatabaseOutput } from "../../config/contract";
import type { Settings } from "../../config/schema";
import { databaseSecret } from "../database-values";
import { names, secretKeys } from "../names";
import { database as harborDatabase, databaseCluster, owner } from "./clusters";

/** Service and Secret of the chart's own database. */
const internal = "harbor-database";

/** The stack's output `database`. Pure. */
export function databaseOutput({ database, placement }: Settings): DatabaseOutput {
    if (database.kind === "external") {
        const { kind, host, port, user, sslmode } = database;
        const ca = database.ca === undefined ? {} : { ca: { secretName: names.databaseCa, secretKey: "ca.crt" } };
        const password = { secretName: databaseSecret(database), secretKey: secretKeys.database };
        return { kind, host, port, database: database.database, user, sslmode, ...ca, password };
    }
    if (database.kind === "internal") {
        // As its chart has it (goharbor/harbor-helm 1.19, templates/database and _helpers.tpl).
        return {
            kind: "internal",
            host: internal,
            port: 5432,
            database: harborDatabase,
            user: "postgres",
            sslmode: "disable",
            password: { secretName: internal, secretKey: "POSTGRES_PASSWORD" },
        };
    }
    const cluster = databaseCluster(database, placement);
    if (cluster === undefined) throw new Error(`database ${database.kind} is no operator's`);
    return {
        kind: database.kind,
        host: cluster.host,
        port: 5432,
        database: harborDatabase,
        user: owner,
        sslmode: "require",
        // Both operators make it, with the password under this key.
        password: { secretName: cluster.secret, secretKey: "password" },
    };
}
