import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";
import { codeOf, HeldError } from "./errors";
import { isSameProcess, processStart } from "./processes";
import { waitFor } from "./wait";

/** Who holds a lock: enough to tell whether the holder still lives. */
export interface LockHolder {
    readonly host: string;
    readonly pid: number;
    /** When the process began, as the operating system tells it (see {@link processStart}). */
    readonly processStart: string | undefined;
    /** ISO time at which the lock was taken. */
    readonly since: string;
    /** What it is held for: "up of stack lab". */
    readonly purpose: string;
}

export interface LockOptions {
    readonly purpose: string;
    /** Milliseconds to wait for another holder. 0 refuses at once. @default 0 */
    readonly waitMs?: number;
    readonly signal?: AbortSignal;
    /** Called once when somebody else holds the lock and we begin to wait. */
    readonly onWait?: (holder: LockHolder) => void;
}

/**
 * Runs `work` while holding the lock file. A lock whose holder is dead (same host, no such process, or
 * another process with that number) is taken over; a living holder is waited for, then named in the error.
 */
export async function withLock<T>(file: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
    const release = await acquire(file, options);
    try {
        return await work();
    } finally {
        await release();
    }
}

/** Who holds the lock now, or undefined; a dead holder counts as none. */
export async function lockHolder(file: string): Promise<LockHolder | undefined> {
    const holder = await readHolder(file);
    return holder && isAlive(holder) ? holder : undefined;
}

async function acquire(file: string, options: LockOptions): Promise<() => Promise<void>> {
    await mkdir(path.dirname(file), { recursive: true });
    let told = false;
    return waitFor(
        async () => {
            if (await create(file, options.purpose)) return () => rm(file, { force: true });
            const holder = await readHolder(file);
            if (holder === undefined) return undefined; // released just now
            if (!isAlive(holder)) {
                await removeStale(file, holder);
                return undefined;
            }
            if ((options.waitMs ?? 0) === 0) throw heldBy(file, holder);
            if (!told) {
                told = true;
                options.onWait?.(holder);
            }
            return undefined;
        },
        {
            what: `the lock ${file}`,
            timeoutMs: Math.max(options.waitMs ?? 0, 2_000),
            intervalMs: 50,
            signal: options.signal,
        },
    );
}

/** The error that names who holds the lock, and for what. */
export function heldBy(file: string, holder: LockHolder): HeldError {
    return new HeldError(
        `${holder.purpose} is running: process ${String(holder.pid)} on ${holder.host} since ${holder.since}`,
        { next: [`wait until it ends, or end it with: kill ${String(holder.pid)}`], details: [`lock file: ${file}`] },
    );
}

async function create(file: string, purpose: string): Promise<boolean> {
    const holder: LockHolder = {
        host: hostname(),
        pid: process.pid,
        processStart: processStart(process.pid),
        since: new Date().toISOString(),
        purpose,
    };
    // Written beside and linked into place: the lock never exists without its holder's name in it.
    const draft = `${file}.${String(process.pid)}.${randomBytes(4).toString("hex")}`;
    try {
        await writeFile(draft, JSON.stringify(holder));
        await link(draft, file);
        return true;
    } catch (error) {
        if (codeOf(error) === "EEXIST") return false;
        throw error;
    } finally {
        await rm(draft, { force: true });
    }
}

async function readHolder(file: string): Promise<LockHolder | undefined> {
    try {
        const text = await readFile(file, "utf8");
        return JSON.parse(text) as LockHolder;
    } catch (error) {
        if (codeOf(error) === "ENOENT") return undefined;
        throw error;
    }
}

function isAlive(holder: LockHolder): boolean {
    // Another host's processes cannot be seen from here, so its lock is never taken over.
    return holder.host !== hostname() || isSameProcess(holder.pid, holder.processStart);
}

/** Removes the file only while it still names the dead holder: a second taker may have been faster. */
async function removeStale(file: string, dead: LockHolder): Promise<void> {
    const guard = `${file}.stale`;
    if (!(await create(guard, `removal of the stale lock ${file}`))) {
        const remover = await readHolder(guard);
        if (remover && !isAlive(remover)) await rm(guard, { force: true });
        return;
    }
    try {
        const now = await readHolder(file);
        if (now?.pid === dead.pid && now.since === dead.since) await rm(file, { force: true });
    } finally {
        await rm(guard, { force: true });
    }
}
