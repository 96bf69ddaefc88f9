import type { Configuration } from "./configuration";
import type { Jobs } from "./jobs";
import type { Guard } from "./security/guard";
import type { Login } from "./security/login";
import type { Sessions } from "./security/session";
import type { Tokens } from "./registry/tokens";
import type { Store, Tables } from "./store/store";

/** What every group of the API works with. */
export interface Core {
    readonly store: Store;
    readonly tables: Tables;
    readonly configuration: Configuration;
    readonly tokens: Tokens;
    readonly guard: Guard;
    readonly login: Login;
    readonly sessions: Sessions;
    readonly jobs: Jobs;
    /** Where clients reach it, without a slash at the end: the realm of tokens. */
    readonly externalUrl: string;
    /** Hours in which a garbage collection leaves alone what nothing refers to. */
    readonly timeWindow: number;
    /** As /systeminfo says it: v2.15.2-080b0220. */
    readonly version: string;
    /** The registry behind /v2/; undefined: there is none, and /v2/ answers 502. */
    readonly registry: RegistryBackend | undefined;
    /** Whether GET /health calls it healthy. */
    readonly componentHealth: () => Promise<Readonly<Record<string, boolean>>>;
    /** Gets a line for each request that failed by a defect of ours. */
    readonly log: (line: string) => void;
}

/** The distribution registry that keeps the content. */
export interface RegistryBackend {
    /** Of its HTTP server. */
    readonly socketPath: string;
    /** Takes a blob's bytes out of the bucket; done also where they are not there. */
    removeBlob(digest: string): Promise<void>;
}
