import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { ExitCode, UserError } from "../../../lib/errors";
import { isRunning } from "../../../lib/processes";
import { outputOfFailure, type CliOutput } from "./pulumi-command";

interface Exported {
    readonly deployment?: {
        readonly pending_operations?: readonly {
            readonly type: string;
            readonly resource?: { readonly urn?: string };
        }[];
    };
}

/** Who holds a lock, as a file backend says it (pulumi/pulumi pkg/backend/diy/lock.go). */
interface Holder {
    readonly who: string;
    readonly pid: number;
    readonly since: string;
}

/**
 * Takes a dead process's lock away (`pulumi cancel`) and the operations without an end out of the state, which it writes
 * back as it is otherwise: writing needs the lock, so whoever holds it is named.
 *
 * @param run a command of the CLI on the stack
 * @returns what was done @throws UserError (exit code 3) while the holder lives, or where nobody can tell
 */
export async function recoverStack(
    stack: string,
    run: (args: readonly string[]) => Promise<CliOutput>,
    isAlive: (holder: Holder) => boolean = mayLive,
): Promise<string[]> {
    const { stdout } = await run(["stack", "export"]);
    const { deployment, ...rest } = JSON.parse(stdout) as Exported;
    const pending = deployment?.pending_operations ?? [];
    const whole = { ...rest, deployment: { ...deployment, pending_operations: [] } };
    const told: string[] = [];
    const folder = await mkdtemp(path.join(tmpdir(), "anchorage-"));
    try {
        const file = path.join(folder, "state.json");
        await writeFile(file, JSON.stringify(whole), { mode: 0o600 });
        try {
            await run(["stack", "import", "--file", file]);
        } catch (error) {
            const said = outputOfFailure(error)?.stderr ?? "";
            const holders = holdersOf(said);
            if (!/currently locked|another update is currently in progress|\[409\]/i.test(said)) throw error;
            const living = holders.filter(isAlive);
            if (holders.length === 0 || living.length > 0) throw refusal(stack, living);
            await run(["cancel", "--yes"]);
            told.push(
                ...holders.map(
                    ({ who, pid }) => `the lock of ${who}, process ${String(pid)}, was taken away: it is dead`,
                ),
            );
            await run(["stack", "import", "--file", file]);
        }
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
    for (const { type, resource } of pending) {
        const name = resource?.urn?.split("::").at(-1) ?? "a resource";
        told.push(
            `the operation ${type} ${name} without an end was taken out of the state: pulumi refresh looks at it`,
        );
    }
    return told;
}

/** Pure. */
export function holdersOf(text: string): Holder[] {
    return [...text.matchAll(/created by (\S+) \(pid (\d+)\) at (\S+)/g)].map(([, who = "", pid = "", since = ""]) => ({
        who,
        pid: Number(pid),
        since,
    }));
}

/** Of a process on another machine nothing is known. */
function mayLive({ who, pid }: Holder): boolean {
    return who.split("@").at(-1) !== hostname() || isRunning(pid);
}

function refusal(stack: string, living: readonly Holder[]): UserError {
    return new UserError(`another update of stack ${stack} is running`, {
        details: living.map(({ who, pid, since }) => `${who}, process ${String(pid)}, since ${since}`),
        next: [
            "wait until it ends",
            `if it is dead and was on another machine: pulumi cancel --yes --stack ${stack}, then recover again`,
        ],
        exitCode: ExitCode.refused,
    });
}
