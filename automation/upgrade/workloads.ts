import { setTimeout as delay } from "node:timers/promises";
import { waitFor } from "../../lib/wait";
import { UserError } from "../../lib/errors";
import {
    endMigration,
    migrator,
    notReady,
    selectorOf,
    writers,
    type NamespaceObjects,
    type WorkloadObject,
} from "../restore/workloads";
import type { UpgradeWorkloads } from "./upgrading";

interface WithContainers {
    readonly containers: readonly { readonly image: string }[];
}

interface Listed {
    readonly kind: string;
    readonly metadata: { readonly name: string; readonly uid?: string; readonly deletionTimestamp?: string };
    /** A pod has containers, the others have a template. */
    readonly spec: Partial<WithContainers> & {
        readonly replicas?: number;
        readonly template?: { readonly spec: WithContainers };
    };
    readonly status?: { readonly phase?: string };
}

interface PodObject {
    readonly metadata: Listed["metadata"] & {
        readonly creationTimestamp?: string;
        readonly labels?: Readonly<Record<string, string>>;
        readonly ownerReferences?: readonly { readonly uid: string }[];
    };
    readonly status?: {
        readonly phase?: string;
        readonly containerStatuses?: readonly {
            readonly name: string;
            readonly restartCount?: number;
            readonly state?: {
                readonly waiting?: { readonly reason?: string; readonly message?: string };
                readonly terminated?: { readonly message?: string };
            };
        }[];
    };
}

/** A container that ends again and again. */
interface Crash {
    readonly pod: string;
    readonly container: string;
    /** What its kubelet says. */
    readonly message: string | undefined;
    /** The pod's uid and the container's name: another pod of the same name is another one. */
    readonly of: string;
    /** As kubectl takes it for the log of the container that ended. */
    readonly log: string;
}

/** A container may end once or twice while it waits for its database or Redis. */
const hopeless = 3;

/** A migration that failed leaves a mark in the database, at which each further one ends at once. */
const hopelessMigrations = 2;

/** Milliseconds between two looks for containers that crash. */
const crashLook = 2_000;

/** Milliseconds that pods have to end. */
const endsWithin = 300_000;

/**
 * Harbor's workloads as an upgrade needs them. For a rollback they are scaled to nothing, not paused: Helm gives them their
 * number of pods back together with the old images, so that no pod of the new version starts in between.
 */
export class HarborWorkloads implements UpgradeWorkloads {
    private readonly database: string;

    constructor(
        private readonly objects: NamespaceObjects,
        private readonly release: string,
    ) {
        this.database = `${release}-database`;
    }

    async replicas(): Promise<Readonly<Record<string, number>>> {
        const deployments = await this.list("deployments", selectorOf(this.release, writers));
        return Object.fromEntries(deployments.map(({ metadata, spec }) => [metadata.name, spec.replicas ?? 1]));
    }

    async stop(): Promise<void> {
        const selector = selectorOf(this.release, writers);
        for (const { metadata } of await this.list("deployments", selector))
            await this.scale("deployment", metadata.name, 0);
        await endMigration(this.objects, this.release);
        await waitFor(async () => ((await this.list("pods", selector)).length === 0 ? true : undefined), {
            what: `the pods of ${writers.join(", ")} to end`,
            timeoutMs: endsWithin,
            intervalMs: 250,
            signal: this.objects.signal,
        });
    }

    async start(replicas: Readonly<Record<string, number>>): Promise<void> {
        for (const { metadata, spec } of await this.list("deployments", selectorOf(this.release, writers))) {
            const wanted = replicas[metadata.name] ?? 0;
            if (spec.replicas === 0 && wanted > 0) await this.scale("deployment", metadata.name, wanted);
        }
    }

    async ready(update: (detail: string) => void, timeoutMs: number): Promise<number> {
        let waiting: readonly string[] = [];
        const look = async (): Promise<number | undefined> => {
            const all = await this.list<WorkloadObject>("deployments,statefulsets", selectorOf(this.release));
            waiting = all.flatMap((one) => notReady(one) ?? []);
            if (waiting[0] !== undefined) update(waiting[0]);
            if (waiting.length === 0 && all.length > 0) return all.length;
            await this.requireNoCrash();
            return undefined;
        };
        return waitFor(look, {
            what: "Harbor's workloads to be ready",
            timeoutMs,
            intervalMs: 500,
            signal: this.objects.signal,
            describe: () => waiting.join("; ") || "there is none",
        });
    }

