import { randomBytes } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { ExecFailure } from "../../lib/exec";
import { isSameProcess, processStart } from "../../lib/processes";
import type { Pending } from "./pending";

/** A Lease that one command holds, as an object (coordination.k8s.io/v1): made, read and written. */

/** Of whoever works on a Harbor as a whole: a backup, a restore. */
export const maintenanceLease = "anchorage-maintenance";
/** Of a release, from its first step to its last: backups and upgrades within it take the other one. */
export const releaseLease = "anchorage-release";
export type LeaseName = typeof maintenanceLease | typeof releaseLease;

export const annotation = { holder: "anchorage.dev/holder", pending: "anchorage.dev/pending" } as const;

/** Milliseconds after which a Lease that nobody renews is free: as Kubernetes' own components, with time to spare. */
export const leaseMs = 60_000;
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

export interface LeaseObject {
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

export function identity({ user, host, pid, id }: LeaseHolder): string {
    return `${user}@${host}/${String(pid)}/${id}`;
}

export function holderOf(lease: LeaseObject): LeaseHolder | undefined {
    try {
        const holder = JSON.parse(lease.metadata.annotations?.[annotation.holder] ?? "") as LeaseHolder;
        return identity(holder) === lease.spec.holderIdentity ? holder : undefined;
    } catch {
        return undefined;
    }
}

/** Whether it is held here: by this command, or by the one that it is a step of. */
export function isThisProcess(lease: LeaseObject): boolean {
    const holder = holderOf(lease);
    return holder?.host === hostname() && holder.pid === process.pid && isSameProcess(holder.pid, holder.start);
}

/**
 * @param before as it is in the cluster, or the name of one that is not there
 * @param pending null: nothing is switched any more; undefined: as it is on record
 */
export function held(
    self: LeaseHolder,
    now: number,
    before: LeaseObject | LeaseName,
    pending?: Pending | null,
): LeaseObject {
    const { name, annotations, resourceVersion, labels }: LeaseObject["metadata"] =
        typeof before === "string" ? { name: before } : before.metadata;
    const { [annotation.pending]: kept, ...others } = annotations ?? {};
    const record = pending === undefined ? kept : pending === null ? undefined : JSON.stringify(pending);
    return {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: {
            name,
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

export function free(before: LeaseObject): LeaseObject {
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

export async function read(objects: LeaseObjects, name: LeaseName): Promise<LeaseObject | undefined> {
    const text = await objects.kubectl(`read the Lease ${name}`, [
        ...["get", requestTimeout, "leases.coordination.k8s.io", name, "--ignore-not-found", "-o", "json"],
    ]);
    return text.trim() === "" ? undefined : (JSON.parse(text) as LeaseObject);
}

/** @returns undefined where somebody else changed, made or deleted it meanwhile */
export async function write(
    objects: LeaseObjects,
    lease: LeaseObject,
    how: "create" | "replace",
): Promise<LeaseObject | undefined> {
    const args = [how, requestTimeout, "-f", "-", "-o", "json", "--show-managed-fields"];
    try {
        return JSON.parse(
            await objects.kubectl(`write the Lease ${lease.metadata.name}`, args, JSON.stringify(lease)),
        ) as LeaseObject;
    } catch (error) {
        const cause = error instanceof Error ? error.cause : undefined;
        if (!(cause instanceof ExecFailure)) throw error;
        if (/\((AlreadyExists|Conflict|NotFound)\)/.test(cause.stderr) && !cause.stderr.includes("namespaces")) {
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
