import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { UserError } from "../../lib/errors";
import type { Context, StackOptions } from "../context";
import type { ObjectStore } from "../objects/store";
import { verifyBlobs, type BlobProblem, type BlobProgress } from "./blobs";
import { repairBlobs, type RepairedBlobs } from "./blobs-repair";
import { onBackupGround, type BackupGround } from "./ground";
import { StackHold } from "./hold";
import type { CompleteManifest } from "./manifest";
import { requireComplete, setKeys } from "./sets";
import { openContentStore } from "./stores";
import { Velero } from "./velero";
import { mebibytes } from "./words";

export interface VerifyOptions extends StackOptions {
    readonly name: string;
    /** Copies images anew that are damaged or lost, where the registry still has them. @default false */
    readonly repair?: boolean;
}

/** Reads every part of a set to its end, and repairs images where that is asked for. @throws UserError that names what is missing or damaged */
export async function verifyBackup(options: VerifyOptions, context: Context): Promise<void> {
    await onBackupGround(options, context, async ({ outputs, door, backups }) => {
        const { reporter, signal } = context;
        const set = await requireComplete(backups, options.name);
        const velero = new Velero(outputs, door);
        const parts = [
            ...(await reporter.step("read the dump of the database", () => dumpProblems(backups, set))),
            ...(await reporter.step("read Velero's backup", () => veleroProblems(velero, set))),
        ];
        const blobs = await reporter.step("read the images", (update) => blobProblems(backups, set, signal, update));
        const { repaired, left } =
            options.repair === true && blobs.length > 0
                ? await repairHolding(options, { outputs, door, backups }, blobs, context)
                : { repaired: [], left: blobs };
        const problems = [...parts, ...left.map(({ detail }) => detail)];
        const whole = problems.length === 0;
        reporter.event({
            kind: "result",
            verb: "backup verify",
            stack: options.stack,
            name: set.name,
            whole,
            problems,
            repaired,
        });
        for (const key of repaired) reporter.line(`copied anew from the registry: ${key}`);
        if (whole) {
            reporter.line(reporter.style("green", `backup ${set.name} is whole: every digest fits`));
            return;
        }
        throw new UserError(`backup ${set.name} is not whole`, {
            details: problems,
            next: [
                ...(options.repair !== true && blobs.length > 0
                    ? [
                          `npx anchorage backup verify ${set.name} --repair copies images anew that the registry still has`,
                      ]
                    : []),
                "npx anchorage backup makes another one",
                "npx anchorage backup list shows the others",
            ],
        });
    });
}

async function dumpProblems(backups: ObjectStore, { name, database }: CompleteManifest): Promise<string[]> {
    const key = setKeys(name).database;
    if ((await backups.head(key)) === undefined) return [`the dump of the database is missing: ${key}`];
    const { size, sha256 } = await digestOf(await backups.read(key));
    if (size !== database.bytes) {
        return [`the dump of the database has ${String(size)} bytes in place of ${String(database.bytes)}: ${key}`];
    }
    return sha256 === database.sha256 ? [] : [`the dump of the database has another digest: ${key}`];
}

async function digestOf(body: Readable): Promise<{ readonly size: number; readonly sha256: string }> {
    const hash = createHash("sha256");
    let size = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
        hash.update(chunk);
        size += chunk.length;
    }
    return { size, sha256: hash.digest("hex") };
}

/** Velero's own account, read back from the bucket: what it cannot read it cannot restore. */
async function veleroProblems(velero: Velero, { velero: part }: CompleteManifest): Promise<string[]> {
    const found = await velero.findBackup(part.backupName);
    if (found === undefined) return [`Velero's backup ${part.backupName} is missing`];
    if (found.phase !== "Completed") return [`Velero's backup ${part.backupName} is ${found.phase}`];
    try {
        await velero.download("BackupLog", part.backupName);
        return [];
    } catch (error) {
        if (!(error instanceof UserError)) throw error;
        return [`Velero's backup ${part.backupName} cannot be read: ${[error.message, ...error.details].join(": ")}`];
    }
}

async function blobProblems(
    backups: ObjectStore,
    { name, blobs }: CompleteManifest,
    signal: AbortSignal,
    update: (detail: string) => void,
): Promise<readonly BlobProblem[]> {
    if (blobs.kind === "velero") return [];
    const { inventory } = blobs;
    const onProgress = ({ objects, bytes }: BlobProgress): void => {
        update(`${String(objects)} of ${String(blobs.count)} objects, ${mebibytes(bytes)}`);
    };
    try {
        return await verifyBlobs(backups, { name, inventory }, { signal, onProgress });
    } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof UserError)) throw error;
        // The list itself is damaged.
        return [{ key: inventory.key, problem: "digest", detail: [error.message, ...error.details].join(": ") }];
    }
}

/** Writes into the bucket, so that nobody else may: what it copies another command could be deleting. */
async function repairHolding(
    { stack }: StackOptions,
    { outputs, door, backups }: BackupGround,
    problems: readonly BlobProblem[],
    { reporter, signal }: Context,
): Promise<RepairedBlobs> {
    const content = await openContentStore(outputs, door);
    if (content === undefined) return { repaired: [], left: problems };
    try {
        const hold = await StackHold.take(outputs, door, `backup verify --repair of stack ${stack}`);
        try {
            return await reporter.step("copy damaged images anew", () =>
                repairBlobs(backups, problems, content, { signal }),
            );
        } finally {
            await hold.release();
        }
    } finally {
        content.close();
    }
}