    /**
     * Rejects as soon as a container ends again and again: more waiting mends nothing. What did so before may be what is
     * being mended, and is left out. @param signal ends the watch
     */
    async watchForCrash(signal: AbortSignal): Promise<void> {
        const before = new Set((await this.crashes()).map(({ of }) => of));
        while (!signal.aborted) {
            await this.requireNoCrash(before);
            await delay(crashLook, undefined, { signal }).catch(() => undefined);
        }
    }

    /** @throws UserError that says which, and what its kubelet says */
    private async requireNoCrash(before: ReadonlySet<string> = new Set()): Promise<void> {
        const crash = (await this.crashes()).find(({ of }) => !before.has(of));
        if (crash === undefined) return;
        const { container, pod, message, log } = crash;
        throw new UserError(`${container} of pod ${pod} ends again and again`, {
            details: message === undefined ? [] : [message],
            next: [`kubectl -n ${this.objects.namespace} logs ${log}`],
        });
    }

    private async crashes(): Promise<readonly Crash[]> {
        const pods = (await this.list<PodObject>("pods", selectorOf(this.release))).filter(
            ({ metadata }) => metadata.deletionTimestamp === undefined,
        );
        return [...restarted(pods), ...failedMigrations(pods)];
    }

    async images(): Promise<readonly string[]> {
        const listed = await this.list("deployments,statefulsets,pods", selectorOf(this.release));
        const images = listed
            // A pod that has ended runs nothing: that of the last migration, or one that was evicted.
            .filter(({ metadata, status }) => metadata.deletionTimestamp === undefined && !hasEnded(status?.phase))
            .flatMap(({ spec }) => spec.containers ?? spec.template?.spec.containers ?? [])
            .map(({ image }) => image);
        return [...new Set(images)].sort();
    }

    async dropInternalDatabase(): Promise<void> {
        await this.scale("statefulset", this.database, 0);
        // Waits until it is gone, which is after its pod.
        const claim = `database-data-${this.database}-0`;
        await this.objects.kubectl("remove the volume of the internal database", [
            ...["delete", "persistentvolumeclaim", claim, "--ignore-not-found", "--wait=true", "--timeout=300s"],
        ]);
    }

    async startInternalDatabase(): Promise<void> {
        await this.scale("statefulset", this.database, 1);
    }

    private async scale(kind: string, name: string, replicas: number): Promise<void> {
        const what = `scale ${kind} ${name} to ${String(replicas)}`;
        await this.objects.kubectl(what, ["scale", kind, name, `--replicas=${String(replicas)}`]);
    }

    private async list<T = Listed>(kinds: string, selector: string): Promise<readonly T[]> {
        const stdout = await this.objects.kubectl(`read Harbor's ${kinds}`, [
            "get",
            kinds,
            "-l",
            selector,
            "-o",
            "json",
        ]);
        return (JSON.parse(stdout) as { readonly items: readonly T[] }).items;
    }
}

function hasEnded(phase: string | undefined): boolean {
    return phase === "Succeeded" || phase === "Failed";
}

function restarted(pods: readonly PodObject[]): Crash[] {
    return pods.flatMap(({ metadata, status }) =>
        (status?.containerStatuses ?? [])
            .filter(({ restartCount = 0 }) => restartCount >= hopeless)
            .filter(({ state }) => state?.waiting?.reason === "CrashLoopBackOff")
            .map(({ name, state }) => ({
                pod: metadata.name,
                container: name,
                message: state?.waiting?.message,
                of: `${metadata.uid ?? metadata.name} ${name}`,
                log: `${metadata.name} -c ${name} --previous`,
            })),
    );
}

/** The Job that migrates the database makes another pod for each that failed, for ten minutes: nobody need wait for that. */
function failedMigrations(pods: readonly PodObject[]): Crash[] {
    const failed = pods
        .filter(({ metadata, status }) => metadata.labels?.["component"] === migrator && status?.phase === "Failed")
        .toSorted((a, b) => (a.metadata.creationTimestamp ?? "").localeCompare(b.metadata.creationTimestamp ?? ""));
    const [first] = failed;
    if (first === undefined || failed.length < hopelessMigrations) return [];
    const [container] = first.status?.containerStatuses ?? [];
    return [
        {
            pod: first.metadata.name,
            container: container?.name ?? migrator,
            // The first one's: those after it only find what that one left.
            message: container?.state?.terminated?.message,
            of: first.metadata.ownerReferences?.[0]?.uid ?? first.metadata.name,
            log: first.metadata.name,
        },
    ];
}
