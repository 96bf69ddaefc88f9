import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { Keeper } from "./keepers";
import { startPostgres, type Connection, type PostgresServer } from "./postgres/server";

/** What a database's comment says: who keeps it. */
const commentForm = z.object({ path: z.string().optional(), uid: z.string() });

/** A database of the lab that belongs to a stack. */
export type KeptDatabase = Pick<Keeper, "database" | "path" | "uid">;

/**
 * The lab's PostgreSQL: a database for each stack, with an owner of its own who has the stack's password. Which object of
 * the cluster keeps it stands in its comment, and so outlives this process.
 */
export class Databases {
    private constructor(readonly server: PostgresServer) {}

    static async start(folder: string): Promise<Databases> {
        return new Databases(await startPostgres(folder));
    }

    /**
     * Makes the database where it is not there.
     * @param password of the owner from now on; undefined: one that nobody else knows
     * @param name as the stack knows it: another one that a client has made beside it counts
     */
    async provide({ database, path, uid }: Keeper, password?: string, name?: string): Promise<Connection> {
        const own = password ?? randomBytes(16).toString("hex");
        const beside = await this.beside(name);
        if (beside !== undefined) return { ...beside, password: own };
        await this.administer(async (query, quote) => {
            const known = async (sql: string): Promise<boolean> => (await query(sql, [database])).length > 0;
            if (!(await known("SELECT 1 FROM pg_roles WHERE rolname = $1")))
                await query(`CREATE ROLE ${database} LOGIN CREATEDB PASSWORD ${quote(own)}`);
            else await query(`ALTER ROLE ${database} PASSWORD ${quote(own)}`);
            if (!(await known("SELECT 1 FROM pg_database WHERE datname = $1"))) {
                await query(`CREATE DATABASE ${database} OWNER ${database} STRATEGY file_copy`);
                await query(`COMMENT ON DATABASE ${database} IS ${quote(JSON.stringify({ path, uid }))}`);
            }
        });
        return { host: this.server.connection.host, user: database, database, password: own };
    }

    /** A database that a client of a stack has made by itself, such as that of a copy. */
    async beside(name: string | undefined): Promise<Connection | undefined> {
        if (name === undefined) return undefined;
        const sql =
            "SELECT pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = $1 AND pg_get_userbyid(datdba) LIKE 'harbor\\_%'";
        const [found] = await this.administer((query) => query(sql, [name]));
        return found && { host: this.server.connection.host, user: found["owner"] ?? "", database: name };
    }

    /** All of them, those of stacks that are gone as well. */
    list(): Promise<KeptDatabase[]> {
        return this.administer(async (query) => {
            const rows = await query(
                "SELECT datname, shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname LIKE 'harbor\\_%'",
            );
            return rows.flatMap(({ datname, comment }) => {
                if (comment == null) return [];
                const { path, uid } = commentForm.parse(JSON.parse(comment));
                return [{ database: datname ?? "", path, uid }];
            });
        });
    }

    async drop(database: string): Promise<void> {
        await this.administer(async (query) => {
            await query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
            await query(`DROP ROLE IF EXISTS ${database}`);
        });
    }

    private async administer<T>(
        work: (
            query: (sql: string, values?: readonly unknown[]) => Promise<Record<string, string | null>[]>,
            quote: (text: string) => string,
        ) => Promise<T>,
    ): Promise<T> {
        const { Client } = await import("pg");
        const { host, user } = this.server.connection;
        const client = new Client({ host, user, database: "postgres" });
        await client.connect();
        try {
            return await work(
                async (sql, values = []) => (await client.query<Record<string, string | null>>(sql, [...values])).rows,
                (text) => client.escapeLiteral(text),
            );
        } finally {
            await client.end();
        }
    }
}
