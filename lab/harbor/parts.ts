import { writeFileAtomic } from "../../lib/files";
import { processStart } from "../../lib/processes";
import type { Core } from "./cluster";
import { Databases } from "./databases";
import { startRegistry, type RegistryProcess } from "./registry/process";

export interface PartsOptions {
    /** Folder of PostgreSQL's data. */
    readonly folder: string;
    /** Gets numbers of the processes that this one has started. */
    readonly children: string;
    readonly registryBinary: string;
    /** File that the registries' errors are appended to. */
    readonly registryLog: string;
    readonly s3: { readonly endpoint: string; readonly accessKey: string; readonly secretKey: string };
}

/** The programs behind the lab's Harbors: one PostgreSQL, and a registry for each; started when first needed. */
export class Parts {
    private starting: Promise<Databases> | undefined;
    private database: Databases | undefined;
    private readonly registries = new Set<RegistryProcess>();
    /** The first of them that has ended by itself. */
    lost: string | undefined;

    constructor(
        private readonly options: PartsOptions,
        /** Called when one of them has ended by itself. */
        private readonly onLost: () => void,
    ) {}

    /** PostgreSQL, where it runs. */
    get running(): Databases | undefined {
        return this.database;
    }

    databases(): Promise<Databases> {
        this.starting ??= this.startDatabases();
        return this.starting;
    }

    private async startDatabases(): Promise<Databases> {
        const database = await Databases.start(this.options.folder);
        this.database = database;
        void database.server.ended.then(() => {
            if (this.database === database) this.lose("PostgreSQL");
        });
        await this.record();
        return database;
    }

    /** A registry on the stack's bucket, where that is in the lab's S3. */
    async registry({ bucket }: Core, log: (line: string) => void): Promise<RegistryProcess | undefined> {
        const { s3, registryBinary, registryLog } = this.options;
        if (bucket?.endpoint !== s3.endpoint) {
            log("its content is not in the lab's S3: /v2/ has no registry behind it");
            return undefined;
        }
        const registry = await startRegistry(registryBinary, { ...bucket, ...s3 }, registryLog);
        this.registries.add(registry);
        void registry.ended.then(() => {
            if (this.registries.has(registry)) this.lose("the registry");
        });
        await this.record();
        return registry;
    }

    private lose(part: string): void {
        this.lost ??= part;
        this.onLost();
    }

    async stopRegistry(registry: RegistryProcess): Promise<void> {
        this.registries.delete(registry);
        await registry.stop();
        await this.record();
    }

    async stop(): Promise<void> {
        await Promise.all([...this.registries].map((registry) => this.stopRegistry(registry)));
        const database = this.database;
        this.database = undefined;
        await database?.server.stop();
    }

    /** So that they can be ended when this process was killed. */
    private async record(): Promise<void> {
        const pids = [this.database?.server.pid, ...[...this.registries].map(({ pid }) => pid)];
        const processes = pids.flatMap((pid) => (pid === undefined ? [] : [{ pid, start: processStart(pid) }]));
        await writeFileAtomic(this.options.children, JSON.stringify(processes));
    }
}
