import { waitFor } from "../../lib/wait";

/**
 * Components of Harbor that write to its database or its bucket, or make the schema of an empty database: none of them
 * may run while a restore writes there.
 */
export const writers = ["core", "jobservice", "registry", "exporter"] as const;

/** The component of the chart's Job that migrates the database before an update (enableMigrateHelmHook). */
export const migrator = "migrator";

/**
 * Ends the Job that migrates the database, with its pods. Helm leaves it behind until the next update: one that fails tries
 * again and again, also after the database was put back.
 */
export async function endMigration(objects: NamespaceObjects, release: string): Promise<void> {
    await objects.kubectl("end the migration of Harbor's database", [
        ...["delete", "jobs", "-l", selectorOf(release, [migrator]), "--ignore-not-found"],
        // Its pods go first.
        ...["--cascade=foreground", "--wait=true", "--timeout=300s"],
    ]);
}

/** As kubectl's `-l` takes it: labels that Harbor's chart gives its objects, and their pods. */
export function selectorOf(release: string, components?: readonly string[]): string {
    const which = components === undefined ? "" : `,component in (${components.join(",")})`;
    return `app=harbor,release=${release}${which}`;
}

/** kubectl in one namespace. @param what as in "cannot ..." */
export interface NamespaceObjects {
    readonly namespace: string;
    readonly signal: AbortSignal;
    kubectl(what: string, args: readonly string[], input?: string): Promise<string>;
}

/** What a Deployment or a StatefulSet says of itself (apps/v1). */
export interface WorkloadObject {
    readonly kind: string;
    readonly metadata: { readonly name: string; readonly generation?: number };
    readonly spec: { readonly replicas?: number; readonly paused?: boolean };
    readonly status?: {
        readonly observedGeneration?: number;
        readonly readyReplicas?: number;
        readonly updatedReplicas?: number;
    };
}

/** Why a workload is not ready: `harbor-core: 0 of 2 pods are ready`; undefined where it is. */
export function notReady({ metadata, spec, status = {} }: WorkloadObject): string | undefined {
    const { name, generation = 0 } = metadata;
    const { observedGeneration = 0, readyReplicas = 0, updatedReplicas = 0 } = status;
    const wanted = spec.replicas ?? 1;
    if (spec.paused === true) return `${name} is paused`;
    if (observedGeneration < generation) return `${name} has not been looked at by its controller`;
    const ready = Math.min(readyReplicas, updatedReplicas);
    return ready >= wanted ? undefined : `${name}: ${String(ready)} of ${String(wanted)} pods are ready`;
}

/**
 * Harbor's workloads of one namespace. They are held by `spec.paused`: a paused Deployment makes no pods, and its
 * number of replicas stays what it is, so that there is nothing to remember for letting it go on, not even after a kill.
 */
export class Workloads {
    constructor(
        private readonly objects: NamespaceObjects,
        private readonly release: string,
    ) {}

    /** Lets no component that writes run: pauses the Deployments, deletes their pods and waits until they have ended. */
    async hold(timeoutMs = 300_000): Promise<readonly string[]> {
        const selector = selectorOf(this.release, writers);
        const deployments = await this.list("deployments", selector);
        for (const { metadata, spec } of deployments) {
            if (spec.paused !== true) await this.pause(metadata.name, true);
        }
        const { objects } = this;
        await endMigration(objects, this.release);
        // Without their ReplicaSets, which a paused Deployment does not make anew, nobody makes the pods anew.
        await objects.kubectl("end Harbor's pods", [
            ...["delete", "replicasets,pods", "-l", selector, "--ignore-not-found", "--wait=false"],
        ]);
        await waitFor(async () => ((await this.list("pods", selector)).length === 0 ? true : undefined), {
            what: `the pods of ${writers.join(", ")} in namespace ${objects.namespace} to end`,
            timeoutMs,
            intervalMs: 250,
            signal: objects.signal,
        });
        return deployments.map(({ metadata }) => metadata.name);
    }

    /** Lets what is held go on, whoever held it. @returns names of the Deployments */
    async letGo(components: readonly string[] = writers): Promise<readonly string[]> {
        const deployments = await this.list("deployments", selectorOf(this.release, components));
        const held = deployments.filter(({ spec }) => spec.paused === true).map(({ metadata }) => metadata.name);
        for (const name of held) await this.pause(name, false);
        return held;
    }

    /**
     * Waits until the workloads of the release have their pods Ready. @param progress told what is not
     * @param components default: all @returns how many they are
     */
    async ready(
        progress: (detail: string) => void,
        components?: readonly string[],
        timeoutMs = 600_000,
    ): Promise<number> {
        const selector = selectorOf(this.release, components);
        let waiting: readonly string[] = [];
        const look = async (): Promise<number | undefined> => {
            const all = await this.list("deployments,statefulsets", selector);
            waiting = all.flatMap((one) => notReady(one) ?? []);
            if (waiting[0] !== undefined) progress(waiting[0]);
            return waiting.length === 0 && all.length > 0 ? all.length : undefined;
        };
        return waitFor(look, {
            what: `Harbor's workloads in namespace ${this.objects.namespace} to be ready`,
            timeoutMs,
            intervalMs: 250,
            signal: this.objects.signal,
            describe: () => waiting.join("; ") || "there is none",
        });
    }

    private async pause(name: string, paused: boolean): Promise<void> {
        // null takes the field away: it is as if it had never been set.
        const patch = JSON.stringify({ spec: { paused: paused ? true : null } });
        const what = `${paused ? "hold" : "let go of"} Deployment ${name}`;
        await this.objects.kubectl(what, ["patch", "deployment", name, "--type", "merge", "--patch", patch]);
    }

    private async list(kinds: string, selector: string): Promise<readonly WorkloadObject[]> {
        const args = ["get", kinds, "-l", selector, "-o", "json"];
        const stdout = await this.objects.kubectl(`read Harbor's ${kinds}`, args);
        return (JSON.parse(stdout) as { readonly items: readonly WorkloadObject[] }).items;
    }
}
