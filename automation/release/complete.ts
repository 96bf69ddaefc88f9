import { currentHop, describeHop, isOver, readRecord, type HopRecord, type RecordObjects } from "../upgrade/record";
import { readRelease } from "./record";
import type { ReleaseDoors, Update, WayBack } from "./steps";
import { sameSettings, type Present } from "./way-back";

export interface Rest {
    readonly stack: string;
    /** Locks, pending operations, a pending Helm release, what was switched. @returns what was done */
    readonly recover: () => Promise<readonly string[]>;
    /** Where the records are; undefined where nothing ever came up. */
    readonly objects: RecordObjects | undefined;
    /** Brings an upgrade that is under way to its end, in its direction. */
    readonly resume: () => Promise<void>;
    readonly present: () => Promise<Present>;
    readonly doors: Pick<ReleaseDoors, "putBack" | "rollback" | "verify" | "returned">;
}

/** What a killed command left, each in its order: locks first, then the upgrade, then the way back. */
export async function completeRest(rest: Rest, update: Update): ReturnType<ReleaseDoors["complete"]> {
    const { stack, objects, doors } = rest;
    const told = [...(await rest.recover())];
    if (objects === undefined) return { told };
    const back = (await readRelease(objects))?.back;
    // Else its hop is a part of the way back.
    if (back?.kind !== "upgrade") {
        const hop = await hopUnderWay(objects);
        if (hop !== undefined) {
            await rest.resume();
            if (hop.state === "back")
                return { told, back: `the upgrade ${describeHop(hop)} failed; ${hop.from} is back` };
            told.push(`the upgrade ${describeHop(hop)} was brought to its end`);
        }
    }
    if (back === undefined) return { told };
    if (back.kind === "settings" && !sameSettings(back.failed, (await rest.present()).settings)) {
        await doors.returned();
        told.push(`the way back from what failed (${back.why}) is given up: Pulumi.${stack}.yaml is another one now`);
        return { told };
    }
    return { told, back: `${back.why} (${await goBack(doors, back.kind, update)})` };
}

/** A way back that was cut short is brought to its end. @returns what was done */
async function goBack(doors: Rest["doors"], kind: WayBack["kind"], update: Update): Promise<string> {
    const told = kind === "settings" ? await doors.putBack(update) : undefined;
    if (kind === "upgrade") await doors.rollback(update);
    await doors.verify("verify-back", update);
    await doors.returned();
    return told ?? "the upgrade is rolled back";
}

/** A hop that was begun and did not come to its end. */
export async function hopUnderWay(objects: RecordObjects): Promise<HopRecord | undefined> {
    const record = await readRecord(objects);
    const hop = record === undefined || isOver(record) ? undefined : currentHop(record);
    return hop?.state === "waiting" ? undefined : hop;
}
