import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, rm, symlink } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { codeOf } from "../../lib/errors";
import { writeFileAtomic } from "../../lib/files";
import { processStart } from "../../lib/processes";
import { KubeClient } from "../kube-client";
import { Wake } from "../wake";
import { unservedKinds } from "./served-kinds";

/** What the lab tells the process, in a file. */
export const labVeleroSettings = z.object({
    kubeconfig: z.string(),
    /** Folder of the server's files: of its plug-ins, its keys, its caches. */
    folder: z.string(),
    /** Gets the number of the process that this one has started. */
    children: z.string(),
    /** Path of `velero`, which is the server as well. */
    velero: z.string(),
    /** Path of `velero-plugin-for-aws`. */
    plugin: z.string(),
});
export type LabVeleroSettings = z.infer<typeof labVeleroSettings>;

/** Milliseconds between two looks at the cluster where Velero's Deployment does not change. */
const interval = 2_000;
/** Milliseconds between two looks while the API server does not tell of all kinds: nothing wakes us then. */
const soon = 100;
/** Where Velero's Deployment is. */
const deployments = `/apis/apps/v1/deployments?labelSelector=${encodeURIComponent("app.kubernetes.io/name=velero")}`;
/** Milliseconds before a server that has ended by itself is started again: first, and at most. */
const restarts = { first: 1_000, most: 15_000 };
/** Milliseconds after which a server counts as one that works. */
const steady = 30_000;

const deploymentsForm = z.object({
    items: z.array(
        z.object({
            metadata: z.object({ name: z.string(), namespace: z.string(), uid: z.string() }),
            status: z.object({ readyReplicas: z.int().default(0) }).default({ readyReplicas: 0 }),
        }),
    ),
});

/** A Velero that is wanted: its Deployment is Ready. */
interface Wanted {
    readonly uid: string;
    readonly namespace: string;
}

/**
 * Plays the kubelet for the Deployment `velero`: while it is Ready in the cluster, Velero's server runs here, and is started
 * again where it ends by itself. Ends with its server when the signal is aborted.
 */
export async function serveVelero(
    settings: LabVeleroSettings,
    signal: AbortSignal,
    log: (line: string) => void,
): Promise<void> {
    const cluster = new KubeClient(settings.kubeconfig);
    const wake = new Wake();
    void cluster.watch(deployments, wake.up, signal);
    let server: Server | undefined;
    let trouble = "";
    try {
        while (!signal.aborted) {
            let pause = interval;
            try {
                const wanted = await readyVelero(cluster);
                if (server !== undefined && server.wanted.uid !== wanted?.uid) {
                    await server.stop();
                    server = undefined;
                    log("the Deployment velero is gone");
                }
                if (server === undefined && wanted !== undefined) {
                    const unserved = await unservedKinds(cluster);
                    if (unserved.length > 0) {
                        pause = soon;
                        throw new Error(`the API server does not tell yet of ${unserved.join(", ")}`);
                    }
                    log(`the Deployment velero of namespace ${wanted.namespace} is Ready`);
                    server = new Server(settings, wanted, cluster, log, wake.up);
                }
                if (server === undefined) await letRestoresGo(cluster);
                else await server.keepUp();
                trouble = "";
            } catch (error) {
                // The API server may be on its way up or down: what runs goes on.
                const text = String(error);
                if (text !== trouble) log(text);
                trouble = text;
            }
            await wake.wait(pause, signal);
        }
    } finally {
        await server?.stop();
    }
}

async function readyVelero(cluster: KubeClient): Promise<Wanted | undefined> {
    const { items } = deploymentsForm.parse(await cluster.get(deployments));
    const ready = items.find(({ metadata, status }) => metadata.name === "velero" && status.readyReplicas > 0);
    return ready && { uid: ready.metadata.uid, namespace: ready.metadata.namespace };
}

const restoresForm = z.object({
    items: z.array(
        z.object({
            metadata: z.object({
                name: z.string(),
                namespace: z.string(),
                deletionTimestamp: z.string().optional(),
                finalizers: z.array(z.string()).default([]),
            }),
        }),
    ),
});

