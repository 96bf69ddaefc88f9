import { randomBytes } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { ExitCode, messageOf, UserError } from "../../lib/errors";
import { ExecFailure } from "../../lib/exec";
import { isSameProcess, processStart } from "../../lib/processes";
import { nothingPending, readPending, type Pending } from "./pending";

/**
 * Who may work on a Harbor as a whole: one backup, one restore at a time, from whatever machine. A Lease in Harbor's
 * namespace, renewed while the command runs, that also keeps what is to be put back. It is left out of backups.
 */

export const leaseName = "anchorage-maintenance";
const annotation = { holder: "anchorage.dev/holder", pending: "anchorage.dev/pending" } as const;

/** Milliseconds after which a Lease that nobody renews is free: as Kubernetes' own components, with time to spare. */
const leaseMs = 60_000;
const renewMs = 10_000;
/** An answer that comes later is of no use for the next renewal. */
const requestTimeout = "--request-timeout=20s";

export interface LeaseHolder {
    /** Of this holding. */
    readonly id: string;
    readonly user: string;
    readonly host: string;
    readonly pid: number;
    /** When its process began, as the operating system tells it. */
    readonly start?: string;
    /** `backup of stack public` */
    readonly purpose: string;
    /** ISO 8601 */
    readonly since: string;
}

/** kubectl in Harbor's namespace. @param what as in "cannot ..." */
export interface LeaseObjects {
    kubectl(what: string, args: readonly string[], input?: string): Promise<string>;
}

export interface LockOptions {
    /** `backup of stack public` */
    readonly purpose: string;
    readonly self?: LeaseHolder;
    readonly now?: () => number;
    readonly isAlive?: (holder: LeaseHolder) => boolean;
    /** Milliseconds between two renewals. @default 10,000 */
    readonly renewMs?: number;
    /** Milliseconds for which a Lease that has run out is watched before it is taken. @default 15,000 */
    readonly watchMs?: number;
}

interface LeaseObject {
    readonly apiVersion: "coordination.k8s.io/v1";
    readonly kind: "Lease";
    readonly metadata: {
        readonly name: string;
        readonly resourceVersion?: string;
        readonly labels?: Readonly<Record<string, string>>;
        readonly annotations?: Readonly<Record<string, string>>;
        readonly managedFields?: readonly { readonly time?: string }[];
    };
    readonly spec: {
        readonly holderIdentity: string;
        readonly leaseDurationSeconds: number;
        readonly acquireTime?: string;
        readonly renewTime?: string;
    };
}

/** @param id random, unless a test says it */
export function thisHolder(purpose: string, id = randomBytes(8).toString("hex")): LeaseHolder {
    const start = processStart(process.pid);
    return {
        id,
        user: userName(),
        host: hostname(),
        pid: process.pid,
        ...(start === undefined ? {} : { start }),
        purpose,
        since: new Date().toISOString(),
    };
}

/** `anna@build-1, process 4711, backup of stack public, since 2026-11-23T14:28:31Z` */
export function describeHolder({ user, host, pid, purpose, since }: LeaseHolder): string {
    return `${user}@${host}, process ${String(pid)}, ${purpose}, since ${since}`;
}

/** A Lease that is held. Release it in any case. */
export class MaintenanceLock {
    private readonly lost = new AbortController();
    private readonly ended = new AbortController();
    private renewing: Promise<void> = Promise.resolve();
    private queue: Promise<unknown> = Promise.resolve();
    private pending: Pending | undefined;
    private renewedAt: number;

    private constructor(
        private readonly objects: LeaseObjects,
        private readonly self: LeaseHolder,
        private lease: LeaseObject,
        private readonly options: LockOptions,
        /** Milliseconds since 1970 when the request for the Lease was answered. */
        private readonly answeredAt: number,
    ) {
        this.pending = readPending(lease.metadata.annotations?.[annotation.pending]);
        this.renewedAt = answeredAt;
    }

    /**
     * Takes the Lease, where nobody has it, its holder is dead, or its time has run out.
     * @throws UserError (exit code 3) that names who has it
     */
    static async acquire(objects: LeaseObjects, options: LockOptions): Promise<MaintenanceLock> {
        const self = options.self ?? thisHolder(options.purpose);
        const now = options.now ?? Date.now;
        // Another command may be taking it at the same time: the API server lets one of the two do so.
        for (let attempt = 0; attempt < 5; attempt++) {
            const found = await read(objects);
            if (found !== undefined && stateOf(found, now(), options.isAlive ?? isAliveHere) === "expired") {
                // Its holder's clock may be behind ours: one that is renewed meanwhile has not run out.
                await delay(options.watchMs ?? 1.5 * renewMs);
                if ((await read(objects))?.metadata.resourceVersion !== found.metadata.resourceVersion) {
                    throw refusal(found);
                }
            }
            const wanted = held(self, now(), found);
            const written = await write(objects, wanted, found === undefined ? "create" : "replace");
            if (written === undefined) continue;
            const lock = new MaintenanceLock(objects, self, written, options, now());
            lock.renewing = lock.renew();
            return lock;
        }
        throw new UserError("the Lease of maintenance changes all the time", { exitCode: ExitCode.refused });
    }

