import { connectionBudget } from "../config/connections";
import type { Settings } from "../config/schema";
import type { ChartValues } from "./chart-values";
import { database as harborDatabase, databaseCluster, owner } from "./database/clusters";
import { names } from "./names";

/** The chart's default: more than it ever needs at rest. */
const mostIdle = 100;

/** The chart's `database`. Pure; the password is named by its Secret. */
export function databaseValues(settings: Settings): ChartValues {
    const { perPod } = connectionBudget(settings);
    const pools = { maxIdleConns: Math.min(mostIdle, perPod), maxOpenConns: perPod };
    const external = externalValues(settings);
    return {
        // In the trust store of each component, where its driver looks (pgx without sslrootcert: the system's).
        ...(hasAuthority(settings.database) ? { caBundleSecretName: names.databaseCa } : {}),
        database: external === undefined ? { type: "internal", ...pools } : { type: "external", external, ...pools },
    };
}

function externalValues({ database, placement }: Settings): ChartValues | undefined {
    if (database.kind === "external") {
        return {
            host: database.host,
            port: String(database.port),
            username: database.user,
            coreDatabase: database.database,
            existingSecret: databaseSecret(database),
            sslmode: database.sslmode,
        };
    }
    const cluster = databaseCluster(database, placement);
    if (cluster === undefined) return undefined;
    return {
        host: cluster.host,
        port: "5432",
        username: owner,
        coreDatabase: harborDatabase,
        existingSecret: cluster.secret,
        // Both operators give their servers certificates, which no authority that Harbor knows has signed.
        sslmode: "require",
    };
}

/** Whether the certificate of an external database is checked by a CA of the user's. */
function hasAuthority(database: Settings["database"]): boolean {
    return database.kind === "external" && database.ca !== undefined;
}

/** The Secret with the password of an external database's owner: one that exists, or the program's. */
export function databaseSecret({ existingSecret }: Extract<Settings["database"], { kind: "external" }>): string {
    return existingSecret ?? names.databaseCredentials;
}