/** The server's finalizer on each Restore would keep namespace and definitions for ever once the server is gone. */
async function letRestoresGo(cluster: KubeClient): Promise<void> {
    const found = await cluster.get("/apis/velero.io/v1/restores");
    if (found === undefined) return;
    for (const { metadata } of restoresForm.parse(found).items) {
        const { name, namespace, deletionTimestamp, finalizers } = metadata;
        if (deletionTimestamp === undefined || finalizers.length === 0) continue;
        // Null: how a merge patch takes a field away.
        await cluster.patch(`/apis/velero.io/v1/namespaces/${namespace}/restores/${name}`, {
            metadata: { finalizers: null },
        });
    }
}

/** Velero's server as one process, with those of its plug-ins in its group. */
class Server {
    private child: ChildProcess | undefined;
    private began = 0;
    private pause = 0;

    constructor(
        private readonly settings: LabVeleroSettings,
        readonly wanted: Wanted,
        private readonly cluster: KubeClient,
        private readonly log: (line: string) => void,
        private readonly ended: () => void,
    ) {}

    /** Starts it where it does not run, not at once where it ended soon after its start. */
    async keepUp(): Promise<void> {
        const { child } = this;
        if (child?.exitCode === null && child.signalCode === null) return;
        if (child !== undefined) {
            this.log(`velero has ended: ${child.signalCode ?? `code ${String(child.exitCode)}`}`);
            await this.endGroup(child);
            this.child = undefined;
            const worked = Date.now() - this.began > steady;
            this.pause = worked ? restarts.first : Math.min(restarts.most, Math.max(restarts.first, 2 * this.pause));
            this.began = Date.now();
        }
        if (this.pause > 0 && Date.now() - this.began < this.pause) return;
        await this.start();
    }

    private async start(): Promise<void> {
        const { folder, velero, plugin, kubeconfig, children } = this.settings;
        const programs = path.join(folder, "bin");
        const plugins = path.join(folder, "plugins");
        // In the lab's folder by name, so that its processes are known by their command lines.
        await link(velero, path.join(programs, "velero"));
        await link(plugin, path.join(plugins, "velero-plugin-for-aws"));
        const temporary = path.join(folder, "tmp");
        await mkdir(temporary, { recursive: true, mode: 0o700 });
        const snapshots = (await this.cluster.get("/apis/snapshot.storage.k8s.io/v1")) !== undefined;
        const child = spawn(
            path.join(programs, "velero"),
            [
                ...["--kubeconfig", kubeconfig, "--namespace", this.wanted.namespace],
                ...(snapshots ? ["--features", "EnableCSI"] : []),
                ...["server", "--plugin-dir", plugins, "--uploader-type", "kopia"],
                ...["--metrics-address", "127.0.0.1:0", "--profiler-address", ""],
                // Nobody waits for minutes in a lab. A location's own frequency goes first.
                ...["--backup-sync-period", "5s", "--store-validation-frequency", "5s"],
            ],
            {
                // A group of its own: its plug-ins, which outlive it when it is killed, are ended by the group.
                detached: true,
                stdio: ["ignore", "inherit", "inherit"],
                cwd: folder,
                // It writes the bucket's keys below TMPDIR. No other variable: those of AWS would be taken for keys.
                // Its own parts that run as plug-ins find the cluster by KUBECONFIG alone.
                env: { PATH: process.env["PATH"] ?? "", HOME: folder, TMPDIR: temporary, KUBECONFIG: kubeconfig },
            },
        );
        child.once("error", (error) => {
            this.log(`velero could not be started: ${error.message}`);
        });
        child.once("exit", this.ended);
        this.child = child;
        this.began = Date.now();
        const { pid } = child;
        if (pid !== undefined) await writeFileAtomic(children, JSON.stringify([{ pid, start: processStart(pid) }]));
    }

    async stop(): Promise<void> {
        const { child } = this;
        this.child = undefined;
        if (child?.pid === undefined) return;
        if (child.exitCode === null && child.signalCode === null) {
            const ended = once(child, "exit");
            child.kill("SIGTERM");
            await Promise.race([ended, delay(4_000, undefined, { ref: false })]);
        }
        await this.endGroup(child);
    }

    private async endGroup({ pid }: ChildProcess): Promise<void> {
        try {
            if (pid !== undefined) process.kill(-pid, "SIGKILL");
        } catch (error) {
            if (codeOf(error) !== "ESRCH") throw error;
        }
        await rm(this.settings.children, { force: true });
    }
}

async function link(target: string, file: string): Promise<void> {
    await mkdir(path.dirname(file), { recursive: true });
    await rm(file, { force: true });
    await symlink(target, file);
}
