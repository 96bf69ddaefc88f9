import { createServer } from "node:net";
import type { StackOutputs } from "../../config/contract";
import { ExitCode, UserError } from "../../lib/errors";
import { labCommand } from "../../lib/lab-commands";
import { readLabEndpoints } from "../../lib/lab-endpoints";
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

/** A restore beside the registry: in a namespace, a database and a part of the backup bucket of its own. */
export async function openCopy(
    ground: RestoreGround,
    set: SetToRestore,
    mode: CopyMode,
    samples: number,
): Promise<Restoration> {
    const { outputs, door, backups, lock } = ground;
    const place = copyOutputs(outputs, mode.namespace, mode.id);
    const address = await copyAddress(outputs);
    const { port } = address;
    return {
        set,
        restoreName: restoreName(set.name),
        release: outputs.release.name,
        namespace: mode.namespace,
        copy: true,
        samples,
        before: [leftOverStep(ground), placeStep(ground, mode)],
        between: [repointStep(ground, place, address.url)],
        doors: restoreDoors({
            place,
            stack: outputs,
            door,
            backups,
            ...(lock === undefined ? {} : { lock }),
            harbor: (update) =>
                port === undefined
                    ? openStackHarbor(place, door, address, update)
                    : openInnerHarbor(place, door, port, update),
            content: () => copyContent(ground, place),
        }),
    };
}

/** What clients of the copy type: a port-forward of this machine, or where a lab's stand-in serves it. */
async function copyAddress({ cluster }: StackOutputs): Promise<{ readonly url: string; readonly port?: number }> {
    if (cluster.kind !== "lab") {
        const port = await freePort();
        return { url: `http://127.0.0.1:${String(port)}`, port };
    }
    const { harborCopy } = await readLabEndpoints(cluster.name);
    if (harborCopy !== undefined) return harborCopy;
    throw new UserError(`lab ${cluster.name} serves no second Harbor`, {
        next: [labCommand("start", cluster.name)],
        exitCode: ExitCode.refused,
    });
}

function freePort(): Promise<number> {
    return new Promise((resolve, reject) => {
        const server = createServer();
        server.once("error", reject);
        server.listen(0, "127.0.0.1", () => {
            const address = server.address();
            server.close(() => {
                if (address === null || typeof address === "string") reject(new Error("no port"));
                else resolve(address.port);
            });
        });
    });
}

async function copyContent({ outputs, door }: RestoreGround, place: StackOutputs): Promise<ObjectStore> {
    const { storage } = place;
    if (storage?.kind !== "s3") throw new UserError("the stack's registry has no bucket");
    return openObjectStore(storage, await backupKeys(outputs, door), door.signal);
}
