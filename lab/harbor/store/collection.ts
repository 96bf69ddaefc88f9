import type { Pool, PoolClient } from "pg";
import { conflict } from "../http/errors";
import type { Condition, Sorting } from "./query";

/** What of Harbor's tables a list is asked for. */
export interface ListQuery {
    readonly conditions: readonly Condition[];
    readonly sort: readonly Sorting[];
    /** From 1. */
    readonly page: number;
    /** 0: all of them. */
    readonly pageSize: number;
}

export const everything: ListQuery = { conditions: [], sort: [], page: 1, pageSize: 0 };

export interface Times {
    readonly creation_time: string;
    readonly update_time: string;
}

export type Row<T> = T & Times & { readonly id: number };

export interface CollectionOptions {
    /** Name of the table, Harbor's own. */
    readonly table: string;
    /** Fields of which no two rows have the same. */
    readonly unique?: readonly string[];
    /** Order of a list that asks for none. @default the newest last */
    readonly order?: Sorting;
    /** What a second one is called in the 409: "project". */
    readonly what: string;
}

/** Rows of one kind: a number, and a JSON document as the API shows it. */
export class Collection<T extends object> {
    constructor(
        private readonly db: Pool | PoolClient,
        private readonly options: CollectionOptions,
    ) {}

    /** The statements that make the table. */
    static schema({ table, unique }: CollectionOptions): string {
        const fields = (unique ?? []).map((field) => `(body->>'${field}')`).join(", ");
        return [
            `CREATE TABLE IF NOT EXISTS ${table} (id bigserial PRIMARY KEY, body jsonb NOT NULL);`,
            `CREATE INDEX IF NOT EXISTS ${table}_body ON ${table} USING gin (body jsonb_path_ops);`,
            fields === "" ? "" : `CREATE UNIQUE INDEX IF NOT EXISTS ${table}_unique ON ${table} (${fields});`,
        ].join("\n");
    }

    /** The same rows inside a transaction. */
    within(client: PoolClient): Collection<T> {
        return new Collection<T>(client, this.options);
    }

    /** @throws 409, which burns a number as Harbor's sequences do */
    async insert(body: T): Promise<Row<T>> {
        const now = new Date().toISOString();
        const document = { creation_time: now, update_time: now, ...body };
        const sql = `INSERT INTO ${this.options.table} (body) VALUES ($1::jsonb) RETURNING id, body`;
        const [row] = await this.rows(sql, [JSON.stringify(document)]);
        if (row === undefined) throw new Error("an INSERT returned no row");
        return row;
    }

    async get(id: number): Promise<Row<T> | undefined> {
        const [row] = await this.rows(`SELECT id, body FROM ${this.options.table} WHERE id = $1`, [id]);
        return row;
    }

    /** The first that has these values. */
    async find(where: Partial<T>): Promise<Row<T> | undefined> {
        const sql = `SELECT id, body FROM ${this.options.table} WHERE body @> $1::jsonb ORDER BY id LIMIT 1`;
        const [row] = await this.rows(sql, [JSON.stringify(where)]);
        return row;
    }

    /** Those that have these values and meet the query, one page of them, and how many there are in all. */
    async list(where: Partial<T>, query: ListQuery = everything): Promise<{ rows: Row<T>[]; total: number }> {
        const values: unknown[] = [JSON.stringify(where)];
        const filters = ["body @> $1::jsonb", ...query.conditions.map((one) => conditionSql(one, values))];
        const text = `FROM ${this.options.table} WHERE ${filters.join(" AND ")}`;
        const rows = await this.rows(`SELECT id, body ${text} ${this.order(query)} ${limit(query)}`, values);
        if (query.pageSize === 0) return { rows, total: rows.length };
        const counted = await this.db.query<{ total: string }>(`SELECT count(*) AS total ${text}`, values);
        return { rows, total: Number(counted.rows[0]?.total) };
    }

