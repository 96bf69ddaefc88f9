import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { Pool } from "undici";
import { openHarbor } from "../harbor/client/client";
import { measurePairs, timed, type Figure } from "./harness";
import type { Sandbox } from "./sandbox";

const pages = 1_000;
const pageSize = 100;
const concurrency = 8;

/**
 * A thousand pages of projects by the client, in order, against undici alone: the same requests, eight at a time, each
 * answer parsed and thrown away. The server runs in a process of its own.
 */
export async function harborClient(sandbox: Sandbox): Promise<Figure[]> {
    const server = fork("bench/harbor-pages.ts", [String(pages), String(pageSize)], {
        execArgv: ["--require", "./bin/typescript.js"],
    });
    sandbox.onClose(() => end(server));
    const [port] = (await once(server, "message")) as [number];
    const url = `http://127.0.0.1:${String(port)}`;

    const byClient = async (): Promise<void> => {
        const { client, close } = openHarbor({ url, user: "admin", password: "bench", connections: concurrency });
        let items = 0;
        for await (const page of client.projects.list({}, { concurrency }).pages()) items += page.length;
        await close();
        expect(items);
    };
    const bare = async (): Promise<void> => {
        const pool = new Pool(url, { connections: concurrency });
        let items = 0;
        let next = 1;
        const worker = async (): Promise<void> => {
            while (next <= pages) {
                const path = `/api/v2.0/projects?page=${String(next++)}&page_size=${String(pageSize)}`;
                const { body } = await pool.request({ path, method: "GET", headers: { accept: "application/json" } });
                items += ((await body.json()) as unknown[]).length;
            }
        };
        await Promise.all(Array.from({ length: concurrency }, worker));
        await pool.close();
        expect(items);
    };
    // Both once beforehand: neither is to pay for what the other has warmed up.
    await byClient();
    await bare();
    const pairs = await measurePairs(
        { what: "client", measure: () => timed(byClient) },
        { what: "bare undici", measure: () => timed(bare) },
        9,
    );
    return [
        {
            name: `${String(pages)} list pages by the client, ${String(concurrency)} at a time`,
            unit: "s",
            subject: pairs.subject,
            peer: { what: "the same requests by bare undici", spread: pairs.peer },
            ratio: pairs.ratio,
            limit: { of: "ratio", most: 1.2 },
        },
    ];
}

function expect(items: number): void {
    if (items !== pages * pageSize) throw new Error(`${String(items)} items of ${String(pages * pageSize)}`);
}

async function end(server: ChildProcess): Promise<void> {
    const ended = once(server, "exit");
    server.kill();
    await ended;
}
