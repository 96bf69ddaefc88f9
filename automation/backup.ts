import path from "node:path";
import type { StackOutputs } from "../config/contract";
import { ExitCode, UserError } from "../lib/errors";
import { anchorageHome } from "../lib/home";
import { checkBackup, purgesOf, skewOfServer } from "./backup/checks";
import { checkRoom } from "./backup/room";
import { openDatabaseClient } from "./backup/database";
import { removeLeftClients } from "./backup/database-left";
import { onBackupGround, openHarbor, type BackupGround } from "./backup/ground";
import { StackHold } from "./backup/hold";
import { describeHolder, thisHolder } from "./backup/lock";
import { isOf, Making, type BackupDoors } from "./backup/making";
import { defaultSetName, fingerprintOf, type BackupKind } from "./backup/manifest";
import { pruneSets, type Pruned } from "./backup/pruning";
import { findSet, requireSetName } from "./backup/sets";
import { openBackupStore, openContentStore, requireBackup } from "./backup/stores";
import { Velero } from "./backup/velero";
import { mebibytes } from "./backup/words";
import type { Context, StackOptions } from "./context";
import { count, duration } from "./render/style";
import { writeReport } from "./report";
import { sampleImages } from "./restore/samples";
import type { ObjectStore } from "./objects/store";
import { readSecret } from "./secrets";
import { planLines, runSteps, type StepsResult } from "./steps";

export interface BackupOptions extends StackOptions {
    /** @default made of the time: 20261123t142831z */
    readonly name?: string;
    readonly kind: BackupKind;
    /** Only say what would be done. @default false */
    readonly plan?: boolean;
    /** Folder of the reports. @default reports in `.anchorage`, or of `ANCHORAGE_HOME` */
    readonly reports?: string;
}

/** Images whose digests the manifest names, for checks after a restore. */
const samples = 20;

/** Makes one consistent set of objects, volumes, database and images; Harbor is read-only for as short as can be. */
export async function backup(options: BackupOptions, context: Context): Promise<void> {
    const name = requireSetName(options.name ?? defaultSetName(new Date()));
    await onBackupGround(options, context, async (ground) => {
        if (options.plan === true) {
            await tellPlan(name, options, ground, context);
            return;
        }
        await refuseExisting(name, options.stack, ground);
        const hold = await StackHold.take(ground.outputs, ground.door, `backup of stack ${options.stack}`);
        try {
            const { outputs, door } = ground;
            const by = await new Velero(outputs, door).putBackAccessMode();
            if (by !== undefined) context.reporter.line(`the BackupStorageLocation was left ReadOnly by a ${by}`);
            await makeSet(name, options, ground, hold, context);
        } finally {
            await hold.release();
        }
    });
}

async function makeSet(
    name: string,
    options: BackupOptions,
    { outputs, door: userDoor }: BackupGround,
    hold: StackHold,
    context: Context,
): Promise<void> {
    const { reporter } = context;
    // Nothing may be changed any more once the lock is lost.
    const signal = AbortSignal.any([context.signal, hold.signal]);
    const door = { ...userDoor, signal };
    const lasting = { ...userDoor, signal: new AbortController().signal };
    const beganAt = Date.now();
    const stores: ObjectStore[] = [];
    try {
        const backups = await openBackupStore(outputs, door);
        const manifests = await openBackupStore(outputs, lasting);
        const content = await openContentStore(outputs, door);
        stores.push(backups, manifests, ...(content ? [content] : []));
        const making = new Making(
            await planOf(name, options, outputs, door),
            realDoors({ backups, manifests, ...(content ? { content } : {}) }, options, {
                outputs,
                door,
                hold,
            }),
        );
        const result = await runSteps(making.steps(), { reporter, signal, undoTimeoutMs: 120_000 });
        const unsaid = await making.failed(result.error);
        if (unsaid !== undefined) reporter.warn(unsaid);
        await tellEnd(making, options, { beganAt, result }, context);
    } finally {
        for (const store of stores) store.close();
    }
}

function realDoors(
    stores: Pick<BackupDoors, "backups" | "manifests" | "content">,
    options: BackupOptions,
    at: {
        readonly outputs: StackOutputs;
        readonly door: BackupGround["door"];
        readonly hold: StackHold;
    },
): BackupDoors {
    const { outputs, door, hold } = at;
    const { bucket } = requireBackup(outputs);
    const endpoint = bucket.endpoint ?? `https://s3.${bucket.region}.amazonaws.com`;
    const velero = (signal: AbortSignal): Velero => new Velero(outputs, { ...door, signal });
    return {
        ...stores,
        openHarbor: (update) => openHarbor(outputs, door, update),
        velero,
        openDatabase: () => openDatabaseClient(outputs, door),
        check: (harbor, ownBackups, signal) =>
            checkBackup({
                outputs,
                harbor,
                velero: velero(signal),
                ...stores,
                snapshot: options.kind === "snapshot",
                ownBackups,
                clusterSkewMs: hold.clusterSkewMs,
                storeSkewMs: () => skewOfServer(endpoint, signal),
                purges: () => purgesOf(outputs, door),
                room: () => checkRoom({ plan: { stack: options.stack, outputs }, ...stores }),
                signal,
            }),
        sample: (harbor, signal) => sampleImages(harbor, samples, { signal }),
        removeLeftClients: (signal) => removeLeftClients(outputs, { ...door, signal }),
        prune: async (signal) => {
            const { stack } = options;
            return describePruned(
                await pruneSets({ outputs, stack, backups: stores.backups, velero: velero(signal), signal }),
            );
        },
        left: hold.left,
        record: hold.record,
        fence: hold.fence,
        now: Date.now,
    };
}