    /** Aborted when the Lease is somebody else's or could not be renewed in time: nothing may be changed any more. */
    get signal(): AbortSignal {
        return this.lost.signal;
    }

    /** What is switched: by a killed command, right after {@link acquire}; afterwards by this one. */
    get left(): Pending | undefined {
        return this.pending;
    }

    /** How far the API server's clock is ahead of this machine's, in milliseconds; its own times have whole seconds. */
    get clusterSkewMs(): number | undefined {
        const times = (this.lease.metadata.managedFields ?? []).flatMap(({ time }) => (time ? [Date.parse(time)] : []));
        return times.length === 0 ? undefined : Math.max(...times) - this.answeredAt;
    }

    /** Keeps on record what will be switched, before it is; and afterwards what no longer is. */
    async setPending(pending: Omit<Pending, "by"> | undefined): Promise<void> {
        const kept =
            pending === undefined || nothingPending(pending) ? undefined : { ...pending, by: this.self.purpose };
        await this.update(() => held(this.self, this.now(), this.lease, kept ?? null));
        this.pending = kept;
    }

    /** Lets it go. What is still switched stays on record. Never throws: the Lease ends by itself. */
    async release(): Promise<void> {
        this.ended.abort();
        await this.renewing;
        if (this.lost.signal.aborted) return;
        await this.update(() => free(this.lease)).catch(() => undefined);
    }

    private async renew(): Promise<void> {
        const { signal } = this.ended;
        for (;;) {
            await delay(this.options.renewMs ?? renewMs, undefined, { signal }).catch(() => undefined);
            if (signal.aborted || this.lost.signal.aborted) return;
            try {
                await this.update(() => held(this.self, this.now(), this.lease));
            } catch (error) {
                if (this.now() - this.renewedAt > leaseMs - renewMs) this.lose(messageOf(error));
            }
        }
    }

    /** One change at a time: each is made of the one before. */
    private async update(wanted: () => LeaseObject): Promise<void> {
        const work = this.queue.then(() => this.updateNow(wanted));
        this.queue = work.catch(() => undefined);
        return work;
    }

    private async updateNow(wanted: () => LeaseObject): Promise<void> {
        for (let attempt = 0; attempt < 5; attempt++) {
            this.lost.signal.throwIfAborted();
            const written = await write(this.objects, wanted(), "replace");
            if (written !== undefined) {
                this.lease = written;
                this.renewedAt = this.now();
                return;
            }
            // Somebody labelled it, or an answer to us was lost: ours as long as our name is in it.
            const found = await read(this.objects);
            if (found?.spec.holderIdentity !== identity(this.self)) {
                this.lose(`it is held by ${found?.spec.holderIdentity ?? "nobody"}`);
            } else this.lease = found;
        }
        throw new UserError("the Lease of maintenance changes all the time");
    }

    private lose(why: string): void {
        this.lost.abort(
            new UserError("the Lease of maintenance was lost: another command may be working on this Harbor", {
                details: [why],
                next: ["run the same command again: it puts back what is left switched, or names who works there"],
            }),
        );
    }

    private now(): number {
        return (this.options.now ?? Date.now)();
    }
}

/** Who holds the Lease, whether alive or not; undefined: nobody. And what is to be put back. */
export async function readMaintenance(
    objects: LeaseObjects,
): Promise<{ readonly holder?: LeaseHolder; readonly pending?: Pending }> {
    const lease = await read(objects);
    if (lease === undefined) return {};
    const holder = lease.spec.holderIdentity === "" ? undefined : holderOf(lease);
    const pending = readPending(lease.metadata.annotations?.[annotation.pending]);
    return { ...(holder === undefined ? {} : { holder }), ...(pending === undefined ? {} : { pending }) };
}

/** @throws UserError where it is held */
function stateOf(lease: LeaseObject, now: number, isAlive: (holder: LeaseHolder) => boolean): "free" | "expired" {
    const { holderIdentity, renewTime, leaseDurationSeconds } = lease.spec;
    if (holderIdentity === "") return "free";
    const holder = holderOf(lease);
    if (holder !== undefined && !isAlive(holder)) return "free";
    const left = Date.parse(renewTime ?? "") + leaseDurationSeconds * 1000 - now;
    if (left > 0) throw refusal(lease, left);
    return "expired";
}

