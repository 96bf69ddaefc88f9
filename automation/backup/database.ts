import { PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { DatabaseOutput, StackOutputs } from "../../config/contract";
import { messageOf, UserError } from "../../lib/errors";
import { ExecFailure, type ExecOptions, type ExecResult } from "../../lib/exec";
import { kubectlFlags, type ClusterDoor } from "../cluster-access";
import { clientContainer, clientLabel, clientPod, clientPodName } from "./database-pod";
import {
    countsSql,
    dumpScript,
    endMark,
    freeConnectionsSql,
    queryScript,
    restoreScript,
    sessionsSql,
    sizeSql,
    versionSql,
} from "./database-sql";
import { EndMark } from "./end-mark";
import { Frames } from "./frames";

/** How many there are of what users see. */
export interface DatabaseCounts {
    readonly projects: number;
    readonly repositories: number;
    readonly artifacts: number;
}

/** Harbor's database, by PostgreSQL's own programs in a Pod beside it. Every method throws a UserError that says why. */
export interface DatabaseClient {
    /** Of the server: `17.10`. */
    version(): Promise<string>;
    /** Bytes on the server's disk, indexes included. */
    sizeBytes(): Promise<number>;
    counts(): Promise<DatabaseCounts>;
    /** Connections that the server would still take. */
    freeConnections(): Promise<number>;
    /**
     * Harbor's schema as an archive in pg_dump's custom format, compressed, read from one snapshot. It ends with an error
     * where the dump did not come to its end.
     */
    dump(): Readable;
    /**
     * Puts an archive of {@link dump} in the place of what is in the database, in one transaction: whatever fails, the
     * cut connection too, leaves the old content. Refuses while Harbor is connected.
     */
    restore(dump: Readable): Promise<void>;
    /** An empty one beside it. @param name letters, digits and underscores */
    createDatabase(name: string): Promise<void>;
    /** One that {@link createDatabase} made, with its connections; nothing where there is none. */
    dropDatabase(name: string): Promise<void>;
    /** Deletes the Pod; also after the command was interrupted. Never throws. */
    close(): Promise<void>;
}

export interface DatabaseClientOptions {
    /** Milliseconds that the database has to answer for the first time, once the Pod runs. @default 20000 */
    readonly patienceMs?: number;
    /** Milliseconds that Harbor's sessions have to end before a restore. @default 30000 */
    readonly quietMs?: number;
}

/**
 * Makes a client Pod in the release's namespace and waits until the database answers it. Close it in any case.
 * @throws UserError where the stack has no such output, the Pod does not run, or the database does not answer
 */
export async function openDatabaseClient(
    outputs: StackOutputs,
    door: ClusterDoor,
    options: DatabaseClientOptions = {},
): Promise<DatabaseClient> {
    const { database } = outputs;
    if (database === undefined) {
        throw new UserError("the stack does not say where its database is: an older program brought it up", {
            next: ["npx anchorage up writes that output"],
        });
    }
    const client = new PodDatabaseClient(outputs, database, door, options);
    try {
        await client.open();
        return client;
    } catch (error) {
        await client.close();
        throw error;
    }
}

/** Seconds that the Pod has to run: its image may have to be pulled. */
const podTimeout = 300;

/** What no second try changes: wrong password, no such role or database, no right to connect. */
const refusal =
    /password authentication failed|no password supplied|role ".*" does not exist|database ".*" does not exist|no pg_hba\.conf entry|does not support SSL|certificate verify failed|permission denied/;

class PodDatabaseClient implements DatabaseClient {
    private readonly pod = clientPodName();
    private readonly flags: readonly string[];
    private readonly what: string;

    constructor(
        private readonly outputs: StackOutputs,
        private readonly database: DatabaseOutput,
        private readonly door: ClusterDoor,
        private readonly options: DatabaseClientOptions,
    ) {
        this.flags = [...kubectlFlags(outputs), "-n", outputs.namespace];
        this.what = `database ${database.database} on ${database.host}:${String(database.port)}`;
    }

    async open(): Promise<void> {
        await this.removeEnded();
        const pod = clientPod(this.pod, this.outputs.namespace, this.database);
        try {
            await this.kubectl(["apply", "-f", "-"], { input: JSON.stringify(pod) });
            const wait = ["wait", "--for=condition=Ready", `--timeout=${String(podTimeout)}s`, `pod/${this.pod}`];
            await this.kubectl(wait);
        } catch (error) {
            throw await this.podTrouble(error);
        }
        await this.firstAnswer();
    }

    async version(): Promise<string> {
        // "17.10 (Debian 17.10-1.pgdg12+1)" on some
        return (await this.query(versionSql)).split(" ")[0] ?? "";
    }

    async sizeBytes(): Promise<number> {
        return Number(await this.query(sizeSql));
    }

    async counts(): Promise<DatabaseCounts> {
        return JSON.parse(await this.query(countsSql)) as DatabaseCounts;
    }

    async freeConnections(): Promise<number> {
        return Number(await this.query(freeConnectionsSql));
    }

    dump(): Readable {
        const raw = new PassThrough();
        const dump = new EndMark(endMark, `the dump of ${this.what}`);
        pipeline(raw, dump).catch(() => undefined); // seen by whoever reads `dump`
        this.run(dumpScript, [], { stdout: raw }).then(
            () => raw.end(),
            // The reader that has given up knows why; its own error is that of both.
            (error: unknown) => raw.destroy(dump.errored ?? this.trouble(error, "cannot be dumped")),
        );
        return dump;
    }

    async restore(dump: Readable): Promise<void> {
        const frames = new Frames();
        // Why it fails, if it does, comes by way of the frames: at any time, so that is listened to from the start.
        pipeline(dump, frames).catch(() => undefined);
        try {
            await this.requireQuiet();
            const { stdout, stderr } = await this.run(restoreScript, [], { stdin: frames });
            if (stdout.trim() === endMark.trim()) return;
            throw new UserError(`the dump cannot be read: ${this.what} is as it was`, {
                details: lastLines(stderr),
                next: ["restore another backup: backup verify tells which ones are whole"],
            });
        } catch (error) {
            if (!(error instanceof ExecFailure)) throw error;
            throw this.trouble(error, "is as it was: the dump was not restored");
        } finally {
            frames.destroy();
        }
    }

    async createDatabase(name: string): Promise<void> {
        await this.query(`CREATE DATABASE ${scratchName(name)}`);
    }

    async dropDatabase(name: string): Promise<void> {
        if (name === this.database.database) throw new Error("that is Harbor's own database");
        await this.query(`DROP DATABASE IF EXISTS ${scratchName(name)} WITH (FORCE)`);
    }

    async close(): Promise<void> {
        // Without the command's signal: an interrupted one cleans up as well.
        const args = ["delete", "pod", this.pod, "--ignore-not-found", "--wait=false"];
        await this.kubectl(args, { signal: AbortSignal.timeout(30_000) }).catch(() => undefined);
    }

    /** Those of commands that were killed, and whose time has run out. */
    private async removeEnded(): Promise<void> {
        const labels = Object.entries(clientLabel).map(([key, value]) => `${key}=${value}`);
        const which = ["-l", labels.join(","), "--field-selector=status.phase=Failed"];
        try {
            await this.kubectl(["delete", "pods", ...which, "--ignore-not-found", "--wait=false"]);
        } catch (error) {
            throw await this.podTrouble(error);
        }
    }

    /** The network of a new Pod may come a moment after it (policies, names), and a database may be changing places. */
    private async firstAnswer(): Promise<void> {
        const end = Date.now() + (this.options.patienceMs ?? 20_000);
        for (;;) {
            try {
                await this.run(queryScript, ["SELECT 1"]);
                return;
            } catch (error) {
                this.door.signal.throwIfAborted();
                const final = !(error instanceof ExecFailure) || refusal.test(error.stderr) || Date.now() > end;
                if (final) throw this.trouble(error, "does not answer");
                await delay(500, undefined, { signal: this.door.signal });
            }
        }
    }

    /** Harbor's pods end a moment after they were told to. */
    private async requireQuiet(): Promise<void> {
        const end = Date.now() + (this.options.quietMs ?? 30_000);
        for (;;) {
            const sessions = JSON.parse(await this.query(sessionsSql)) as (readonly [string, string])[];
            if (sessions.length === 0) return;
            if (Date.now() > end) {
                throw new UserError(
                    `${this.what} is in use: ${String(sessions.length)} sessions of Harbor's own role`,
                    {
                        details: sessions
                            .slice(0, 5)
                            .map(([program, address]) => `${program || "unnamed"} from ${address}`),
                        next: [
                            "stop Harbor's core, jobservice and exporter first: a restore would pull the tables away",
                        ],
                    },
                );
            }
            await delay(1_000, undefined, { signal: this.door.signal });
        }
    }

    private async query(sql: string): Promise<string> {
        try {
            return (await this.run(queryScript, [sql])).stdout.trim();
        } catch (error) {
            throw this.trouble(error, "does not answer");
        }
    }

    /** Runs a script in the Pod; its arguments are no secrets. */
    private run(script: string, args: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
        const stdin = options.stdin === undefined ? [] : ["-i"];
        const command = ["/bin/sh", "-c", script, "sh", ...args];
        return this.kubectl(["exec", ...stdin, this.pod, "-c", clientContainer, "--", ...command], options);
    }

    private kubectl(args: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
        const { exec, kubectl, signal } = this.door;
        return exec(kubectl, [...this.flags, ...args], { signal, ...options });
    }

    /** What psql or pg_dump said, in our words. */
    private trouble(error: unknown, how: string): Error {
        if (!(error instanceof ExecFailure)) return error instanceof Error ? error : new Error(messageOf(error));
        if (this.door.signal.aborted) return error;
        const { secretName } = this.database.password;
        return new UserError(`${this.what} ${how}`, {
            details: lastLines(error.stderr || error.message),
            next: error.stderr.includes("password authentication failed")
                ? [`the password in Secret ${this.outputs.namespace}/${secretName} is not the database's`]
                : ["npx anchorage status shows whether the database runs"],
            cause: error,
        });
    }

    /** Why the Pod does not run. */
    private async podTrouble(error: unknown): Promise<unknown> {
        this.door.signal.throwIfAborted();
        if (!(error instanceof ExecFailure)) return error;
        const form =
            "{range .status.conditions[*]}{.message}{'\\n'}{end}" +
            "{range .status.containerStatuses[*]}{.state.waiting.reason}: {.state.waiting.message}{'\\n'}{end}";
        const told = await this.kubectl(["get", "pod", this.pod, "-o", `jsonpath=${form}`]).catch(() => undefined);
        const details = [...lastLines(error.stderr || error.message), ...lastLines(told?.stdout ?? "")];
        return new UserError(`the client of the ${this.what} does not run in namespace ${this.outputs.namespace}`, {
            details,
            next: [`kubectl ${this.flags.join(" ")} get events shows what keeps a pod from running`],
            cause: error,
        });
    }
}

function lastLines(text: string): string[] {
    return text
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line !== "" && line !== ":" && !line.startsWith("command terminated with exit code"))
        .slice(-4);
}

function scratchName(name: string): string {
    if (!/^[A-Za-z0-9_]+$/.test(name)) throw new Error(`${JSON.stringify(name)} is no name of a scratch database`);
    return `"${name}"`;
}
