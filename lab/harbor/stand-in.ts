import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Configuration } from "./configuration";
import type { Core, RegistryBackend } from "./core";
import { Jobs } from "./jobs";
import type { Connection } from "./postgres/server";
import { Tokens } from "./registry/tokens";
import { Guard } from "./security/guard";
import { Login } from "./security/login";
import { hashSecret } from "./security/secrets";
import { Sessions } from "./security/session";
import { coreListener } from "./server";
import { Store, type Tables } from "./store/store";

export interface StandInOptions {
    readonly connection: Connection;
    /** Of the first start: afterwards the one in the database counts. */
    readonly adminPassword: string;
    /** On 127.0.0.1. @default any free one */
    readonly port?: number;
    /** Where clients reach it through a proxy. @default its own address */
    readonly externalUrl?: string;
    readonly registry?: RegistryBackend;
    /** The release of Harbor that it says it is, and whose schema the database gets. @default the newest */
    readonly release?: string | undefined;
    /** As CONFIG_OVERWRITE_JSON: settings that the API may not change. */
    readonly fixedSettings?: Readonly<Record<string, unknown>>;
    /** As GC_TIME_WINDOW_HOURS of Harbor's core. @default 2 */
    readonly timeWindow?: number;
    readonly log: (line: string) => void;
}

export interface StandIn {
    /** http://127.0.0.1:PORT */
    readonly url: string;
    stop(): Promise<void>;
}

/** The release whose behaviour this is. */
const newestRelease = "2.15.2";

/** What GET /systeminfo says: the release, and the commit that it was built from. */
function versionOf(release: string): string {
    return `v${release}-080b0220`;
}

export const standInVersion = versionOf(newestRelease);

/** Harbor's core, for a lab, on a port of its own: its API, its tokens, and /v2/ in front of a registry. */
export async function startStandIn(options: StandInOptions): Promise<StandIn> {
    const server = createServer({ keepAliveTimeout: 30_000 });
    const url = `http://127.0.0.1:${String(await listen(server, options.port ?? 0))}`;
    const core = await openStandIn({ ...options, url: options.externalUrl ?? url });
    server.on("request", core.listener);
    return {
        url,
        stop: async () => {
            const closed = new Promise((resolve) => server.close(resolve));
            server.closeAllConnections();
            await closed;
            await core.close();
        },
    };
}

/** The same for a server that listens already. @throws SchemaError where the database is of a newer release */
export async function openStandIn(
    options: Omit<StandInOptions, "port"> & { readonly url: string },
): Promise<{ readonly listener: RequestListener; close(): Promise<void> }> {
    const { release = newestRelease } = options;
    const store = await Store.open(options.connection, release);
    const { tables } = store;
    await fill(tables, options.adminPassword);
    await scheduleOwnJobs(tables);
    const configuration = new Configuration(tables, options.fixedSettings);
    const running = new Set<Promise<unknown>>();
    const background = (work: Promise<unknown>): void => {
        const tracked = work
            .catch((error: unknown) => {
                options.log(String(error));
            })
            .finally(() => running.delete(tracked));
        running.add(tracked);
    };
    const core: Core = {
        store,
        tables,
        configuration,
        tokens: new Tokens(),
        guard: new Guard(tables),
        login: new Login(tables, configuration),
        sessions: new Sessions(),
        jobs: new Jobs(tables, () => configuration.flag("read_only"), background),
        externalUrl: options.url,
        timeWindow: options.timeWindow ?? 2,
        version: versionOf(release),
        registry: options.registry,
        componentHealth: async () => ({
            core: true,
            database: await store.ping(),
            jobservice: true,
            portal: true,
            redis: true,
            registry: true,
            registryctl: true,
        }),
        log: options.log,
    };
    return {
        listener: coreListener(core),
        close: async () => {
            await Promise.all(running);
            await store.close();
        },
    };
}

/** What a new Harbor has: its administrator, nobody, and the project library. */
async function fill(tables: Tables, adminPassword: string): Promise<void> {
    if (await tables.users.get(1)) return;
    const user = { email: "", realname: "", comment: "", sysadmin_flag: false, password: "" };
    const password = await hashSecret(adminPassword);
    await tables.users.insert({
        ...user,
        username: "admin",
        realname: "system admin",
        comment: "admin user",
        sysadmin_flag: true,
        password,
    });
    await tables.users.insert({
        ...user,
        username: "anonymous",
        realname: "anonymous user",
        comment: "anonymous user",
    });
    const project = await tables.projects.insert({
        name: "library",
        owner_id: 1,
        registry_id: 0,
        metadata: { public: "true" },
        public: true,
        cve_allowlist: [],
    });
    const member = {
        project_id: project.id,
        entity_id: 1,
        entity_name: "admin",
        entity_type: "u",
        role_id: 1,
    } as const;
    await tables.members.insert(member);
    await tables.quotas.insert({ project_id: project.id, hard: { storage: -1 }, used: { storage: 0 } });
}

/** What core schedules by itself at its start, where it is not scheduled yet: each midnight. */
async function scheduleOwnJobs({ schedules }: Tables): Promise<void> {
    const nightly = { type: "Custom", cron: "0 0 0 * * *", parameters: {} } as const;
    for (const [vendor_type, vendor_id] of [
        ["SYSTEM_ARTIFACT_CLEANUP", 0],
        ["EXECUTION_SWEEP", -1],
    ] as const)
        if (!(await schedules.find({ vendor_type }))) await schedules.insert({ vendor_type, vendor_id, ...nightly });
}

/** @returns the port */
export function listen(server: Server, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, "127.0.0.1", () => {
            server.removeListener("error", reject);
            resolve((server.address() as AddressInfo).port);
        });
    });
}