    async all(where: Partial<T> = {}): Promise<Row<T>[]> {
        return (await this.list(where)).rows;
    }

    /** Sets these fields; the others stay. */
    async update(id: number, patch: Partial<T & Times>): Promise<void> {
        const document = { update_time: new Date().toISOString(), ...patch };
        const sql = `UPDATE ${this.options.table} SET body = body || $2::jsonb WHERE id = $1 RETURNING id, body`;
        await this.rows(sql, [id, JSON.stringify(document)]);
    }

    /** Puts another document in the place of the old one; what it does not say is gone. */
    async replace(id: number, body: T & Partial<Times>): Promise<void> {
        const document = { update_time: new Date().toISOString(), ...body };
        const sql = `UPDATE ${this.options.table} SET body = $2::jsonb WHERE id = $1 RETURNING id, body`;
        await this.rows(sql, [id, JSON.stringify(document)]);
    }

    async delete(id: number): Promise<void> {
        await this.db.query(`DELETE FROM ${this.options.table} WHERE id = $1`, [id]);
    }

    async deleteAll(where: Partial<T>): Promise<void> {
        await this.db.query(`DELETE FROM ${this.options.table} WHERE body @> $1::jsonb`, [JSON.stringify(where)]);
    }

    private order({ sort }: ListQuery): string {
        const wanted = sort.length > 0 ? sort : this.options.order ? [this.options.order] : [];
        const keys = wanted.flatMap(({ key, descending }) =>
            /^[a-z_]+$/.test(key) ? [`${key === "id" ? "id" : `body->'${key}'`} ${descending ? "DESC" : "ASC"}`] : [],
        );
        return `ORDER BY ${[...keys, wanted[0]?.descending === true ? "id DESC" : "id"].join(", ")}`;
    }

    private async rows(sql: string, values: unknown[]): Promise<Row<T>[]> {
        try {
            const { rows } = await this.db.query<{ id: string; body: T & Times }>(sql, values);
            return rows.map(({ id, body }) => ({ ...body, id: Number(id) }));
        } catch (error) {
            if (isUniqueViolation(error)) throw conflict(`the ${this.options.what} already exists`, error);
            throw error;
        }
    }
}

function limit({ page, pageSize }: ListQuery): string {
    return pageSize === 0 ? "" : `LIMIT ${String(pageSize)} OFFSET ${String((page - 1) * pageSize)}`;
}

/** A field that a row does not have, and one that no row has: Harbor leaves out what is no column. */
function conditionSql({ key, match }: Condition, values: unknown[]): string {
    if (!/^[a-z_]+$/.test(key)) return "true";
    const column = key === "id" ? "id::text" : `body->>'${key}'`;
    const parameter = (value: unknown): string => `$${String(values.push(value))}`;
    // A key that is no field anywhere is no condition.
    const known = (sql: string): string => (key === "id" ? sql : `(NOT body ? '${key}' OR ${sql})`);
    switch (match.kind) {
        case "exact":
            return known(`${column} = ${parameter(match.value)}`);
        case "fuzzy":
            return known(`position(lower(${parameter(match.value)}) in lower(${column})) > 0`);
        case "any":
            return known(`${column} = ANY(${parameter(match.values)})`);
        case "all":
            return known(match.values.map((value) => `${column} = ${parameter(value)}`).join(" AND ") || "true");
        case "range": {
            const bounds = [
                ...(match.min === undefined ? [] : [`${compare(column, match.min)} >= ${parameter(match.min)}`]),
                ...(match.max === undefined ? [] : [`${compare(column, match.max)} <= ${parameter(match.max)}`]),
            ];
            return known(bounds.join(" AND "));
        }
    }
}

/** Numbers are compared as such, times as text: both sides are ISO 8601. */
function compare(column: string, bound: string): string {
    return /^-?\d+$/.test(bound) ? `(${column})::numeric` : column;
}

function isUniqueViolation(error: unknown): boolean {
    return error instanceof Error && "code" in error && error.code === "23505";
}
