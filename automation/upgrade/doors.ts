/* oxlint-disable typescript/no-require-imports -- lazy: each is needed by some steps alone */
import { randomBytes } from "node:crypto";
import type { StackOutputs } from "../../config/contract";
import { UserError } from "../../lib/errors";
import { readLabEndpoints } from "../../lib/lab-endpoints";
import { waitFor } from "../../lib/wait";
import { openDatabaseClient, type DatabaseClient } from "../backup/database";
import { openHarbor } from "../backup/ground";
import { StackHold } from "../backup/hold";
import { defaultSetName } from "../backup/manifest";
import { listSets } from "../backup/sets";
import { VeleroObjects } from "../backup/velero-access";
import type { ClusterDoor } from "../cluster-access";
import type { Context, StackOptions } from "../context";
import { nestedReporter } from "../drill/nested-reporter";
import type { ObjectStore } from "../objects/store";
import { readableSettings } from "../readable-settings";
import { bringUp } from "./bring-up";
import { chartArguments } from "./chart-arguments";
import { engineOf } from "./engine-for";
import { partDoors } from "./part-doors";
import { Prober } from "./prober";
import { nameOf, writeRecord } from "./record";
import { settleSettings } from "./settle";
import type { UpgradeDoors } from "./upgrading";
import { verifiedBackup, type BackupSource } from "./verified-backup";
import { HarborWorkloads } from "./workloads";

export interface UpgradeGround {
    readonly options: StackOptions;
    readonly outputs: StackOutputs;
    /** Ended by Ctrl-C, and where the lock is lost. */
    readonly door: ClusterDoor;
    /** The backup bucket. */
    readonly store: ObjectStore;
    /** Milliseconds; an older backup set is not good enough. */
    readonly maxBackupAgeMs: number;
    /** Milliseconds that a release has to get ready. */
    readonly waitMs: number;
    /** Told when somebody else may be at work on the stack. */
    readonly onLost: (reason: unknown) => void;
    /** Puts right what a killed engine or Helm left. */
    readonly repair: () => Promise<readonly string[]>;
}

/** Milliseconds that the database has to answer, which may have been restarted a moment ago. */
const databaseWithin = 300_000;

/** The real doors of an upgrade. */
export function upgradeDoors(ground: UpgradeGround, context: Context): UpgradeDoors {
    const { options, outputs, door, store, waitMs } = ground;
    const { projectRoot } = context;
    // The record, the lock and what is put back outlive Ctrl-C.
    const lasting = { ...door, signal: new AbortController().signal };
    const objects = new VeleroObjects(outputs, outputs.namespace, lasting);
    return {
        store,
        waitMs,
        save: (record) => writeRecord(objects, record),
        lock: async () => {
            const hold = await StackHold.take(outputs, lasting, `upgrade of stack ${options.stack}`);
            hold.signal.addEventListener("abort", () => {
                ground.onLost(hold.signal.reason);
            });
            return hold;
        },
        backup: (hop, update) => verifiedBackup(hop, backupSource(ground, update, context)),
        repair: ground.repair,
        harbor: (update) => openHarbor(outputs, door, update),
        database: (update) => openDatabase(ground, update),
        release: async (hop, side, release) => {
            const { engine } = await engineOf(hop, side, options, context);
            return bringUp({ ...ground, engine, what: nameOf(hop, side) }, release, context.reporter);
        },
        parts: partDoors({
            ...{ outputs, door, exec: context.exec, waitMs },
            chartArguments: async (change) => {
                const { charts } = await readableSettings(projectRoot, options.stack);
                const lab = outputs.cluster.kind === "lab" ? await readLabEndpoints(outputs.cluster.name) : undefined;
                // A stack that is rehearsed takes its charts from the lab, wherever its own come from.
                const from = options.lab === undefined ? charts : ({ ...charts, source: "contract" } as const);
                return chartArguments(change, from, projectRoot, lab?.charts);
            },
            database: (update) => openDatabase(ground, update),
            forget: async () => {
                const { engine } = await context.selectEngine(options);
                // Pulumi takes what it has on record for what is there, until it looks.
                if (engine.name === "pulumi") await engine.refresh({ signal: door.signal });
            },
        }),
        workloads: new HarborWorkloads(new VeleroObjects(outputs, outputs.namespace, door), outputs.release.name),
        settle: (hop, side) =>
            options.lab === undefined
                ? settleSettings(projectRoot, options.stack, hop, side)
                : Promise.resolve(`a rehearsal: Pulumi.${options.stack}.yaml stays as it is`),
        probe: ({ registry }, repository, image) => new Prober(registry, repository, image),
    };
}

/** The backup sets of the stack's bucket, and the verbs that make and compare them. */
function backupSource(
    { options, outputs, store, maxBackupAgeMs }: UpgradeGround,
    update: (detail: string) => void,
    context: Context,
): BackupSource {
    const { backup } = require("../backup") as typeof import("../backup");
    const { verifyBackup } = require("../backup/manage") as typeof import("../backup/manage");
    const { reporter } = nestedReporter(context.reporter, "backup", update);
    const nested = { ...context, reporter };
    return {
        ...{ stack: options.stack, namespace: outputs.namespace, maxAgeMs: maxBackupAgeMs, now: Date.now },
        signal: context.signal,
        sets: async () => (await listSets(store)).sets,
        verify: async (name) => {
            await verifyBackup({ ...options, name }, nested);
        },
        make: async () => {
            const name = `${defaultSetName(new Date())}-${randomBytes(2).toString("hex")}`;
            await backup({ ...options, name, kind: "regular" }, nested);
            return name;
        },
        warn: (message) => {
            context.reporter.warn(message);
        },
    };
}

async function openDatabase(
    { outputs, door }: UpgradeGround,
    update: (detail: string) => void,
): ReturnType<UpgradeDoors["database"]> {
    let last = "";
    const open = async (): Promise<DatabaseClient | undefined> => {
        try {
            return await openDatabaseClient(outputs, door);
        } catch (error) {
            if (!(error instanceof UserError)) throw error;
            last = error.render();
            update(error.message);
            return undefined;
        }
    };
    return waitFor(open, {
        what: "the database to answer",
        timeoutMs: databaseWithin,
        intervalMs: 1_000,
        signal: door.signal,
        describe: () => last,
    });
}