/** @param left milliseconds, where they are known */
function refusal(lease: LeaseObject, left?: number): UserError {
    const holder = holderOf(lease);
    const who = holder === undefined ? lease.spec.holderIdentity : describeHolder(holder);
    const seconds = left === undefined ? undefined : String(Math.ceil(left / 1000));
    return new UserError(`another command works on this Harbor: ${who}`, {
        details: seconds === undefined ? [] : [`if it was killed on another machine, its Lease ends in ${seconds} s`],
        next: ["wait for its end, then run the same command again"],
        exitCode: ExitCode.refused,
    });
}

/** Of a process on another machine nothing is known: it counts as alive until its time has run out. */
function isAliveHere({ host, pid, start }: LeaseHolder): boolean {
    return host !== hostname() || isSameProcess(pid, start);
}

function identity({ user, host, pid, id }: LeaseHolder): string {
    return `${user}@${host}/${String(pid)}/${id}`;
}

function holderOf(lease: LeaseObject): LeaseHolder | undefined {
    try {
        const holder = JSON.parse(lease.metadata.annotations?.[annotation.holder] ?? "") as LeaseHolder;
        return identity(holder) === lease.spec.holderIdentity ? holder : undefined;
    } catch {
        return undefined;
    }
}

/** @param pending null: nothing is switched any more; undefined: as it is on record */
function held(self: LeaseHolder, now: number, before?: LeaseObject, pending?: Pending | null): LeaseObject {
    const { [annotation.pending]: kept, ...others } = before?.metadata.annotations ?? {};
    const record = pending === undefined ? kept : pending === null ? undefined : JSON.stringify(pending);
    const { resourceVersion, labels } = before?.metadata ?? {};
    return {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: {
            name: leaseName,
            ...(resourceVersion === undefined ? {} : { resourceVersion }),
            labels: {
                ...labels,
                "app.kubernetes.io/managed-by": "anchorage",
                "velero.io/exclude-from-backup": "true",
            },
            annotations: {
                ...others,
                [annotation.holder]: JSON.stringify(self),
                ...(record === undefined ? {} : { [annotation.pending]: record }),
            },
        },
        spec: {
            holderIdentity: identity(self),
            leaseDurationSeconds: leaseMs / 1000,
            acquireTime: microTime(Date.parse(self.since)),
            renewTime: microTime(now),
        },
    };
}

function free(before: LeaseObject): LeaseObject {
    const annotations = Object.fromEntries(
        Object.entries(before.metadata.annotations ?? {}).filter(([key]) => key !== annotation.holder),
    );
    const { name, resourceVersion, labels } = before.metadata;
    return {
        ...before,
        metadata: {
            name,
            ...(resourceVersion === undefined ? {} : { resourceVersion }),
            ...(labels === undefined ? {} : { labels }),
            annotations,
        },
        spec: { ...before.spec, holderIdentity: "" },
    };
}

/** MicroTime (meta/v1). */
function microTime(milliseconds: number): string {
    return new Date(milliseconds).toISOString().replace("Z", "000Z");
}

async function read(objects: LeaseObjects): Promise<LeaseObject | undefined> {
    const text = await objects.kubectl("read the Lease of maintenance", [
        ...["get", requestTimeout, "leases.coordination.k8s.io", leaseName, "--ignore-not-found", "-o", "json"],
    ]);
    return text.trim() === "" ? undefined : (JSON.parse(text) as LeaseObject);
}

/** @returns undefined where somebody else changed, made or deleted it meanwhile */
async function write(
    objects: LeaseObjects,
    lease: LeaseObject,
    how: "create" | "replace",
): Promise<LeaseObject | undefined> {
    const args = [how, requestTimeout, "-f", "-", "-o", "json", "--show-managed-fields"];
    try {
        return JSON.parse(
            await objects.kubectl("write the Lease of maintenance", args, JSON.stringify(lease)),
        ) as LeaseObject;
    } catch (error) {
        const cause = error instanceof Error ? error.cause : undefined;
        if (!(cause instanceof ExecFailure)) throw error;
        if (/\((AlreadyExists|Conflict|NotFound)\)/.test(cause.stderr) && !/namespaces/.test(cause.stderr)) {
            return undefined;
        }
        throw error;
    }
}

function userName(): string {
    try {
        return userInfo().username;
    } catch {
        return "unknown"; // a container's user may have no name
    }
}
