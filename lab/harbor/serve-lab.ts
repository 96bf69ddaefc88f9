import path from "node:path";
import { z } from "zod";
import { writeFileAtomic } from "../../lib/files";
import { KubeClient } from "../kube-client";
import { Wake } from "../wake";
import { clientPods, ClientPods } from "./client-pods";
import { ClusterReader, coreDeployments, type Core } from "./cluster";
import { Door } from "./doors";
import { isKept } from "./keepers";
import { migrationPods, MigrationPods } from "./migration-pods";
import { Parts } from "./parts";
import { SchemaError } from "./schema";
import { openStandIn } from "./stand-in";

/** What the lab tells the process, in a file of mode 0600. */
export const labHarborSettings = z.object({
    port: z.int(),
    kubeconfig: z.string(),
    /** Folder of the database. */
    folder: z.string(),
    /** Gets the address of each stack's Harbor by its namespace; see labHarborsFile. */
    addresses: z.string(),
    /** Gets numbers of the processes that this one has started. */
    children: z.string(),
    registryBinary: z.string(),
    /** File that the registries' errors are appended to. */
    registryLog: z.string(),
    s3: z.object({ endpoint: z.string(), accessKey: z.string(), secretKey: z.string() }),
});
export type LabHarborSettings = z.infer<typeof labHarborSettings>;

/** Milliseconds between two looks at the cluster where none of {@link watched} changes. */
const interval = 2_000;

/** What mostly tells that there is something to do. */
const watched = [coreDeployments, clientPods, migrationPods];

/**
 * Plays the kubelet for Harbor's core, and for the Job that migrates its database: serves each stack whose core is Ready in
 * the cluster, with its password, its bucket and its database, and answers 503 while it is not. The oldest one has the lab's port, others one of their own. Ends when
 * the signal is aborted.
 * @throws where it cannot listen
 */
export async function serveLab(
    settings: LabHarborSettings,
    signal: AbortSignal,
    log: (line: string) => void,
): Promise<void> {
    const first = await Door.open(settings.port);
    log(`listening on ${first.url}`);
    const lab = new Lab(settings, first, log);
    try {
        while (!signal.aborted) {
            await lab.look();
            await lab.wake.wait(interval, signal);
        }
    } finally {
        await lab.close();
    }
}

/** A stack's Harbor that is being served. */
interface Serving {
    readonly key: string;
    readonly release: string | undefined;
    stop(): Promise<void>;
}

/** What is served is another Harbor when any of this changes: another core on the same data is the same. */
function keyOf({ keeper, databaseName, bucket }: Core): string {
    return JSON.stringify([keeper.database, databaseName, bucket]);
}

/** A core that does not start on its database. */
interface Failing {
    readonly release: string | undefined;
    readonly why: string;
    /** Milliseconds since 1970: not tried again before. */
    readonly retryAt: number;
}

/** Milliseconds between two starts of a core that fails. */
const retryMs = 2_000;

class Lab {
    readonly wake = new Wake();
    /** Ends the watches, which would keep the process alive. */
    private readonly closed = new AbortController();
    private readonly parts: Parts;
    private readonly doors = new Map<string, Door>();
    private readonly serving = new Map<string, Serving>();
    private readonly failing = new Map<string, Failing>();
    private cluster:
        | { readonly reader: ClusterReader; readonly clients: ClientPods; readonly migrations: MigrationPods }
        | undefined;
    private lastTrouble = "";
    private lastAddresses = "";

    constructor(
        private readonly settings: LabHarborSettings,
        private readonly first: Door,
        private readonly log: (line: string) => void,
    ) {
        // Without its parts this process ends at once: the next start of the lab must not take it for one that runs.
        this.parts = new Parts(settings, this.wake.up);
    }

    /** Makes what is served that what runs. While the API server does not answer, it goes on as it is. */
    async look(): Promise<void> {
        if (this.parts.lost !== undefined) throw new Error(`${this.parts.lost} has ended`);
        const cores = await this.ask(({ reader }) => reader.cores());
        if (cores === undefined) return;
        const wanted = new Map(cores.filter((core) => this.mayServe(core)).map((core) => [core.namespace, core]));
        for (const [namespace, { key }] of this.serving) {
            const core = wanted.get(namespace);
            if (core === undefined || keyOf(core) !== key) await this.stop(namespace);
        }
        await this.assignDoors(cores);
        for (const core of wanted.values()) {
            // A new release takes over from the old one as pods that roll do: in the same place, once it has migrated.
            const served = this.serving.get(core.namespace);
            if (served === undefined || served.release !== core.release) await this.start(core);
        }
        await this.ask(async ({ reader, clients, migrations }) => {
            await migrations.look(() => this.parts.databases());
            await clients.look(() => this.parts.databases());
            await this.dropAbandoned(reader.server, cores);
        });
    }

    async close(): Promise<void> {
        this.closed.abort();
        for (const namespace of [...this.serving.keys()]) await this.stop(namespace);
        for (const door of new Set([this.first, ...this.doors.values()])) door.close();
        await this.parts.stop();
    }

