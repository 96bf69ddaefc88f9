import { UserError } from "../../lib/errors";
import { openHarbor, type BackupGround } from "../backup/ground";
import type { CompleteManifest } from "../backup/manifest";
import { requireBackup } from "../backup/stores";
import { Velero } from "../backup/velero";
import { VeleroObjects } from "../backup/velero-access";
import { labRegistry } from "../cluster-access";
import { restoreDoors } from "../restore/doors";
import { movedObjects } from "../restore/modifiers";
import { openStackHarbor } from "../restore/open-harbor";
import { restoreName } from "../restore/open-restoration";
import { setOf, type OpenHarbor, type Restoration, type RestoreLock } from "../restore/restoration";
import { describePulled, pullImages, spread } from "../restore/samples";
import { restoreSteps } from "../restore/steps";
import { readSecret } from "../secrets";
import type { Step } from "../steps";
import { adoptPassword } from "./admin";
import { compareImages, type Comparison } from "./compare";
import { MigrationRecords } from "./record";
import { classMap, classMapName } from "./storage-classes";

/** One move of a registry into another cluster: what its steps work on. */
export interface Move {
    readonly from: string;
    readonly to: string;
    readonly source: BackupGround;
    readonly target: BackupGround;
    readonly lock?: RestoreLock;
    readonly manifest: CompleteManifest;
    /** StorageClasses of the source that become others. */
    readonly classes: Readonly<Record<string, string>>;
    readonly samples: number;
}

export interface MoveFindings {
    comparison?: Comparison;
}

/** From a complete backup of the source to a target that serves all of it. Each step bears to be done again. */
export function moveSteps(move: Move): { readonly steps: Step[]; readonly findings: MoveFindings } {
    const findings: MoveFindings = {};
    const restored = restoreSteps(restorationOf(move));
    return {
        steps: [
            sourceStep(move),
            recordStep(move),
            readOnlyStep(move),
            ...classesStep(move),
            ...restored,
            compareStep(move, findings),
            endStep(move),
        ],
        findings,
    };
}

function restorationOf(move: Move): Restoration {
    const { source, target, manifest, lock, samples } = move;
    const { outputs, door, backups } = target;
    const set = setOf(manifest);
    return {
        set,
        restoreName: restoreName(set.name),
        release: outputs.release.name,
        namespace: outputs.namespace,
        copy: false,
        samples,
        objects: movedObjects(manifest.release, set.volumes),
        doors: restoreDoors({
            place: outputs,
            stack: outputs,
            door,
            backups,
            ...(lock === undefined ? {} : { lock }),
            harbor: async (update): Promise<OpenHarbor> => {
                const { admin } = source.outputs;
                const former = await readSecret(source.outputs, admin.secretName, admin.secretKey, source.door);
                const url = await labRegistry(outputs);
                const { signal } = door;
                return openStackHarbor(outputs, door, url === undefined ? undefined : { url }, update, (options) =>
                    adoptPassword(options, former, { signal, update }),
                );
            },
        }),
    };
}

function sourceStep({ from, source, manifest, samples }: Move): Step {
    return {
        id: "source",
        title: "pull images of the source by their digest",
        plan: `${String(samples)} at most of stack ${from}: what is not whole there cannot be whole in the target`,
        run: async ({ update }) => {
            const harbor = await openHarbor(source.outputs, source.door, update);
            try {
                return describePulled(await pullImages(harbor.registry, spread(manifest.sample, samples), update));
            } finally {
                await harbor.close();
            }
        },
    };
}

function recordStep({ from, target, manifest }: Move): Step {
    return {
        id: "record",
        title: "put the migration on record",
        plan: "in the target's cluster: the same command once more goes on with the same backup",
        run: async () => {
            await new MigrationRecords(target.outputs, target.door).write({ source: from, set: manifest.name });
            return undefined;
        },
    };
}

function readOnlyStep({ from, target: { outputs, door } }: Move): Step {
    const location = requireBackup(outputs).location;
    return {
        id: "location",
        title: "make the target's backup location ReadOnly",
        plan: `BackupStorageLocation ${location}: its Velero writes and deletes nothing in the source's backups meanwhile`,
        run: async () => {
            await new Velero(outputs, door).setAccessMode("ReadOnly", `migration of stack ${from}`);
            return undefined;
        },
        undo: {
            title: "make the backup location ReadWrite again",
            when: "always",
            run: ({ signal }) => new Velero(outputs, { ...door, signal }).setAccessMode("ReadWrite"),
        },
    };
}

function classesStep({ target: { outputs, door }, classes }: Move): Step[] {
    const told = Object.entries(classes).map(([from, to]) => `${from} becomes ${to}`);
    if (told.length === 0) return [];
    const objects = (signal: AbortSignal): VeleroObjects =>
        new VeleroObjects(outputs, requireBackup(outputs).namespace, { ...door, signal });
    return [
        {
            id: "storage-classes",
            title: "tell Velero the StorageClasses",
            plan: told.join(", "),
            run: async ({ signal }) => {
                const inVelero = objects(signal);
                const map = JSON.stringify(classMap(inVelero.namespace, classes));
                await inVelero.kubectl("tell Velero the StorageClasses", ["apply", "-f", "-"], map);
                return told.join(", ");
            },
            undo: {
                title: "take the StorageClasses away",
                when: "always",
                run: ({ signal }) => objects(signal).remove("configmaps", classMapName),
            },
        },
    ];
}

/** Lines of a list that are told in an error. */
const most = 20;

function compareStep({ source, target, manifest }: Move, findings: MoveFindings): Step {
    return {
        id: "compare",
        title: "compare every image of both registries",
        plan: "digests and tags; those that were pushed to the source after the backup are told",
        goOn: true,
        needs: ["start"],
        run: async ({ signal, update }) => {
            const harbors = await Promise.all(
                [source, target].map(({ outputs, door }) => openHarbor(outputs, door, update)),
            );
            try {
                const [from, to] = harbors as [OpenHarbor, OpenHarbor];
                const movedAt = Date.parse(manifest.quietWindow.beganAt);
                const compared = await compareImages(from.client, to.client, movedAt, {
                    signal,
                    onProgress: (images) => update(`${String(images)} images`),
                });
                findings.comparison = compared;
                const { images, missing, later } = compared;
                if (missing.length > 0) {
                    throw new UserError(`${String(missing.length)} images of the source are not in the target`, {
                        details: missing.slice(0, most),
                        next: [`npx anchorage backup verify ${manifest.name}`],
                    });
                }
                const after = later.length === 0 ? "" : `; ${String(later.length)} pushed after the backup, not moved`;
                return `${String(images - later.length)} images are in both${after}`;
            } finally {
                await Promise.all(harbors.map((harbor) => harbor.close()));
            }
        },
    };
}

function endStep({ target }: Move): Step {
    return {
        id: "end",
        title: "take the migration off the record",
        plan: "it is complete",
        needs: ["counts", "content", "compare"],
        run: async () => {
            await new MigrationRecords(target.outputs, target.door).remove();
            return undefined;
        },
    };
}
