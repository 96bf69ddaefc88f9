import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { once } from "node:events";
import { UserError } from "../../../lib/errors";
import { exec } from "../../../lib/exec";
import { isReachable, nobody, postgresPrograms, type PostgresPrograms } from "./programs";

/** How a client reaches the database: by a socket in a folder that nobody else may enter, so the superuser needs no password. */
export interface Connection {
    /** The folder of the socket. */
    readonly host: string;
    readonly user: string;
    readonly database: string;
    /** Of any user but the superuser. */
    readonly password?: string;
}

export interface PostgresServer {
    readonly connection: Connection;
    readonly pid: number;
    /** Resolves when the server has ended, whatever ended it. */
    readonly ended: Promise<void>;
    stop(): Promise<void>;
}

/** Harbor's own name for its database. */
const database = "registry";
const user = "postgres";

/**
 * Starts PostgreSQL on a data folder, which is made where it is not there. Small and fast: what a machine's crash
 * costs is the lab's data.
 * @param folder of the data; root's may lie elsewhere, see {@link dataFolder}
 */
export async function startPostgres(folder: string): Promise<PostgresServer> {
    const programs = await postgresPrograms();
    const data = await dataFolder(folder);
    const sockets = await mkdtemp(path.join(tmpdir(), "anchorage-pg-"));
    await mkdir(path.dirname(data), { recursive: true });
    if (!existsSync(path.join(data, "PG_VERSION"))) await initialise(programs, data);
    if (isRoot()) await chown(sockets, nobody, nobody);
    await writeFile(path.join(data, "pg_hba.conf"), `local all ${user} trust\nlocal all all scram-sha-256\n`);
    // What a server that was killed has left would be taken for another one that runs.
    await rm(path.join(data, "postmaster.pid"), { force: true });
    const server = spawn(
        programs.postgres,
        ["-D", data, "-k", sockets, ...Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`])],
        { ...asUser(), cwd: "/", stdio: ["ignore", "ignore", "pipe"] },
    );
    const ended = once(server, "exit").then(() => rm(sockets, { recursive: true, force: true }));
    await ready(server);
    return {
        connection: { host: sockets, user, database },
        pid: server.pid ?? 0,
        ended,
        stop: async () => {
            // Fast: ends the sessions that there are (postgres(1)).
            server.kill("SIGINT");
            await ended;
        },
    };
}

const settings = {
    listen_addresses: "",
    max_connections: "60",
    shared_buffers: "16MB",
    max_wal_size: "64MB",
    min_wal_size: "16MB",
    wal_level: "minimal",
    max_wal_senders: "0",
    fsync: "off",
    synchronous_commit: "off",
    full_page_writes: "off",
    jit: "off",
    max_parallel_workers_per_gather: "0",
    unix_socket_permissions: "0700",
} as const;

/**
 * Where the data is: in the given folder, or below /var/tmp where root's folder is closed to the user that PostgreSQL
 * runs as. One given folder always has the same place there.
 */
async function dataFolder(folder: string): Promise<string> {
    await mkdir(folder, { recursive: true });
    const wanted = path.join(folder, "data");
    if (!isRoot() || (await isReachable(folder))) return wanted;
    const elsewhere = path.join("/var/tmp", `anchorage-pg-${placeOf(folder)}`);
    await mkdir(elsewhere, { recursive: true, mode: 0o711 });
    if ((await stat(elsewhere)).uid !== 0) throw new UserError(`${elsewhere} is not root's`, { next: ["remove it"] });
    await chmod(elsewhere, 0o711);
    return path.join(elsewhere, "data");
}

/** Removes the data that {@link startPostgres} has kept for a folder, wherever it is. The server does not run. */
export async function removePostgresData(folder: string): Promise<void> {
    await rm(path.join(folder, "data"), { recursive: true, force: true });
    if (isRoot()) await rm(path.join("/var/tmp", `anchorage-pg-${placeOf(folder)}`), { recursive: true, force: true });
}

function placeOf(folder: string): string {
    return createHash("sha256").update(path.resolve(folder)).digest("hex").slice(0, 16);
}

/** Makes the cluster under another name first, so that one that was interrupted is made again. */
async function initialise(programs: PostgresPrograms, data: string): Promise<void> {
    await rm(data, { recursive: true, force: true });
    await mkdir(data, { mode: 0o700 });
    if (isRoot()) await chown(data, nobody, nobody);
    const args = ["-D", data, "-U", user, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--wal-segsize=1"];
    if (!isRoot()) await exec(programs.initdb, args);
    else await runAsNobody(programs.initdb, args);
}

async function runAsNobody(file: string, args: readonly string[]): Promise<void> {
    const child = spawn(file, [...args], { ...asUser(), cwd: "/", stdio: ["ignore", "ignore", "pipe"] });
    let errors = "";
    child.stderr.on("data", (text: Buffer) => (errors += text.toString()));
    const [code] = (await once(child, "close")) as [number | null];
    if (code !== 0)
        throw new UserError(`${path.basename(file)} ended with code ${String(code)}`, { details: [errors] });
}

/** Waits for the server's own word: a client that asks before it fills the log with refusals. */
async function ready(server: ChildProcess): Promise<void> {
    let log = "";
    await new Promise<void>((resolve, reject) => {
        server.stderr?.on("data", (text: Buffer) => {
            log = (log + text.toString()).slice(-4_000);
            if (log.includes("ready to accept connections")) resolve();
        });
        server.once("error", reject);
        server.once("exit", (code) => {
            reject(new UserError(`PostgreSQL ended with code ${String(code)} at its start`, { details: [log.trim()] }));
        });
    });
}

function isRoot(): boolean {
    return process.getuid?.() === 0;
}

function asUser(): { uid?: number; gid?: number } {
    return isRoot() ? { uid: nobody, gid: nobody } : {};
}