/** `2 sets, 14 blobs (3.1 MiB)`; undefined: nothing. */
export function describePruned({ sets, blobs }: Pruned): string | undefined {
    const told = [
        ...sets.map(({ name, why }) => `${name}: ${why}`),
        ...(blobs.objects === 0 ? [] : [`${count(blobs.objects, "blob")} (${mebibytes(blobs.bytes)})`]),
    ];
    return told.length === 0 ? undefined : told.join("; ");
}

async function planOf(
    name: string,
    { stack, kind }: BackupOptions,
    outputs: StackOutputs,
    door: BackupGround["door"],
): Promise<Making["plan"]> {
    const { encryptionKey } = outputs;
    if (encryptionKey === undefined) {
        throw new UserError("the stack does not say where Harbor's encryption key is: an older program brought it up", {
            next: ["npx anchorage up writes that output"],
        });
    }
    const key = await readSecret(outputs, encryptionKey.secretName, encryptionKey.secretKey, door);
    // oxlint-disable-next-line typescript/no-require-imports -- JSON
    const { version } = require("../package.json") as { version: string };
    return {
        ...{ name, stack, kind, outputs },
        anchorage: version,
        secretKeyFingerprint: fingerprintOf(key),
        maker: describeHolder(thisHolder(`backup of stack ${stack}`)),
    };
}

/** @throws UserError (exit code 3) where a set of that name is there already; an incomplete one of ours gives way */
async function refuseExisting(name: string, stack: string, { outputs, backups }: BackupGround): Promise<void> {
    const found = await findSet(backups, name);
    if (found === undefined || (found.state === "incomplete" && isOf(found, { stack, outputs }))) return;
    throw new UserError(`there is a backup ${name} already, of ${found.beganAt}`, {
        next: ["choose another --name, or leave it out", `npx anchorage backup delete ${name} removes that one`],
        exitCode: ExitCode.refused,
    });
}

async function tellPlan(
    name: string,
    { stack, kind }: BackupOptions,
    ground: BackupGround,
    { reporter }: Context,
): Promise<void> {
    const content = await openContentStore(ground.outputs, ground.door);
    const unused = (): never => {
        throw new Error("a plan opens no door");
    };
    const { outputs, backups } = ground;
    const plan = { name, stack, kind, outputs, anchorage: "", secretKeyFingerprint: "", maker: "" };
    const making = new Making(plan, {
        ...{ openHarbor: unused, velero: unused, openDatabase: unused, check: unused, sample: unused, prune: unused },
        ...{ record: unused, fence: unused, now: Date.now, left: undefined },
        ...{ backups, manifests: backups, ...(content ? { content } : {}) },
    });
    const steps = making.steps();
    content?.close();
    for (const line of planLines(steps)) reporter.line(line);
    const told = steps.map(({ id, title, plan: text }) => ({ id, title, plan: text }));
    reporter.event({ kind: "result", verb: "backup", stack, plan: told });
}

async function tellEnd(
    making: Making,
    options: BackupOptions,
    { beganAt, result }: { readonly beganAt: number; readonly result: StepsResult },
    { reporter }: Context,
): Promise<void> {
    const { manifest, plan } = making;
    const { window } = making;
    const quietMs = window && window.endedAt - window.beganAt;
    const facts = {
        backup: plan.name,
        harbor: plan.outputs.release.harborVersion,
        ...(quietMs === undefined ? {} : { "quiet window": duration(quietMs) }),
        ...(manifest === undefined
            ? {}
            : {
                  objects: String(manifest.velero.items),
                  database: mebibytes(manifest.database.bytes),
                  images: manifest.blobs.kind === "objects" ? mebibytes(manifest.blobs.bytes) : "in Velero's volumes",
                  artifacts: String(manifest.counts.artifacts),
              }),
    };
    const report = {
        ...{ verb: "backup", stack: options.stack, subject: plan.outputs.registryUrl },
        ...{ beganAt, endedAt: Date.now(), facts, result },
    };
    const files = await writeReport(report, options.reports ?? path.join(anchorageHome(), "reports"));
    reporter.line(`report ${files.html}`);
    reporter.event({
        ...{ kind: "result", verb: "backup", stack: options.stack, name: plan.name, report: files },
        complete: manifest !== undefined,
        ...(quietMs === undefined ? {} : { quietMs }),
        ...(manifest === undefined ? {} : { manifest }),
    });
    // As it was thrown, by whatever step it was.
    // oxlint-disable-next-line typescript/only-throw-error -- unknown, as every thing that is caught
    if (result.error !== undefined) throw result.error;
    const quiet = quietMs === undefined ? "" : `; Harbor was read-only for ${duration(quietMs)}`;
    reporter.line(reporter.style("green", `backup ${plan.name} is complete${quiet}`));
}
