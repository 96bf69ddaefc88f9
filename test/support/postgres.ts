import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import {
    chmodSync,
    chownSync,
    existsSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { waitFor } from "../../lib/wait";

/** Any user but root, which PostgreSQL refuses to run as. */
const nobody = 65_534;

/** The folder with PostgreSQL's programs, psql 15 or newer among them; undefined where this machine has none. */
export function postgresPrograms(): string | undefined {
    const debian = "/usr/lib/postgresql";
    const folders = [
        ...(existsSync(debian) ? readdirSync(debian).map((version) => path.join(debian, version, "bin")) : []),
        ...(process.env["PATH"] ?? "").split(path.delimiter),
    ];
    return folders.find((folder) => {
        if (!["initdb", "postgres", "psql"].every((name) => existsSync(path.join(folder, name)))) return false;
        const { stdout } = spawnSync(path.join(folder, "psql"), ["--version"], { encoding: "utf8" });
        return Number(/(\d+)/.exec(stdout)?.[1]) >= 15;
    });
}

export interface Answer {
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
}

/** A PostgreSQL of a test's own, on a socket in a folder of its own; it asks every user for a password. */
export class Postgres {
    static readonly superuser = { user: "postgres", password: "of the superuser" };
    private server: ChildProcess | undefined;
    private readonly folder = mkdtempSync(path.join(tmpdir(), "anchorage-pg-"));
    private readonly as = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};

    constructor(private readonly programs: string) {}

    async start(): Promise<void> {
        const passwords = path.join(this.folder, "password");
        writeFileSync(passwords, Postgres.superuser.password);
        if ("uid" in this.as) for (const file of [this.folder, passwords]) chownSync(file, nobody, nobody);
        chmodSync(this.folder, 0o700);
        const { as } = this;
        const data = path.join(this.folder, "data");
        execFileSync(
            path.join(this.programs, "initdb"),
            ["-D", data, "-U", "postgres", "-A", "scram-sha-256", `--pwfile=${passwords}`, "-E", "UTF8", "--no-sync"],
            { ...as, stdio: "pipe", cwd: "/" },
        );
        this.server = spawn(
            path.join(this.programs, "postgres"),
            ["-D", data, "-k", this.folder, "-c", "listen_addresses=", "-c", "log_statement=all", "-c", "fsync=off"],
            { ...as, stdio: ["ignore", "pipe", "pipe"], cwd: "/" },
        );
        this.server.stderr?.on("data", (text: Buffer) => writeFileSync(this.logFile, text, { flag: "a" }));
        await waitFor(() => Promise.resolve(this.ask(Postgres.superuser, "SELECT 1").code === 0 || undefined), {
            what: "PostgreSQL to answer",
            timeoutMs: 30_000,
            intervalMs: 50,
        });
    }

    /** What the server has written, statements among it. */
    get log(): string {
        return readFileSync(this.logFile, "utf8");
    }

    private get logFile(): string {
        return path.join(this.folder, "..", `${path.basename(this.folder)}.log`);
    }

    /** Runs a script of the shell with that environment, as a container would. */
    sh(script: string, env: Readonly<Record<string, string>>): Answer {
        const run = spawnSync("/bin/sh", ["-ec", script], {
            ...this.as,
            encoding: "utf8",
            cwd: "/",
            env: { PATH: `${this.programs}:/usr/bin:/bin`, ...env, PGHOST: this.folder },
        });
        return { code: run.status, stdout: run.stdout.trim(), stderr: run.stderr.trim() };
    }

    ask({ user, password }: { user: string; password: string }, sql: string, database = "postgres"): Answer {
        const env = { PGUSER: user, PGPASSWORD: password, PGDATABASE: database, SQL: sql };
        return this.sh('psql --no-psqlrc -Atc "$SQL"', env);
    }

    async stop(): Promise<void> {
        const { server } = this;
        if (server?.exitCode === null) {
            const gone = new Promise((done) => server.once("exit", done));
            server.kill("SIGINT");
            await gone;
        }
        for (const file of [this.folder, this.logFile]) rmSync(file, { recursive: true, force: true });
    }
}
