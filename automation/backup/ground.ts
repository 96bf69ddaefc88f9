import type { StackOutputs } from "../../config/contract";
import { ExitCode, UserError } from "../../lib/errors";
import { labCommand } from "../../lib/lab-commands";
import { labRegistry, type ClusterDoor } from "../cluster-access";
import type { Context, StackOptions } from "../context";
import type { ObjectStore } from "../objects/store";
import { openStackHarbor } from "../restore/open-harbor";
import type { OpenHarbor } from "../restore/restoration";
import { requireStack } from "../stack-files";
import { requireStackOutputs } from "../stack-outputs";
import { openBackupStore, requireBackup } from "./stores";

/** The stack that a verb of backups works on, and its backup bucket. */
export interface BackupGround {
    readonly outputs: StackOutputs;
    readonly door: ClusterDoor;
    readonly backups: ObjectStore;
}

/** Finds the stack, opens its backup bucket, and closes it afterwards. @throws UserError where the stack has none */
export async function onBackupGround<T>(
    options: StackOptions,
    context: Context,
    work: (ground: BackupGround) => Promise<T>,
): Promise<T> {
    await requireStack(context.projectRoot, options.stack);
    const { engine } = await context.selectEngine(options);
    const outputs = await requireStackOutputs(engine);
    requireBackup(outputs);
    const door = { exec: context.exec, kubectl: await context.kubectl(outputs.cluster), signal: context.signal };
    const backups = await openBackupStore(outputs, door);
    try {
        return await work({ outputs, door, backups });
    } finally {
        backups.close();
    }
}

/** The stack's Harbor, or what stands in for it in a lab; waits until it lets the administrator in. */
export async function openHarbor(
    outputs: StackOutputs,
    door: ClusterDoor,
    update: (detail: string) => void,
): Promise<OpenHarbor> {
    const { cluster } = outputs;
    if (cluster.kind !== "lab") return openStackHarbor(outputs, door, undefined, update);
    const url = await labRegistry(outputs);
    if (url !== undefined) return openStackHarbor(outputs, door, { url }, update);
    throw new UserError(`there is no registry in lab ${cluster.name}`, {
        details: ["its pods are simulated, and no stand-in for Harbor runs beside them"],
        next: [labCommand("start", cluster.name)],
        exitCode: ExitCode.refused,
    });
}
