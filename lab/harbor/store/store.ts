import type { Pool, PoolClient } from "pg";
import type { Connection } from "../postgres/server";
import { migrate } from "../schema";
import { Collection, type CollectionOptions } from "./collection";
import type * as records from "./records";

/** Every table, by the name that the program has for it. */
const tables = {
    users: { table: "harbor_user", unique: ["username"], order: { key: "username", descending: false }, what: "user" },
    projects: { table: "project", unique: ["name"], order: { key: "name", descending: false }, what: "project" },
    members: { table: "project_member", unique: ["project_id", "entity_type", "entity_id"], what: "project member" },
    repositories: { table: "repository", unique: ["name"], what: "repository" },
    artifacts: { table: "artifact", unique: ["repository_id", "digest"], what: "artifact" },
    tags: { table: "tag", unique: ["repository_id", "name"], what: "tag" },
    accessories: { table: "artifact_accessory", unique: ["repository_id", "digest"], what: "accessory" },
    blobs: { table: "project_blob", unique: ["project_id", "digest"], what: "blob" },
    storedBlobs: { table: "blob", unique: ["digest"], what: "blob" },
    quotas: { table: "quota", unique: ["project_id"], what: "quota" },
    robots: {
        table: "robot",
        unique: ["project_id", "name"],
        order: { key: "name", descending: false },
        what: "robot account",
    },
    labels: { table: "harbor_label", unique: ["scope", "project_id", "name"], what: "label" },
    retentions: { table: "retention_policy", what: "retention policy" },
    immutableRules: { table: "immutable_tag_rule", unique: ["project_id", "fingerprint"], what: "immutable rule" },
    webhooks: {
        table: "notification_policy",
        unique: ["project_id", "name"],
        order: { key: "creation_time", descending: true },
        what: "notification policy",
    },
    registries: { table: "registry", unique: ["name"], what: "registry" },
    replications: {
        table: "replication_policy",
        unique: ["name"],
        order: { key: "creation_time", descending: true },
        what: "replication policy",
    },
    executions: { table: "execution", order: { key: "start_time", descending: true }, what: "execution" },
    schedules: { table: "schedule", what: "schedule" },
    queues: { table: "job_queue_status", unique: ["job_type"], what: "queue" },
    properties: { table: "properties", unique: ["name"], what: "property" },
    scanners: { table: "scanner_registration", unique: ["name"], what: "scanner" },
    auditLogs: { table: "audit_log_ext", order: { key: "op_time", descending: true }, what: "audit log" },
} as const satisfies Readonly<Record<string, CollectionOptions>>;

interface Documents {
    users: records.User;
    projects: records.Project;
    members: records.Member;
    repositories: records.Repository;
    artifacts: records.Artifact;
    tags: records.Tag;
    accessories: records.Accessory;
    blobs: records.ProjectBlob;
    storedBlobs: records.StoredBlob;
    quotas: records.Quota;
    robots: records.Robot;
    labels: records.Label;
    retentions: records.Policy;
    immutableRules: records.Policy;
    webhooks: records.Policy;
    registries: records.RegistryEndpoint;
    replications: records.Policy;
    executions: records.Execution;
    schedules: records.Schedule;
    queues: records.JobQueue;
    properties: records.Property;
    scanners: records.Scanner;
    auditLogs: records.AuditLog;
}

export type Tables = { readonly [Name in keyof Documents]: Collection<Documents[Name]> };

/** Harbor's state in PostgreSQL. */
export class Store {
    readonly tables: Tables;

    private constructor(private readonly pool: Pool) {
        this.tables = tablesOn(pool);
    }

    /**
     * Connects, makes the tables where they are not, and brings them to the schema of that release of Harbor.
     * @throws SchemaError where they are of a newer one
     */
    static async open(connection: Connection, release: string): Promise<Store> {
        return new Store(await migrated(connection, release));
    }

    /** The same, and leaves again: core in mode `migrate`. */
    static async migrate(connection: Connection, release: string): Promise<void> {
        await (await migrated(connection, release)).end();
    }

    /** Runs the work in one transaction: all of it happens, or nothing. */
    async transaction<T>(work: (tables: Tables, client: PoolClient) => Promise<T>): Promise<T> {
        const client = await this.pool.connect();
        try {
            await client.query("BEGIN");
            const result = await work(tablesOn(client), client);
            await client.query("COMMIT");
            return result;
        } catch (error) {
            await client.query("ROLLBACK");
            throw error;
        } finally {
            client.release();
        }
    }

    /** Whether the database answers. */
    async ping(): Promise<boolean> {
        try {
            await this.pool.query("SELECT 1");
            return true;
        } catch {
            return false; // its answer is the report of GET /health
        }
    }

    async close(): Promise<void> {
        await this.pool.end();
    }
}

async function migrated(connection: Connection, release: string): Promise<Pool> {
    const { Pool: ConnectionPool } = await import("pg");
    const pool = await connect(() => new ConnectionPool({ ...connection, max: 12, idleTimeoutMillis: 0 }), connection);
    const base = Object.values(tables).map((options) => Collection.schema(options));
    try {
        await migrate(pool, release, base.join("\n"));
    } catch (error) {
        await pool.end();
        throw error;
    }
    return pool;
}

function tablesOn(client: Pool | PoolClient): Tables {
    const entries = Object.entries(tables).map(([name, options]) => [name, new Collection(client, options)]);
    return Object.fromEntries(entries) as Tables;
}

/** The database of that name is made first where there is none. */
async function connect(make: () => Pool, { database, ...server }: Connection): Promise<Pool> {
    const { Client } = await import("pg");
    const client = new Client({ ...server, database: "postgres" });
    await client.connect();
    try {
        const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [database]);
        if (rowCount === 0) await client.query(`CREATE DATABASE ${database} STRATEGY file_copy`);
    } finally {
        await client.end();
    }
    const pool = make();
    // A connection that ends while nobody uses it (the server was stopped) is no defect: the next query says so.
    pool.on("error", () => undefined);
    return pool;
}
