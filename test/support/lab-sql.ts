import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { Client } from "pg";
import { labLayout } from "../../lab/layout";

/** On the database of a lab's stack, past its Harbor. @param name of the lab */
export async function labSql<T extends object>(name: string, statement: string): Promise<T[]> {
    const pids = JSON.parse(await readFile(path.join(labLayout(name).harbor, "children.json"), "utf8")) as {
        pid: number;
    }[];
    for (const { pid } of pids) {
        const words = (await readFile(`/proc/${String(pid)}/cmdline`, "utf8")).split("\0");
        const host = words[words.indexOf("-k") + 1];
        if (!words.includes("-k") || host === undefined) continue;
        const admin = new Client({ host, user: "postgres", database: "postgres" });
        await admin.connect();
        const found = await admin.query<{ datname: string }>(
            "SELECT datname FROM pg_database WHERE datname LIKE 'harbor\\_%'",
        );
        await admin.end();
        const client = new Client({ host, user: "postgres", database: found.rows[0]?.datname ?? "" });
        await client.connect();
        try {
            return (await client.query<T>(statement)).rows;
        } finally {
            await client.end();
        }
    }
    return assert.fail("no PostgreSQL runs");
}
