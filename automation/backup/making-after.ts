import { UserError } from "../../lib/errors";
import type { Step } from "../steps";
import { copyBlobs } from "./blobs";
import type { Making } from "./making";
import { findSet, writeManifest } from "./sets";
import { copied, mebibytes, type Copied } from "./words";

/** What a backup does once Harbor goes on. */

export function copyBlobsSteps(making: Making): Step[] {
    const { content, backups } = making.doors;
    if (content === undefined) return [];
    return [
        {
            id: "blobs",
            title: "copy images",
            plan: "what the set needs and is not there yet, and the list of all; garbage collection rests until then",
            run: async ({ signal, update }) => {
                const options = { signal, onProgress: (progress: Copied) => update(copied(progress)) };
                const part = await copyBlobs(content, backups, making.plan.name, options);
                const { count, bytes, inventory } = part;
                making.blobs = { kind: "objects", count, bytes, inventory: { ...inventory } };
                return `${String(count)} objects, ${mebibytes(bytes)}; ${copied(part)}`;
            },
        },
    ];
}

export function resumeStep(): Step {
    return {
        id: "resume",
        title: "resume garbage collection",
        plan: "the last of the queues",
        run: async ({ undo }) => {
            await undo("queues");
            return undefined;
        },
    };
}

export function completeStep(making: Making): Step {
    return {
        id: "complete",
        title: "complete the set",
        plan: "its manifest is written last",
        run: async () => {
            // Another command may have removed the set, where this one was taken for dead.
            making.doors.fence();
            await requireOurs(making);
            const manifest = making.wholeManifest();
            await writeManifest(making.doors.manifests, manifest);
            making.manifest = manifest;
            return undefined;
        },
    };
}

/** @throws UserError where somebody, who thought that nobody makes it any more, deleted the set: blobs may be gone, too */
async function requireOurs({ plan: { name }, doors: { manifests }, began }: Making): Promise<void> {
    const found = await findSet(manifests, name);
    if (found?.state === "incomplete" && found.beganAt === began?.beganAt) return;
    throw new UserError(`backup ${name} was deleted while it was being made`, {
        details: ["another stack that backs up into the same bucket can do so: npx anchorage backup delete"],
        next: ["npx anchorage backup makes a new one"],
    });
}

export function pruneStep(making: Making): Step {
    return {
        id: "prune",
        title: "delete what is no longer kept",
        plan: "by backup.retention; never the newest complete set",
        run: async ({ signal }) => {
            try {
                return await making.doors.prune(signal);
            } catch (error) {
                signal.throwIfAborted();
                if (!(error instanceof UserError)) throw error;
                return `not everything: ${error.message}`; // the backup itself is complete
            }
        },
    };
}
