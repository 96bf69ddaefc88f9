import { randomBytes } from "node:crypto";
import { Writable } from "node:stream";
import type { StackOutputs } from "../../config/contract";
import type { CallOptions } from "../../harbor/client/deadline";
import { ExitCode, UserError } from "../../lib/errors";
import { ExecFailure } from "../../lib/exec";
import { kubectlFlags, type ClusterDoor } from "../cluster-access";
import type { ObjectStore } from "../objects/store";
import { requireSwitchable, type QuiesceHarbor } from "./quiesce";
import { readPurges, type UploadPurges } from "./purges";
import type { Velero } from "./velero";

/** What is looked at before a backup touches anything. All that is wrong is told at once. */

/** Clocks that are further apart make signatures of S3, Leases and retention go wrong. */
const mostSkewMs = 5 * 60_000;

/** How long before the next purge of uploads a backup of a volume may not begin. */
const purgeMarginMs = 15 * 60_000;

export interface CheckDoors {
    readonly outputs: StackOutputs;
    readonly harbor: QuiesceHarbor;
    readonly velero: Pick<Velero, "requireLocation" | "running" | "server">;
    /** The backup bucket. */
    readonly backups: ObjectStore;
    /** The registry's bucket; absent: its content is in none. */
    readonly content?: ObjectStore;
    /** The snapshot kind was asked for. */
    readonly snapshot: boolean;
    /** Velero backups of our own that a killed command left: they are waited for and deleted, not refused. */
    readonly ownBackups: readonly string[];
    /** Of the API server: milliseconds ahead of this machine. */
    readonly clusterSkewMs: number | undefined;
    /** As above, of the server of the backup bucket; undefined where it does not say. */
    readonly storeSkewMs: () => Promise<number | undefined>;
    readonly purges: () => Promise<UploadPurges>;
    /** Whether one more set finds room; says so where little is left. */
    readonly room: () => Promise<readonly string[]>;
    readonly signal: AbortSignal;
    readonly now?: () => number;
}

/** @returns what is worth knowing, a sentence each @throws UserError (exit code 3) with all that is wrong */
export async function checkBackup(doors: CheckDoors): Promise<readonly string[]> {
    const notes: string[] = [];
    const problems: UserError[] = [];
    const checks = [location, nobodyElse, contentIsTaken, healthy, switchable, writable, room, clocks, purges];
    await Promise.all(
        checks.map(async (check) => {
            try {
                notes.push(...(await check(doors)));
            } catch (error) {
                doors.signal.throwIfAborted();
                if (!(error instanceof UserError)) throw error;
                problems.push(error);
            }
        }),
    );
    if (problems.length === 0) return notes;
    throw new UserError("the backup was not begun: nothing was touched", {
        details: problems.map(({ message, details }) => [message, ...details].join(": ")),
        next: [...new Set(problems.flatMap(({ next }) => next))],
        exitCode: ExitCode.refused,
        cause: problems[0],
    });
}

type Check = (doors: CheckDoors) => Promise<readonly string[]>;

const location: Check = async ({ velero, outputs }) => {
    // What it says of the location stays there when it dies: it has to answer as well.
    const [{ accessMode }] = await Promise.all([velero.requireLocation(), velero.server()]);
    if (accessMode === "ReadWrite") return [];
    throw new UserError(`the BackupStorageLocation ${outputs.backup?.location ?? ""} is ReadOnly`, {
        details: ["somebody restores from it, or migrates to another cluster"],
    });
};

