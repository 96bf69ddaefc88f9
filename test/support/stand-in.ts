import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { removePostgresData, startPostgres, type PostgresServer } from "../../lab/harbor/postgres/server";
import { startStandIn, type StandIn, type StandInOptions } from "../../lab/harbor/stand-in";
import { ResponseValidator } from "./openapi";

export const adminPassword = "Harbor12345-of-a-test";
export const admin = `admin:${adminPassword}`;

const folder = mkdtempSync(path.join(tmpdir(), "anchorage-harbor-"));
let postgres: Promise<PostgresServer> | undefined;
let databases = 0;
const running = new Set<StandIn>();

async function startServer(): Promise<PostgresServer> {
    return startPostgres(folder);
}

// One PostgreSQL for the run, with a database for each stand-in.
after(async function () {
    this.timeout(30_000);
    await Promise.all([...running].map((standIn) => standIn.stop()));
    await (await postgres)?.stop();
    await removePostgresData(folder);
    rmSync(folder, { recursive: true, force: true });
});

export interface Answer {
    readonly status: number;
    readonly headers: Headers;
    readonly text: string;
    /** The body as JSON; undefined where it is none. */
    readonly json: unknown;
    /** Code of the first error. */
    readonly code: string | undefined;
}

export interface Ask {
    /** `name:password`; "" for nobody. @default the administrator */
    readonly as?: string;
    readonly body?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
}

/** A stand-in with a database of its own, and a client that holds every answer to the OpenAPI document. */
export class TestHarbor {
    private readonly validator = ResponseValidator.open();

    private constructor(
        readonly standIn: StandIn,
        readonly close: () => Promise<void>,
        /** Lines of the log: defects of the stand-in. */
        readonly log: readonly string[],
    ) {}

    static async start(options: Partial<StandInOptions> = {}): Promise<TestHarbor> {
        postgres ??= startServer();
        const { connection } = await postgres;
        databases += 1;
        const log: string[] = [];
        const standIn = await startStandIn({
            connection: { ...connection, database: `harbor_${String(databases)}` },
            adminPassword,
            log: (line) => log.push(line),
            ...options,
        });
        running.add(standIn);
        const close = (): Promise<void> => {
            running.delete(standIn);
            return standIn.stop();
        };
        return new TestHarbor(standIn, close, log);
    }

    get url(): string {
        return this.standIn.url;
    }

    /** Asks the REST API: `ask("GET", "/projects")`. @throws where the answer is not what the document says */
    async ask(method: string, target: string, { as = admin, body, headers }: Ask = {}): Promise<Answer> {
        const answer = await this.raw(method, `/api/v2.0${target}`, { as, body, ...(headers ? { headers } : {}) });
        this.validator?.check(method, target, answer);
        return answer;
    }

    /** Asks for any path. */
    async raw(method: string, target: string, { as = admin, body, headers }: Ask = {}): Promise<Answer> {
        const response = await fetch(`${this.url}${target}`, {
            method,
            redirect: "manual",
            headers: {
                ...(as === "" ? {} : { authorization: `Basic ${Buffer.from(as).toString("base64")}` }),
                ...(body === undefined ? {} : { "content-type": "application/json" }),
                ...headers,
            },
            ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
        });
        const text = await response.text();
        const json = parse(text);
        const errors = (json as { errors?: { code: string }[] } | undefined)?.errors;
        return { status: response.status, headers: response.headers, text, json, code: errors?.[0]?.code };
    }
}

function parse(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch (error) {
        if (error instanceof SyntaxError) return undefined;
        throw error;
    }
}

/** One stand-in for all tests of a suite, in whose log no defect may stand at the end. */
export function useHarbor(use: (harbor: TestHarbor) => void): void {
    let harbor: TestHarbor;
    before(async () => {
        harbor = await TestHarbor.start();
        use(harbor);
    });
    after(async () => {
        assert.deepEqual(harbor.log, []);
        await harbor.close();
    });
}
