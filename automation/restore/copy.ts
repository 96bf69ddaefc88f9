import type { StackOutputs } from "../../config/contract";
import { UserError } from "../../lib/errors";
import { readLabHarbor } from "../../lib/lab-endpoints";
import { freePort } from "../../lib/ports";
import { waitFor } from "../../lib/wait";
import { backupKeys } from "../backup/stores";
import { openObjectStore, type ObjectStore } from "../objects/store";
import { leftOverStep, placeStep, repointStep } from "./copy-steps";
import { copyOutputs } from "./copy-values";
import { restoreDoors } from "./doors";
import { openInnerHarbor, openStackHarbor } from "./open-harbor";
import { restoreName, type RestoreGround } from "./open-restoration";
import type { Restoration, SetToRestore } from "./restoration";

export interface CopyMode {
    /** A rehearsal is removed at its end. */
    readonly kind: "copy" | "rehearsal";
    readonly namespace: string;
    /** Of this copy: its scratch database and its part of the backup bucket are named by it. */
    readonly id: string;
}

interface CopyAddress {
    readonly url: string;
    /** Of this machine, to be forwarded. */
    readonly port?: number;
}

/** A restore beside the registry: in a namespace, a database and a part of the backup bucket of its own. */
export function openCopy(ground: RestoreGround, set: SetToRestore, mode: CopyMode, samples: number): Restoration {
    const { outputs, door, backups, lock } = ground;
    const place = copyOutputs(outputs, mode.namespace, mode.id);
    let found: Promise<CopyAddress> | undefined;
    const address = (): Promise<CopyAddress> => (found ??= copyAddress(place, door.signal));
    return {
        set,
        restoreName: restoreName(set.name),
        release: outputs.release.name,
        namespace: mode.namespace,
        copy: true,
        samples,
        before: [leftOverStep(ground), placeStep(ground, mode)],
        between: [repointStep(ground, place, async () => (await address()).url)],
        doors: restoreDoors({
            place,
            stack: outputs,
            door,
            backups,
            ...(lock === undefined ? {} : { lock }),
            harbor: async (update) => {
                const { url, port } = await address();
                return port === undefined
                    ? openStackHarbor(place, door, { url }, update)
                    : openInnerHarbor(place, door, port, update);
            },
            content: () => copyContent(ground, place),
        }),
    };
}

/** What clients of the copy type: a port-forward of this machine, or where a lab's stand-in serves it once it is there. */
async function copyAddress({ cluster, namespace }: StackOutputs, signal: AbortSignal): Promise<CopyAddress> {
    if (cluster.kind !== "lab") {
        const port = await freePort();
        return { url: `http://127.0.0.1:${String(port)}`, port };
    }
    const url = await waitFor(() => readLabHarbor(cluster.name, namespace), {
        what: `lab ${cluster.name} to serve namespace ${namespace}`,
        timeoutMs: 30_000,
        signal,
    });
    return { url };
}

async function copyContent({ outputs, door }: RestoreGround, place: StackOutputs): Promise<ObjectStore> {
    const { storage } = place;
    if (storage?.kind !== "s3") throw new UserError("the stack's registry has no bucket");
    return openObjectStore(storage, await backupKeys(outputs, door), door.signal);
}
