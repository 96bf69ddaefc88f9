/** The cache in Harbor's own images: `goharbor/redis-photon`, since 2.15.2 `goharbor/valkey-photon`. */
export type CacheEngine = "redis" | "valkey";

/** The PostgreSQL in Harbor's own database image. */
export interface BundledPostgresql {
    /** Major version that the image runs. */
    readonly major: number;
    /** The older major version whose data it rewrites with pg_upgrade at its first start; absent: none. */
    readonly rewrites?: number;
}

/** Minor versions of Kubernetes, both included. */
export interface KubernetesRange {
    readonly from: string;
    readonly to: string;
}

export interface HarborRelease {
    /** Harbor's own version. */
    readonly harbor: string;
    /** The version of the official chart that installs it. */
    readonly chart: string;
    /** Day on which that chart was tagged: YYYY-MM-DD. */
    readonly released: string;
    /** Newest migration of the database that it brings: `schema_migrations.version` after its first start. */
    readonly schema: number;
    /** Used where the database is the chart's own. */
    readonly postgresql: BundledPostgresql;
    /** Used where the cache is the chart's own. */
    readonly cache: CacheEngine;
    /** What its makers tested it on (they name three); absent: they do not say. 1.20 is the oldest that they support. */
    readonly testedKubernetes?: KubernetesRange;
    /** Where that was read. */
    readonly source: string;
}

type Since<T> = readonly (readonly [since: string, value: T])[];

/**
 * By the release that brought it. Names of the files in make/migrations/postgresql of goharbor/harbor, at each tag;
 * read 2026-11-23. In main already, unreleased then: 181 of 2.15.3, 190 of 2.16.0.
 */
const schemas: Since<number> = [
    ["2.8.0", 110],
    ["2.8.1", 111],
    ["2.9.0", 120],
    ["2.10.0", 130],
    ["2.11.0", 140],
    ["2.12.0", 150],
    ["2.13.0", 160],
    ["2.14.0", 170],
    ["2.14.1", 171],
    ["2.15.0", 180],
];

/** ENTRYPOINT of make/photon/db/Dockerfile and packages of Dockerfile.base, goharbor/harbor, at each tag; read 2026-11-23. */
const postgresqls: Since<BundledPostgresql> = [
    ["2.8.0", { major: 13 }],
    ["2.9.0", { major: 14, rewrites: 13 }],
    ["2.11.0", { major: 15, rewrites: 14 }],
    ["2.15.2", { major: 18, rewrites: 15 }],
];

/** make/photon/redis, make/photon/valkey of goharbor/harbor, at each tag; read 2026-11-23. */
const caches: Since<CacheEngine> = [
    ["2.8.0", "redis"],
    ["2.15.2", "valkey"],
];

/** README of goharbor/harbor-helm, "Kubernetes Version Compatibility Matrix", 2026-08. It has no line for 2.15 yet. */
const testedKubernetes: Readonly<Record<string, KubernetesRange>> = {
    "2.12": { from: "1.29", to: "1.31" },
    "2.13": { from: "1.29", to: "1.31" },
    "2.14": { from: "1.32", to: "1.34" },
};

const tags = "goharbor/harbor-helm, Chart.yaml of the tag";
const branches = "goharbor/harbor-helm, Chart.yaml of the release branch";

function release(harbor: string, chart: string, released: string, source: string = tags): HarborRelease {
    const kubernetes = testedKubernetes[minorOf(harbor)];
    return {
        harbor,
        chart,
        released,
        schema: valueOf(schemas, harbor),
        postgresql: valueOf(postgresqls, harbor),
        cache: valueOf(caches, harbor),
        ...(kubernetes === undefined ? {} : { testedKubernetes: kubernetes }),
        source,
    };
}

