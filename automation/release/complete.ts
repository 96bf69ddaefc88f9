/* eslint-disable @typescript-eslint/no-require-imports -- lazy: most releases find nothing left */
import type { StackOutputs } from "../../config/contract";
import { VeleroObjects } from "../backup/velero-access";
import type { ClusterDoor } from "../cluster-access";
import type { Context } from "../context";
import { recover } from "../recover";
import { currentHop, describeHop, isOver, readRecord } from "../upgrade/record";
import type { UpgradeForwardOptions } from "../upgrade/run";
import type { ReleaseDoors } from "./steps";

export interface Rest {
    readonly options: UpgradeForwardOptions;
    /** Undefined before the first update. */
    readonly outputs: StackOutputs | undefined;
    readonly door: ClusterDoor | undefined;
    /** Brings a way back to the settings of before to its end. @returns why it had been begun; undefined: it was not */
    readonly putBack: () => Promise<string | undefined>;
}

/** What a killed command left, each in its order: locks first, then the upgrade, then the way back. */
export async function completeRest(rest: Rest, context: Context): ReturnType<ReleaseDoors["complete"]> {
    const { options, outputs, door, putBack } = rest;
    const told = [...(await recover(options, context))];
    if (outputs === undefined || door === undefined) return { told };
    const record = await readRecord(new VeleroObjects(outputs, outputs.namespace, door));
    const hop = record === undefined || isOver(record) ? undefined : currentHop(record);
    if (hop !== undefined && hop.state !== "waiting") {
        const { upgradeResume } = require("../upgrade/run") as typeof import("../upgrade/run");
        await upgradeResume(options, context);
        if (hop.state === "back") return { told, back: `the upgrade ${describeHop(hop)} failed; ${hop.from} is back` };
        told.push(`the upgrade ${describeHop(hop)} was brought to its end`);
    }
    const back = await putBack();
    return back === undefined ? { told } : { told, back };
}
