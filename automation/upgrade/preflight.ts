import { ExitCode, messageOf, UserError } from "../../lib/errors";
import type { StackOutputs } from "../../config/contract";
import { openDatabaseClient } from "../backup/database";
import { Velero } from "../backup/velero";
import { VeleroObjects } from "../backup/velero-access";
import { mebibytes } from "../backup/words";
import type { ClusterDoor } from "../cluster-access";
import type { Context, StackOptions } from "../context";
import { isChange } from "../render/changes";
import { engineFor } from "./engine-for";
import type { StackUpgradePlan } from "./plan";

/** A rewrite by pg_upgrade keeps the old files until it has come through. */
const copies = 2;

export interface PreflightGround {
    readonly outputs: StackOutputs;
    readonly door: ClusterDoor;
}

/**
 * What of an upgrade can be known before anything is touched.
 * @throws UserError (exit code 3) with every reason why it must not be begun
 */
export async function preflight(
    plan: StackUpgradePlan,
    ground: PreflightGround,
    options: StackOptions,
    context: Context,
): Promise<void> {
    await refuseProblems(options, context, [
        ["the settings are what is installed", () => requireSettled(plan, options, context)],
        ["each hop's chart can be read, and takes the settings", () => requireCharts(plan, options, context)],
        ["Velero can write backups", () => requireVelero(ground)],
        ["the database has room", () => requireRoom(plan, ground)],
    ]);
}

/** Makes every check, whatever the others found. @throws UserError (exit code 3) with every reason */
export async function refuseProblems(
    options: StackOptions,
    context: Context,
    checks: readonly (readonly [string, () => Promise<void>])[],
): Promise<void> {
    const problems: UserError[] = [];
    for (const [title, check] of checks) {
        try {
            await context.reporter.step(title, check);
        } catch (error) {
            context.signal.throwIfAborted();
            if (!(error instanceof UserError)) throw error;
            problems.push(error);
        }
    }
    if (problems.length === 0) return;
    throw new UserError(`the upgrade of stack ${options.stack} was not begun: nothing was touched`, {
        details: problems.map(({ message, details }) => [message, ...details].join(": ")),
        next: [...new Set(problems.flatMap(({ next }) => next))],
        exitCode: ExitCode.refused,
        cause: problems[0],
    });
}

/** A rollback brings the stack up with the settings as they are: they have to be those of what is there now. */
async function requireSettled({ from }: StackUpgradePlan, options: StackOptions, context: Context): Promise<void> {
    const { engine } = await engineFor(from, options, context);
    const { changes } = await engine.preview({ signal: context.signal });
    const open = changes.filter(isChange);
    if (open.length === 0) return;
    throw new UserError("the settings say more than is installed, beside another version", {
        details: open.slice(0, 5).map(({ name, op }) => `${name} would be changed (${op})`),
        next: [`set harbor.version to ${from}, then: npx anchorage up; then upgrade`],
    });
}

async function requireCharts({ hops }: StackUpgradePlan, options: StackOptions, context: Context): Promise<void> {
    for (const { to, installable } of hops) {
        if (!installable) throw new UserError(`this program does not install Harbor ${to}: make that hop by hand`);
        try {
            const { engine } = await engineFor(to, options, context);
            await engine.preview({ signal: context.signal });
        } catch (error) {
            if (!(error instanceof UserError)) throw error;
            throw new UserError(`Harbor ${to} cannot be installed with these settings, or its chart is not reached`, {
                details: [messageOf(error), ...error.details],
                next: [
                    ...error.next,
                    "charts.source and charts.location say where charts come from (README, settings)",
                ],
                cause: error,
            });
        }
    }
}

export async function requireVelero({ outputs, door }: PreflightGround): Promise<void> {
    const velero = new Velero(outputs, door);
    await Promise.all([velero.requireLocation(), velero.server()]);
}

/** The dump itself is streamed into the bucket: it needs no room on a disk. The rewrite of an internal database does. */
async function requireRoom({ hops }: StackUpgradePlan, { outputs, door }: PreflightGround): Promise<void> {
    const rewrite = hops.find(({ engineChange }) => engineChange !== undefined);
    if (rewrite === undefined) return;
    const claim = `database-data-${outputs.release.name}-database-0`;
    const objects = new VeleroObjects(outputs, outputs.namespace, door);
    const found = await objects.get<{ status?: { capacity?: { storage?: string } } }>("persistentvolumeclaims", claim);
    const room = bytesOfQuantity(found?.status?.capacity?.storage ?? "");
    if (room === undefined) return;
    const client = await openDatabaseClient(outputs, door);
    try {
        const size = await client.sizeBytes();
        if (size * copies <= room) return;
        throw new UserError(`the volume of the internal database is too small for ${rewrite.to}`, {
            details: [
                `PostgreSQL ${String(rewrite.engineChange?.to)} writes its ${mebibytes(size)} anew beside the old ones, ` +
                    `and the volume has ${mebibytes(room)}`,
            ],
            next: [`enlarge the PersistentVolumeClaim ${claim}, or move the data to another database.kind`],
        });
    } finally {
        await client.close();
    }
}

/** Of Kubernetes: `10Gi`, `500M`, `1073741824`. Undefined for what is none. Pure. */
export function bytesOfQuantity(text: string): number | undefined {
    const units: Readonly<Record<string, number>> = {
        ...{ "": 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 },
        ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 },
    };
    const [, count, unit = ""] = /^(\d+(?:\.\d+)?)([a-zA-Z]*)$/.exec(text) ?? [];
    const factor = units[unit];
    return count === undefined || factor === undefined ? undefined : Number(count) * factor;
}
