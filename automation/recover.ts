import type { StackOutputs } from "../config/contract";
import { ExitCode, UserError } from "../lib/errors";
import { unlockBackups } from "./backup/manage";
import { StackHold } from "./backup/hold";
import { VeleroObjects } from "./backup/velero-access";
import type { ClusterDoor } from "./cluster-access";
import type { Context, StackOptions } from "./context";
import type { Engine } from "./engine";
import { endPendingRelease } from "./recover/helm-release";
import { requireStack, stackFlags } from "./stack-files";
import { completeStackOutputs } from "./stack-outputs";
import { currentHop, describeHop, isOver, readRecord } from "./upgrade/record";

/**
 * `anchorage recover`: puts right what a killed command left of a stack: the engine's lock and operations without an end, a
 * pending Helm release, read-only mode and paused queues. Refuses while whoever holds one of them lives, and names them.
 * @returns what was done
 */
export async function recover(options: StackOptions, context: Context): Promise<readonly string[]> {
    const { reporter } = context;
    await requireStack(context.projectRoot, options.stack);
    const { engine } = await context.selectEngine(options);
    // A first update that was killed or failed may have left some: then there is nothing that a command could have switched.
    const outputs = completeStackOutputs(await engine.outputs());
    const told: string[] = [];
    const next: string[] = [];
    if (outputs === undefined) {
        told.push(...(await reporter.step("look at the engine's records", () => engine.recover())));
    } else {
        const door = { exec: context.exec, kubectl: await context.kubectl(outputs.cluster), signal: context.signal };
        // Whoever works on this Harbor from wherever holds it: asked first, before anything is touched.
        const hold = await holdOf(outputs, door, `recover of stack ${options.stack}`);
        const left = hold?.left;
        try {
            told.push(...(await reporter.step("look at the engine and at Helm", () => repair(engine, outputs, door))));
        } finally {
            await hold?.release();
        }
        const record = await readRecord(new VeleroObjects(outputs, outputs.namespace, door));
        const hop = record === undefined || isOver(record) ? undefined : currentHop(record);
        if (hop !== undefined && hop.state !== "waiting") {
            told.push(`an upgrade, ${describeHop(hop)}, came to no end`);
            const flags = stackFlags(options);
            next.push(`npx anchorage upgrade resume${flags}, or upgrade rollback${flags}`);
        } else if (left !== undefined) {
            await unlockBackups(options, context);
            told.push(`what ${left.by} had switched was put back`);
        }
    }
    reporter.event({ kind: "result", verb: "recover", stack: options.stack, told, next });
    for (const line of told) reporter.line(line);
    for (const line of next) reporter.line(`next: ${line}`);
    if (told.length === 0) reporter.line("nothing is left of a killed command");
    return told;
}

/** Undefined where nobody can hold it: without backups, and where a first update was killed before its namespaces were there. */
async function holdOf(outputs: StackOutputs, door: ClusterDoor, purpose: string): Promise<StackHold | undefined> {
    const { backup, namespace } = outputs;
    if (backup === undefined) return undefined;
    const objects = new VeleroObjects(outputs, namespace, door);
    const isThere = async (name: string): Promise<boolean> => {
        const args = ["get", "namespace", name, "--ignore-not-found", "-o", "name"];
        return (await objects.kubectl("look for namespaces", args)).trim() !== "";
    };
    if (!(await isThere(backup.namespace))) return undefined;
    try {
        return await StackHold.take(outputs, door, purpose);
    } catch (error) {
        // A restore that was killed may have left no namespace either, and says so.
        const refused = error instanceof UserError && error.exitCode === ExitCode.refused;
        if (refused || (await isThere(namespace))) throw error;
        return undefined;
    }
}

/** The engine's own records, and the Helm release. @returns what was done @throws UserError while somebody works there */
export async function repair(engine: Engine, outputs: StackOutputs, door: ClusterDoor): Promise<readonly string[]> {
    const told = [...(await engine.recover())];
    const { namespace, release } = outputs;
    const left = await endPendingRelease(new VeleroObjects(outputs, namespace, door), release.name);
    if (left !== undefined) told.push(`the Helm release ${release.name} was left ${left}: it is marked as failed`);
    // Pulumi takes what it has on record for what is there, until it looks.
    if (told.length > 0 && engine.name === "pulumi") await engine.refresh({ signal: door.signal });
    return told;
}
