import type { Pool } from "pg";

/**
 * The schema of the stand-in's database moves as Harbor's does: by numbered migrations, forward only, with the number of the
 * last one in golang-migrate's table. What Harbor's own migrations change is not here; each of these changes something small.
 */

interface Migration {
    /** Harbor's own number: the file in make/migrations/postgresql of goharbor/harbor. */
    readonly version: number;
    /** The release that brings it. */
    readonly since: string;
    /** Fails where it was done already: a migration runs once. */
    readonly sql: string;
}

const migrations: readonly Migration[] = [
    { version: 150, since: "2.12.0", sql: "ALTER TABLE scanner_registration ADD COLUMN since_2_12 text" },
    { version: 160, since: "2.13.0", sql: "ALTER TABLE audit_log_ext ADD COLUMN since_2_13 text" },
    { version: 170, since: "2.14.0", sql: "ALTER TABLE replication_policy ADD COLUMN since_2_14 text" },
    { version: 171, since: "2.14.1", sql: "ALTER TABLE execution ADD COLUMN since_2_14_1 text" },
    { version: 180, since: "2.15.0", sql: "ALTER TABLE registry ADD COLUMN since_2_15 text" },
];

/** Core does not start: its pod ends, and is started again and again. */
export class SchemaError extends Error {}

/** The newest migration that a release of Harbor brings: what its first start leaves in the database. */
export function schemaOf(release: string): number {
    return migrations.filter(({ since }) => isAtLeast(release, since)).at(-1)?.version ?? 0;
}

/**
 * Brings the schema to that of a release, as core does at its start.
 * @param release `2.14.4`
 * @param base statements that make the tables where they are not
 * @throws SchemaError where a newer release has been there, a migration failed now, or one failed before
 */
export async function migrate(pool: Pool, release: string, base: string): Promise<void> {
    await pool.query(
        "CREATE TABLE IF NOT EXISTS schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL)",
    );
    const { rows } = await pool.query<{ version: string; dirty: boolean }>(
        "SELECT version, dirty FROM schema_migrations",
    );
    const current = Number(rows[0]?.version ?? 0);
    // The words of golang-migrate.
    if (rows[0]?.dirty === true) {
        throw new SchemaError(`Dirty database version ${String(current)}. Fix and force version.`);
    }
    const newest = schemaOf(release);
    if (current > newest) {
        throw new SchemaError(
            `no migration found for version ${String(current)}: Harbor ${release} ends at ${String(newest)}`,
        );
    }
    await pool.query(base);
    for (const { version, sql } of migrations) {
        if (version <= current || version > newest) continue;
        await note(pool, version, true);
        try {
            await pool.query(sql);
        } catch (error) {
            throw new SchemaError(`migration ${String(version)} failed: ${String(error)}`, { cause: error });
        }
        await note(pool, version, false);
    }
}

/** One row at a time, as golang-migrate has it. */
async function note(pool: Pool, version: number, dirty: boolean): Promise<void> {
    const client = await pool.connect();
    try {
        await client.query("BEGIN");
        await client.query("DELETE FROM schema_migrations");
        await client.query("INSERT INTO schema_migrations VALUES ($1, $2)", [version, dirty]);
        await client.query("COMMIT");
    } finally {
        client.release();
    }
}

/** Of released versions, such as 2.15.2. */
function isAtLeast(version: string, least: string): boolean {
    const parts = version.split(".").map(Number);
    for (const [index, part] of least.split(".").map(Number).entries()) {
        if (parts[index] !== part) return (parts[index] ?? 0) > part;
    }
    return true;
}