    /** One that fails is not Ready, by our own hand: it is tried again all the same. */
    private mayServe(core: Core): boolean {
        const failing = this.failing.get(core.namespace);
        if (failing?.release !== core.release || !core.running) this.failing.delete(core.namespace);
        else if (failing !== undefined) return true;
        return core.ready;
    }

    private async start(core: Core): Promise<void> {
        const { namespace, release } = core;
        const failing = this.failing.get(namespace);
        if (failing !== undefined && Date.now() < failing.retryAt) {
            await this.markPods(namespace, failing.why);
            return;
        }
        const door = this.doors.get(namespace) ?? this.first;
        this.log(`serving the Harbor of namespace ${namespace} on ${door.url}`);
        const [databases, registry] = await Promise.all([this.parts.databases(), this.parts.registry(core, this.log)]);
        const stopRegistry = async (): Promise<void> => {
            if (registry) await this.parts.stopRegistry(registry);
        };
        const opened = await openStandIn({
            connection: await databases.provide(core.keeper, core.databasePassword, core.databaseName),
            adminPassword: core.adminPassword,
            url: door.url,
            release,
            log: this.log,
            ...(registry ? { registry } : {}),
        }).catch((error: unknown) => {
            if (error instanceof SchemaError) return error;
            throw error;
        });
        if (opened instanceof SchemaError) {
            await stopRegistry();
            await this.fail(core, opened.message);
            return;
        }
        const before = this.serving.get(namespace);
        door.listener = opened.listener;
        const stop = async (): Promise<void> => {
            if (door.listener === opened.listener) door.listener = undefined;
            await opened.close();
            await stopRegistry();
        };
        this.serving.set(namespace, { key: keyOf(core), release, stop });
        await before?.stop();
        if (this.failing.delete(namespace)) await this.markPods(namespace, undefined);
    }

    /** As a core whose process ends: its pods are not Ready, and nothing answers. */
    private async fail({ namespace, release }: Core, why: string): Promise<void> {
        if (this.failing.get(namespace)?.why !== why) this.log(`the core of namespace ${namespace} ends: ${why}`);
        this.failing.set(namespace, { release, why, retryAt: Date.now() + retryMs });
        if (this.serving.has(namespace)) await this.stop(namespace);
        await this.markPods(namespace, why);
    }

    private async markPods(namespace: string, why: string | undefined): Promise<void> {
        await this.ask(({ reader }) => reader.markCorePods(namespace, why));
    }

    private async stop(namespace: string): Promise<void> {
        this.log(`the Harbor of namespace ${namespace} no longer runs`);
        const serving = this.serving.get(namespace);
        this.serving.delete(namespace);
        await serving?.stop();
    }

    /** The oldest has the lab's port as long as it is there, running or not. */
    private async assignDoors(cores: readonly Core[]): Promise<void> {
        const namespaces = cores.map(({ namespace }) => namespace);
        for (const [namespace, door] of this.doors) {
            if (namespaces.includes(namespace)) continue;
            this.doors.delete(namespace);
            if (door !== this.first) door.close();
        }
        for (const namespace of namespaces) {
            if (this.doors.has(namespace)) continue;
            const taken = [...this.doors.values()].includes(this.first);
            this.doors.set(namespace, taken ? await Door.open(0) : this.first);
        }
        const addresses = JSON.stringify(Object.fromEntries([...this.doors].map(([name, { url }]) => [name, url])));
        if (addresses === this.lastAddresses) return;
        await writeFileAtomic(this.settings.addresses, addresses);
        this.lastAddresses = addresses;
    }

    /** A database goes when what has kept it is gone: the claim, the operator's cluster, the namespace. */
    private async dropAbandoned(server: KubeClient, cores: readonly Core[]): Promise<void> {
        const databases = this.parts.running;
        if (databases === undefined) return;
        const used = new Set(cores.map(({ keeper }) => keeper.database));
        for (const kept of await databases.list()) {
            if (used.has(kept.database) || (await isKept(server, kept))) continue;
            this.log(`what kept the database ${kept.database} is gone: ${kept.path ?? ""}`);
            await databases.drop(kept.database);
        }
    }

    /** Undefined where the API server does not answer. */
    private async ask<T>(question: (cluster: NonNullable<Lab["cluster"]>) => Promise<T>): Promise<T | undefined> {
        try {
            this.cluster ??= this.connect();
            return await question(this.cluster);
        } catch (error) {
            const text = String(error);
            if (text !== this.lastTrouble) this.log(`the cluster does not tell what runs in it: ${text}`);
            this.lastTrouble = text;
            return undefined;
        }
    }

    private connect(): NonNullable<Lab["cluster"]> {
        const server = new KubeClient(this.settings.kubeconfig);
        for (const list of watched) void server.watch(list, this.wake.up, this.closed.signal);
        const programs = path.join(path.dirname(this.settings.folder), "client-programs");
        return {
            reader: new ClusterReader(server),
            clients: new ClientPods(server, programs, this.log),
            migrations: new MigrationPods(server, this.log),
        };
    }
}