/** A backup that waits behind another one would keep Harbor read-only as long. */
const nobodyElse: Check = async ({ velero, ownBackups }) => {
    const others = (await velero.running()).filter((name) => !ownBackups.includes(name.replace(/^backup\//, "")));
    if (others.length === 0) return [];
    throw new UserError(`Velero is at work: ${others.join(", ")}`, { next: ["wait for its end, then run it again"] });
};

const contentIsTaken: Check = ({ outputs, snapshot }) => {
    const { backup, storage } = outputs;
    const volumes = backup?.volumes ?? "none";
    if (snapshot && volumes !== "snapshots") {
        throw new UserError(`--kind snapshot needs CSI snapshots, and backup.volumes is ${volumes}`, {
            next: ["set backup.volumes to snapshots, then: npx anchorage up; or leave --kind out"],
        });
    }
    if (storage?.kind === "swift") {
        throw new UserError("the registry's content is in Swift, which a backup does not copy", {
            details: ["a set without the images could not be restored"],
            next: ["move the content to S3 (storage.kind), or back Swift up by its own means"],
        });
    }
    if (storage?.kind !== "s3" && volumes === "none") {
        throw new UserError("the registry's content is on a volume, and backup.volumes is none", {
            next: ["set backup.volumes to files or snapshots, then: npx anchorage up"],
        });
    }
    return Promise.resolve([]);
};

const healthy: Check = async ({ harbor, signal }) => {
    await harbor.system.requireHealthy({ signal });
    return [];
};

const switchable: Check = async ({ harbor, signal }) => {
    await requireSwitchable(harbor, { signal });
    return [];
};

const room: Check = ({ room: look }) => look();

/** A bucket that is full without our knowledge fails the first pass, while Harbor is still writable. */
const writable: Check = async ({ backups }) => {
    const key = `anchorage/probes/${randomBytes(8).toString("hex")}`;
    await backups.write(key, "anchorage looks whether it may write here\n");
    await backups.remove([key]);
    return [];
};

const clocks: Check = async ({ harbor, clusterSkewMs, storeSkewMs, signal, now = Date.now }) => {
    const options: CallOptions = { signal };
    const { current_time } = await harbor.system.info(options);
    const core = current_time === undefined ? Number.NaN : Date.parse(current_time) - now();
    const skews: readonly (readonly [string, number | undefined])[] = [
        ["the cluster's API server", clusterSkewMs],
        ["Harbor's core", Number.isNaN(core) ? undefined : core],
        ["the backup bucket's server", await storeSkewMs()],
    ];
    const wrong = skews.flatMap(([whose, skew]) =>
        skew === undefined || Math.abs(skew) <= mostSkewMs
            ? []
            : [`${whose} is ${String(Math.round(Math.abs(skew) / 1000))} s ${skew > 0 ? "ahead" : "behind"}`],
    );
    if (wrong.length === 0) return [];
    throw new UserError("the clocks are more than 5 minutes apart from this machine's", {
        details: wrong,
        next: ["let NTP set the clocks, that of this machine as well (timedatectl status)"],
    });
};

/** Uploads that are thrown away in the midst of a copy of a volume make a file-system backup fail. */
const purges: Check = async ({ outputs, purges: read, now = Date.now }) => {
    const { last, next } = await read();
    const iso = (time: number): string => new Date(time).toISOString();
    const told = [
        ...(last === undefined ? [] : [`the registry threw away old uploads last at ${iso(last)}`]),
        ...(next === undefined ? [] : [`the next time is ${iso(next)}`]),
    ].join(", ");
    // A bucket's content is copied without the uploads.
    const onVolume = outputs.storage?.kind !== "s3";
    const wait = next === undefined ? Infinity : next - now();
    if (onVolume && wait > -60_000 && wait < purgeMarginMs) {
        throw new UserError(`the registry throws away old uploads at ${iso(now() + wait)}, during the backup`, {
            details: ["files that vanish while a volume is copied make Velero's backup fail"],
            next: [`run it after ${iso(now() + wait + 60_000)}`],
        });
    }
    if (told !== "") return [told];
    return onVolume ? ["the registry's log does not say when it throws away old uploads next"] : [];
};

/** What the registry's log says of its purges; nothing where it cannot be read. */
export async function purgesOf(outputs: StackOutputs, door: ClusterDoor): Promise<UploadPurges> {
    const lines: string[] = [];
    let rest = "";
    const sink = new Writable({
        write: (chunk: Buffer, _encoding, done) => {
            const all = (rest + chunk.toString()).split("\n");
            rest = all.pop() ?? "";
            // A log may be large: only what matters is kept.
            lines.push(...all.filter((line) => /upload purge in|PurgeUploads starting/.test(line)));
            done();
        },
    });
    const args = ["logs", "-l", `component=registry,release=${outputs.release.name}`, "-c", "registry"];
    const more = ["--tail=-1", "--prefix", "--timestamps", "--max-log-requests=20", "--request-timeout=60s"];
    try {
        await door.exec(door.kubectl, [...kubectlFlags(outputs), "-n", outputs.namespace, ...args, ...more], {
            signal: door.signal,
            stdout: sink,
        });
    } catch (error) {
        door.signal.throwIfAborted();
        if (!(error instanceof ExecFailure)) throw error;
    }
    return readPurges(rest === "" ? lines : [...lines, rest]);
}

/** By the Date that any HTTP server sends; undefined where it sends none, or is not reached without a CA of its own. */
export async function skewOfServer(url: string, signal: AbortSignal): Promise<number | undefined> {
    try {
        const options = { method: "HEAD", signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]) };
        const beganAt = Date.now();
        const { headers } = await fetch(url, options);
        const time = Date.parse(headers.get("date") ?? "");
        return Number.isNaN(time) ? undefined : time - (beganAt + Date.now()) / 2;
    } catch {
        signal.throwIfAborted();
        return undefined; // who does not answer is told by the check that writes there
    }
}
