import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { ExitCode, HeldError, messageOf, UserError } from "../../lib/errors";
import { isSameProcess } from "../../lib/processes";
import {
    annotation,
    describeHolder,
    free,
    held,
    holderOf,
    identity,
    leaseMs,
    maintenanceLease,
    read,
    thisHolder,
    write,
    type LeaseHolder,
    type LeaseName,
    type LeaseObject,
    type LeaseObjects,
} from "./lease";
import { nothingPending, readPending, type Pending } from "./pending";

/**
 * Who may work on a Harbor as a whole: one backup, one restore at a time, from whatever machine. A Lease in Harbor's
 * namespace, renewed while the command runs, that also keeps what is to be put back. It is left out of backups.
 */

export { describeHolder, thisHolder, maintenanceLease, type LeaseHolder, type LeaseObjects } from "./lease";

const renewMs = 10_000;

export interface LockOptions {
    /** `backup of stack public` */
    readonly purpose: string;
    /** @default that of maintenance */
    readonly name?: LeaseName;
    readonly self?: LeaseHolder;
    readonly now?: () => number;
    readonly isAlive?: (holder: LeaseHolder) => boolean;
    /** Milliseconds between two renewals. @default 10,000 */
    readonly renewMs?: number;
    /** Milliseconds for which a Lease that has run out is watched before it is taken. @default 15,000 */
    readonly watchMs?: number;
}

/** A Lease that is held. Release it in any case. */
export class LeaseLock {
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
    static async acquire(objects: LeaseObjects, options: LockOptions): Promise<LeaseLock> {
        const self = options.self ?? thisHolder(options.purpose);
        const { now = Date.now, name = maintenanceLease } = options;
        // Another command may be taking it at the same time: the API server lets one of the two do so.
        for (let attempt = 0; attempt < 5; attempt++) {
            const found = await read(objects, name);
            if (found !== undefined && stateOf(found, now(), options.isAlive ?? isAliveHere) === "expired") {
                // Its holder's clock may be behind ours: one that is renewed meanwhile has not run out.
                await delay(options.watchMs ?? 1.5 * renewMs);
                if ((await read(objects, name))?.metadata.resourceVersion !== found.metadata.resourceVersion) {
                    throw refusal(found);
                }
            }
            const wanted = held(self, now(), found ?? name);
            const written = await write(objects, wanted, found === undefined ? "create" : "replace");
            if (written === undefined) continue;
            const lock = new LeaseLock(objects, self, written, options, now());
            lock.renewing = lock.renew();
            return lock;
        }
        throw new UserError(`the Lease ${name} changes all the time`, { exitCode: ExitCode.refused });
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
            const found = await read(this.objects, this.name);
            if (found?.spec.holderIdentity !== identity(this.self)) {
                this.lose(`it is held by ${found?.spec.holderIdentity ?? "nobody"}`);
            } else this.lease = found;
        }
        throw new UserError(`the Lease ${this.name} changes all the time`);
    }

    private lose(why: string): void {
        this.lost.abort(
            new UserError(`the Lease ${this.name} was lost: another command may be working on this Harbor`, {
                details: [why],
                next: ["run the same command again: it puts back what is left switched, or names who works there"],
            }),
        );
    }

    private get name(): LeaseName {
        return this.options.name ?? maintenanceLease;
    }

    private now(): number {
        return (this.options.now ?? Date.now)();
    }
}

/** Who holds the Lease, whether alive or not; undefined: nobody. And what is to be put back. */
export async function readMaintenance(
    objects: LeaseObjects,
): Promise<{ readonly holder?: LeaseHolder; readonly pending?: Pending }> {
    const lease = await read(objects, maintenanceLease);
    if (lease === undefined) return {};
    const holder = lease.spec.holderIdentity === "" ? undefined : holderOf(lease);
    const pending = readPending(lease.metadata.annotations?.[annotation.pending]);
    return { ...(holder === undefined ? {} : { holder }), ...(pending === undefined ? {} : { pending }) };
}

/** @throws HeldError where somebody holds it who lives, or whose time has not run out */
export function refuseWhileHeld(lease: LeaseObject): void {
    stateOf(lease, Date.now(), isAliveHere);
}

/** @throws HeldError where it is held */
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
function refusal(lease: LeaseObject, left?: number): HeldError {
    const holder = holderOf(lease);
    const who = holder === undefined ? lease.spec.holderIdentity : describeHolder(holder);
    const seconds = left === undefined ? undefined : String(Math.ceil(left / 1000));
    return new HeldError(`another command works on this Harbor: ${who}`, {
        details: seconds === undefined ? [] : [`if it was killed on another machine, its Lease ends in ${seconds} s`],
        next: ["wait for its end, then run the same command again"],
        exitCode: ExitCode.refused,
    });
}

/** Of a process on another machine nothing is known: it counts as alive until its time has run out. */
function isAliveHere({ host, pid, start }: LeaseHolder): boolean {
    return host !== hostname() || isSameProcess(pid, start);
}
