import { createServer, type RequestListener } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { writeFileAtomic } from "../../lib/files";
import { processStart } from "../../lib/processes";
import { ClusterReader, type ReadyCore } from "./cluster";
import { errorBody } from "./http/errors";
import { send } from "./http/reply";
import { startPostgres, type PostgresServer } from "./postgres/server";
import { startRegistry, type RegistryProcess } from "./registry/process";
import { listen, openStandIn } from "./stand-in";
import { dropDatabase } from "./store/store";

/** What the lab tells the process, in a file of mode 0600. */
export const labHarborSettings = z.object({
    port: z.int(),
    kubeconfig: z.string(),
    /** Folder of the database. */
    folder: z.string(),
    /** Gets numbers of the processes that this one has started. */
    children: z.string(),
    registryBinary: z.string(),
    s3: z.object({ endpoint: z.string(), accessKey: z.string(), secretKey: z.string() }),
});
export type LabHarborSettings = z.infer<typeof labHarborSettings>;

/** Milliseconds between two looks at the cluster. */
const interval = 500;

interface Serving {
    readonly core: ReadyCore;
    readonly listener: RequestListener;
    stop(): Promise<void>;
}

/**
 * Plays the kubelet for Harbor's core: serves the stack whose core is Ready in the cluster, with the password, the
 * bucket of that stack, and answers 503 while there is none. Ends when the signal is aborted.
 * @throws where it cannot listen
 */
export async function serveLab(
    settings: LabHarborSettings,
    signal: AbortSignal,
    log: (line: string) => void,
): Promise<void> {
    let serving: Serving | undefined;
    const door = createServer({ keepAliveTimeout: 30_000 }, (request, response) => {
        if (serving) {
            serving.listener(request, response);
            return;
        }
        const body = errorBody("SERVICE_UNAVAILABLE", "no Harbor's core is Ready in the lab's cluster");
        send(response, { status: 503, headers: { "Retry-After": "1" }, body });
    });
    const url = `http://127.0.0.1:${String(await listen(door, settings.port))}`;
    log(`listening on ${url}`);
    const parts = new Parts(settings);
    try {
        while (!signal.aborted) {
            if (parts.lost !== undefined) throw new Error(`${parts.lost} has ended`);
            const found = await look(settings, log);
            if (found !== "unknown" && found?.uid !== serving?.core.uid) {
                const old = serving;
                serving = undefined;
                if (old) await stopServing(old, parts, log);
                if (found) serving = await startServing(found, url, parts, log);
            }
            await delay(interval, undefined, { signal }).catch(() => undefined);
        }
    } finally {
        door.close();
        door.closeAllConnections();
        const last = serving;
        serving = undefined;
        await last?.stop();
        await parts.stop();
    }
}

/** "unknown" while the API server does not answer: what is served goes on. */
async function look(
    { kubeconfig }: LabHarborSettings,
    log: (line: string) => void,
): Promise<ReadyCore | "unknown" | undefined> {
    try {
        reader ??= new ClusterReader(kubeconfig);
        return await reader.readyCore();
    } catch (error) {
        const text = String(error);
        if (text !== lastTrouble) log(`the cluster does not tell what runs in it: ${text}`);
        lastTrouble = text;
        return "unknown";
    }
}
let reader: ClusterReader | undefined;
let lastTrouble = "";

async function startServing(core: ReadyCore, url: string, parts: Parts, log: (line: string) => void): Promise<Serving> {
    log(`serving the Harbor of namespace ${core.namespace}`);
    const [postgres, registry] = await Promise.all([parts.postgres(), parts.registry(core, log)]);
    const standIn = await openStandIn({
        connection: { ...postgres.connection, database: databaseOf(core) },
        adminPassword: core.adminPassword,
        url,
        log,
        ...(registry ? { registry } : {}),
    });
    return { core, listener: standIn.listener, stop: () => standIn.close() };
}

/** The stack was taken down: its database goes with it. */
async function stopServing(serving: Serving, parts: Parts, log: (line: string) => void): Promise<void> {
    const { core } = serving;
    log(`the Harbor of namespace ${core.namespace} is gone`);
    await serving.stop();
    await parts.stopRegistry();
    const { connection } = await parts.postgres();
    await dropDatabase({ ...connection, database: databaseOf(core) });
}

function databaseOf({ uid }: ReadyCore): string {
    return `harbor_${uid.replaceAll("-", "")}`;
}

/** The programs behind it, each started when it is first needed. */
class Parts {
    private database: PostgresServer | undefined;
    private content: RegistryProcess | undefined;
    /** The first of them that has ended by itself. */
    lost: string | undefined;

    constructor(private readonly settings: LabHarborSettings) {}

    async postgres(): Promise<PostgresServer> {
        if (this.database) return this.database;
        const database = await startPostgres(this.settings.folder);
        this.database = database;
        void database.ended.then(() => {
            if (this.database === database) this.lost ??= "PostgreSQL";
        });
        await this.record();
        return database;
    }

    /** The registry on the stack's bucket, where that is in the lab's S3. */
    async registry({ bucket }: ReadyCore, log: (line: string) => void): Promise<RegistryProcess | undefined> {
        const { s3 } = this.settings;
        if (bucket?.endpoint !== s3.endpoint) {
            log("its content is not in the lab's S3: /v2/ has no registry behind it");
            return undefined;
        }
        await this.stopRegistry();
        const content = await startRegistry(this.settings.registryBinary, { ...bucket, ...s3 });
        this.content = content;
        void content.ended.then(() => {
            if (this.content === content) this.lost ??= "the registry";
        });
        await this.record();
        return content;
    }

    async stopRegistry(): Promise<void> {
        const content = this.content;
        this.content = undefined;
        await content?.stop();
    }

    async stop(): Promise<void> {
        await this.stopRegistry();
        const database = this.database;
        this.database = undefined;
        await database?.stop();
    }

    /** So that they can be ended when this process was killed. */
    private async record(): Promise<void> {
        const pids = [this.database?.pid, this.content?.pid].flatMap((pid) => pid ?? []);
        const processes = pids.map((pid) => ({ pid, start: processStart(pid) }));
        await writeFileAtomic(this.settings.children, JSON.stringify(processes));
    }
}