/** Releases that the program does not install, but from which a registry may have to come. Oldest first. */
export const olderHarborReleases: readonly HarborRelease[] = [
    release("2.8.0", "1.12.0", "2023-04-18"),
    release("2.8.1", "1.12.1", "2023-05-16"),
    release("2.8.2", "1.12.2", "2023-06-05"),
    release("2.8.3", "1.12.3", "2023-07-28"),
    release("2.8.4", "1.12.4", "2023-08-16"),
    release("2.8.5", "1.12.5", "2024-03-08"),
    release("2.8.6", "1.12.6", "2024-04-26"),
    release("2.9.0", "1.13.0", "2023-08-31"),
    release("2.9.1", "1.13.1", "2023-11-02"),
    release("2.9.2", "1.13.2", "2024-01-30"),
    release("2.9.3", "1.13.3", "2024-03-08"),
    release("2.9.4", "1.13.4", "2024-04-19"),
    release("2.9.5", "1.13.5", "2024-07-11"),
    release("2.10.0", "1.14.0", "2024-01-02"),
    release("2.10.1", "1.14.1", "2024-03-25"),
    release("2.10.2", "1.14.2", "2024-04-11"),
    release("2.10.3", "1.14.3", "2024-07-11"),
    release("2.11.0", "1.15.0", "2024-06-20"),
    release("2.11.1", "1.15.1", "2024-08-27"),
    release("2.11.2", "1.15.2", "2024-12-03"),
];

/** What `harbor.version` may be. Oldest first. */
export const harborReleases: readonly HarborRelease[] = [
    release("2.12.0", "1.16.0", "2024-11-20"),
    release("2.12.1", "1.16.1", "2025-01-02"),
    release("2.12.2", "1.16.2", "2025-01-16"),
    release("2.12.3", "1.16.3", "2025-05-07"),
    release("2.12.4", "1.16.4", "2025-05-23"),
    release("2.13.0", "1.17.0", "2025-04-15"),
    release("2.13.1", "1.17.1", "2025-05-21"),
    release("2.13.2", "1.17.2", "2025-07-31"),
    release("2.13.3", "1.17.3", "2025-12-02"),
    release("2.13.4", "1.17.4", "2026-01-23"),
    release("2.13.5", "1.17.5", "2026-03-19", `${branches} 1.17.0`),
    release("2.14.0", "1.18.0", "2025-09-17"),
    release("2.14.1", "1.18.1", "2025-12-04"),
    release("2.14.2", "1.18.2", "2026-01-23"),
    release("2.14.3", "1.18.3", "2026-03-16"),
    release("2.14.4", "1.18.4", "2026-05-12"),
    release("2.15.0", "1.19.0", "2026-04-17"),
    release("2.15.1", "1.19.1", "2026-05-12"),
    release("2.15.2", "1.19.2", "2026-07-23", `${branches} 1.19.0; harbor#23735`),
];

/** All that a plan may go over. Oldest first. */
export const knownHarborReleases: readonly HarborRelease[] = [...olderHarborReleases, ...harborReleases];

/** What a new stack gets. A patch release may change the bundled database's engine: see docs/upgrade.md. */
export const defaultHarborVersion = "2.15.2";

/** A release that the program installs. */
export function findHarborRelease(harbor: string): HarborRelease | undefined {
    return harborReleases.find((release) => release.harbor === harbor);
}

/** Major version of the PostgreSQL that a release of Harbor brings, by its number; undefined for one before 2.8. */
export function bundledPostgresql(harbor: string): number | undefined {
    return postgresqls.filter(([since]) => isAtLeast(harbor, since)).at(-1)?.[1].major;
}

/** `2.15` of `2.15.2`. */
export function minorOf(version: string): string {
    return version.split(".").slice(0, 2).join(".");
}

function valueOf<T>(table: Since<T>, harbor: string): T {
    const found = table.filter(([since]) => isAtLeast(harbor, since)).at(-1);
    if (found === undefined) throw new Error(`the catalogue says nothing of Harbor ${harbor}`);
    return found[1];
}

/** Of released versions, such as 2.15.2. */
function isAtLeast(version: string, least: string): boolean {
    const parts = version.split(".").map(Number);
    for (const [index, part] of least.split(".").map(Number).entries()) {
        if (parts[index] !== part) return (parts[index] ?? 0) > part;
    }
    return true;
}
